// [scalar]B in constant time (sign.h). A level compiles it in a file of its own (sign_portable.cpp, sign_adx.cpp).
#pragma once

#include "base/bytes.h"
#include "base/zeroize.h"
#include "curve/ed25519/base_table.h"
#include "curve/ed25519/point.h"
#include "curve/ed25519/scalar_field.h"
#include "curve/ed25519/sign.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

constexpr std::size_t kSignDigits = 64;

// sum digit[i] 16^i = a for a < 2^255, digits in [-8, 8]
inline void signed_nibbles(const std::uint64_t* a, std::int8_t* digit) noexcept {
  int carry = 0;
  for (std::size_t i = 0; i < kSignDigits; ++i) {
    const int nibble = static_cast<int>((a[i / 16] >> (4 * (i % 16))) & 15) + carry;
    carry = i + 1 < kSignDigits ? (nibble + 8) >> 4 : 0;
    digit[i] = static_cast<std::int8_t>(nibble - 16 * carry);
  }
}

inline Fe1 masked(const Fe1& a, const Fe1& b, std::uint64_t take_b) noexcept {
  Fe1 r;
  for (std::size_t i = 0; i < kLimbs51; ++i) r.limb[i] = a.limb[i] ^ (take_b & (a.limb[i] ^ b.limb[i]));
  return r;
}

// digit times the point of a row of the comb: all of its entries are read
inline Step<Fe1> comb_step(const std::uint64_t* row, int digit) noexcept {
  const auto negative = static_cast<std::uint64_t>(static_cast<std::int64_t>(digit) >> 63);
  const std::uint64_t size = (static_cast<std::uint64_t>(digit) ^ negative) - negative;
  std::uint64_t here[kCombEntries], word[kBaseEntryWords];
  const ZeroizeGuard wipe_here(here);
  const ZeroizeGuard wipe_word(word);
  for (std::uint64_t j = 0; j < kCombEntries; ++j) here[j] = 0 - (((size ^ (j + 1)) - 1) >> 63);  // where size = j + 1
  for (std::size_t i = 0; i < kBaseEntryWords; i += 2) {  // by twos: the masks stay in registers
    std::uint64_t low = 0, high = 0;
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kCombEntries; ++j) {
      low |= here[j] & row[kBaseEntryWords * j + i];
      high |= here[j] & row[kBaseEntryWords * j + i + 1];
    }
    word[i] = low;
    word[i + 1] = high;
  }
  const std::uint64_t none = (size - 1) >> 63;  // 1 where size = 0: the point (1, 1, 0)
  word[0] |= none;
  word[kLimbs51] |= none;
  Fe1 element[3];
  for (std::size_t e = 0; e < 3; ++e)
    for (std::size_t i = 0; i < kLimbs51; ++i) element[e].limb[i] = word[kLimbs51 * e + i];
  const auto& [sum, difference, twice_dxy] = element;
  return {masked(sum, difference, negative), masked(difference, sum, negative),
          masked(twice_dxy, sub(Fe1::small(0), twice_dxy), negative)};
}

inline void multiply_base(const std::uint64_t* comb, const std::uint64_t* scalar, std::uint8_t* encoded) noexcept {
  std::int8_t digit[kSignDigits];
  Point<Fe1> sum = identity<Fe1>();
  Step<Fe1> step;
  const ZeroizeGuard wipe_digits(digit);
  const ZeroizeGuard wipe_sum(sum);
  const ZeroizeGuard wipe_step(step);
  signed_nibbles(scalar, digit);
  for (const std::size_t odd : {1, 0}) {
    for (std::size_t i = 0; i < kCombRows; ++i) {
      step = comb_step(comb + kCombEntries * kBaseEntryWords * i, digit[2 * i + odd]);
      sum = add<true>(sum, step, 0);
    }
    if (odd == 0) break;
    for (int k = 0; k < 3; ++k) sum = dbl<false>(sum);
    sum = dbl<true>(sum);
  }
  const Fe1 inv = inverse(sum.z), x = canonical(mul(sum.x, inv)), y = canonical(mul(sum.y, inv));
  const auto& l = y.limb;
  store_le64(encoded, l[0] | l[1] << 51);
  store_le64(encoded + 8, l[1] >> 13 | l[2] << 38);
  store_le64(encoded + 16, l[2] >> 26 | l[3] << 25);
  store_le64(encoded + 24, l[3] >> 39 | l[4] << 12 | x.limb[0] << 63);
}

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
