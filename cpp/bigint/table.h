// Digits of exponents and entries of tables, read so that neither addresses nor branches depend on a secret.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

// Bits [at, at + width) of an exponent of `words` words, zeros above its end. width < 64. Addresses depend on `at`.
inline std::uint64_t table_digit(const std::uint64_t* exponent, std::size_t words, std::size_t at,
                                 unsigned width) noexcept {
  const std::size_t word = at / 64, shift = at % 64;
  if (word >= words) return 0;
  std::uint64_t bits = exponent[word] >> shift;
  if (shift + width > 64 && word + 1 < words) bits |= exponent[word + 1] << (64 - shift);
  return bits & ((std::uint64_t{1} << width) - 1);
}

// All ones if a = b, else zero.
inline std::uint64_t table_mask(std::uint64_t a, std::uint64_t b) noexcept {
  const std::uint64_t difference = a ^ b;
  return ((difference | (0 - difference)) >> 63) - 1;
}

// r[0, n) <- entry `index` of `entries` rows of n words; all are read.
inline void table_select(std::uint64_t* r, const std::uint64_t* table, std::size_t entries, std::size_t n,
                         std::uint64_t index) noexcept {
  using Pair = std::uint64_t __attribute__((vector_size(16), aligned(8), may_alias));
  std::size_t j = 0;
  for (; j + 8 <= n; j += 8) {
    Pair value[4] = {};
    for (std::size_t e = 0; e < entries; ++e) {
      const auto* row = reinterpret_cast<const Pair*>(table + e * n + j);
      const Pair mask = {table_mask(e, index), table_mask(e, index)};
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) value[i] |= row[i] & mask;
    }
    auto* out = reinterpret_cast<Pair*>(r + j);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) out[i] = value[i];
  }
  for (; j < n; ++j) {
    std::uint64_t value = 0;
    for (std::size_t e = 0; e < entries; ++e) value |= table[e * n + j] & table_mask(e, index);
    r[j] = value;
  }
}

}  // namespace assay
