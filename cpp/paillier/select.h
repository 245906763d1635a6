// Reading digits and tables so that neither addresses nor branches depend on a secret.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::paillier {

// Bits [at, at + width) of an exponent of `words` words, zeros above its end. width < 64. Addresses depend on `at`.
inline std::uint64_t window(const std::uint64_t* exponent, std::size_t words, std::size_t at, unsigned width) noexcept {
  const std::size_t word = at / 64, shift = at % 64;
  if (word >= words) return 0;
  std::uint64_t bits = exponent[word] >> shift;
  if (shift + width > 64 && word + 1 < words) bits |= exponent[word + 1] << (64 - shift);
  return bits & ((std::uint64_t{1} << width) - 1);
}

// All ones if a = b, else zero.
inline std::uint64_t equal_mask(std::uint64_t a, std::uint64_t b) noexcept {
  const std::uint64_t difference = a ^ b;
  return ((difference | (0 - difference)) >> 63) - 1;
}

// r[0, n) <- entry `index` of `entries` rows of n words; all are read.
inline void select(const std::uint64_t* table, std::size_t entries, std::size_t n, std::uint64_t index,
                   std::uint64_t* r) noexcept {
  using Pair = std::uint64_t __attribute__((vector_size(16), aligned(8), may_alias));
  const auto mask_of = [&](std::size_t e) { return equal_mask(e, index); };
  std::size_t j = 0;
  for (; j + 8 <= n; j += 8) {
    Pair a = {}, b = {}, c = {}, d = {};
    for (std::size_t e = 0; e < entries; ++e) {
      const auto* row = reinterpret_cast<const Pair*>(table + e * n + j);
      const Pair mask = {mask_of(e), mask_of(e)};
      a |= row[0] & mask;
      b |= row[1] & mask;
      c |= row[2] & mask;
      d |= row[3] & mask;
    }
    auto* out = reinterpret_cast<Pair*>(r + j);
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
  }
  for (; j < n; ++j) {
    std::uint64_t value = 0;
    for (std::size_t e = 0; e < entries; ++e) value |= table[e * n + j] & mask_of(e);
    r[j] = value;
  }
}

}  // namespace assay::paillier
