// Multiples of the base point: entry j is j B as (y + x, y - x, 2 d x y), for 0 <= j <= 2^9, the digits of signed
// windows of ten bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::ed25519 {

constexpr std::size_t kBaseEntries = 513, kBaseEntryWords = 16;

// [513, 16] words (64 KiB), aligned to 64 bytes, made at the first call: three canonical elements in radix 2^51 and a
// word of padding. Null if memory ran out.
const std::uint64_t* base_table() noexcept;

}  // namespace assay::ed25519
