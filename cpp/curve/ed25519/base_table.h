// Multiples of the base point as (y + x, y - x, 2 d x y): three canonical elements in radix 2^51 and a word of padding.
// Aligned to 64 bytes, made at the first call; null if memory ran out.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::ed25519 {

constexpr std::size_t kBaseEntryWords = 16;

// For verification: entry j is j B for 0 <= j <= 2^9, the digits of signed windows of ten bits. [513, 16] words, 64
// KiB.
constexpr std::size_t kBaseEntries = 513;
const std::uint64_t* base_table() noexcept;

// For signing: entry (i, j) is (j + 1) 256^i B, for signed digits of four bits at even places. [32, 8, 16] words, 32
// KiB.
constexpr std::size_t kCombRows = 32, kCombEntries = 8;
const std::uint64_t* comb_table() noexcept;

}  // namespace assay::ed25519
