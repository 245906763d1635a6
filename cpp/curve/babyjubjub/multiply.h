// Scalar multiplication on Baby Jubjub; compiled once for each level. Scalars are canonical integers of four limbs.
//
// mul_base: k Base8 for a secret k < 2^252: 63 windows of 4 bits, one addition each; every table entry is read and
// selected with masks, so that no branch and no address depends on k. mul_var: k P for public k and P, width-5
// non-adjacent form: 254 doublings and about 50 additions.
#pragma once

#include <cstring>

#include "base/zeroize.h"
#include "curve/babyjubjub/base_table.h"
#include "curve/babyjubjub/point.h"
#include "curve/multiply.h"

namespace assay::babyjubjub {
inline namespace ASSAY_ISA {

inline TableEntry select_entry(const std::uint64_t* window, std::uint64_t digit) noexcept {
  std::uint64_t picked[kBaseEntryLimbs] = {};
  for (std::uint64_t j = 0; j < kBaseWindowSize; ++j) {
    const std::uint64_t mask = 0 - (((digit ^ j) - 1) >> 63);  // all ones where digit = j
    for (std::size_t i = 0; i < kBaseEntryLimbs; ++i) picked[i] |= window[kBaseEntryLimbs * j + i] & mask;
  }
  TableEntry entry;
  static_assert(sizeof entry == sizeof picked);
  std::memcpy(static_cast<void*>(&entry), picked, sizeof entry);
  return entry;
}

inline Point mul_base(const std::uint64_t* table, const std::uint64_t* k) noexcept {
  Point sum = identity();
  TableEntry entry;
  const ZeroizeGuard wipe(entry);
  for (std::size_t w = 0; w < kBaseWindows; ++w) {
    entry = select_entry(table + w * kBaseWindowSize * kBaseEntryLimbs, (k[w / 16] >> (4 * (w % 16))) & 15);
    sum = add(sum, entry);
  }
  return sum;
}

inline Point mul_base_var(const std::uint64_t* table, const std::uint64_t* k) noexcept {
  Point sum = identity();
  for (std::size_t w = 0; w < kBaseWindows; ++w) {
    const std::uint64_t digit = (k[w / 16] >> (4 * (w % 16))) & 15;
    if (digit == 0) continue;
    TableEntry entry;
    std::memcpy(static_cast<void*>(&entry), table + (w * kBaseWindowSize + digit) * kBaseEntryLimbs, sizeof entry);
    sum = add(sum, entry);
  }
  return sum;
}

inline Point mul_var(const AffinePoint& p, const std::uint64_t* k) noexcept {
  constexpr unsigned kWidth = 5;
  std::uint64_t rest[4] = {k[0], k[1], k[2], k[3]};
  std::int8_t digits[257];
  const std::size_t n = assay::detail::non_adjacent_form_var(digits, rest, 4, kWidth);
  Point odd[1 << (kWidth - 2)];
  odd[0] = extend(p);
  const Point twice = dbl(odd[0]);
  for (int i = 1; i < 1 << (kWidth - 2); ++i) odd[i] = add(odd[i - 1], twice);
  Point sum = identity();
  for (std::size_t i = n; i-- > 0;) {
    sum = dbl(sum);
    if (digits[i] > 0) sum = add(sum, odd[digits[i] / 2]);
    if (digits[i] < 0) sum = add(sum, neg(odd[-digits[i] / 2]));
  }
  return sum;
}

// not_on_curve, or not_in_subgroup unless l P is the identity; the identity itself counts as inside.
inline Status check_point_var(const AffinePoint& p) noexcept {
  if (!on_curve(p)) return Status::not_on_curve;
  return is_identity(mul_var(p, ScalarParams::modulus.data())) ? Status::ok : Status::not_in_subgroup;
}

}  // namespace ASSAY_ISA
}  // namespace assay::babyjubjub
