// One power on one thread, by the words of the level in force: what a batch does with a row outside the lanes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bigint/montgomery.h"
#include "bigint/stop.h"

namespace assay {

struct PowerRow {
  const std::uint64_t* base;
  std::size_t words;
  const std::uint64_t* exponent;
  std::size_t exponent_words;
  std::uint64_t* out;    // size() words: base ^ exponent mod N, below N; unspecified after a stop. May be base.
  std::uint64_t* table;  // power_table_words
};

// The window for exponents of so many bits: of `power` and of `power_var`. At most kWindowMost.
constexpr unsigned kWindowMost = 8;
unsigned fixed_window(std::size_t exponent_bits) noexcept;
unsigned sliding_window(std::size_t exponent_bits) noexcept;
// Room for either, by the sizes alone.
std::size_t power_table_words(std::size_t modulus_size, std::size_t exponent_words) noexcept;

// Constant time in all values.
void power_row(Montgomery& m, const PowerRow& row, Stop stop) noexcept;
// Time and addresses depend on the exponent.
void power_row_var(Montgomery& m, const PowerRow& row, Stop stop) noexcept;

}  // namespace assay
