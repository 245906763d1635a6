// Products of single elements (field51.h) in 128-bit columns. Cost: 25 word multiplications, a square 15.
#pragma once

#include "curve/ed25519/field51.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

using Fe1 = Fe51<std::uint64_t>;
__extension__ using Column = unsigned __int128;

// Columns below 2^109: the carry out of the top one, which holds no multiple of 19, is below 2^54.
inline Fe1 carry_columns(Column (&t)[kLimbs51]) noexcept {
  Fe1 r;
  for (std::size_t i = 0; i + 1 < kLimbs51; ++i) {
    r.limb[i] = static_cast<std::uint64_t>(t[i]) & kMask51;
    t[i + 1] += static_cast<std::uint64_t>(t[i] >> 51);
  }
  r.limb[4] = static_cast<std::uint64_t>(t[4]) & kMask51;
  r.limb[0] += 19 * static_cast<std::uint64_t>(t[4] >> 51);
  r.limb[1] += r.limb[0] >> 51;
  r.limb[0] &= kMask51;
  return r;
}

inline Fe1 mul(const Fe1& a, const Fe1& b) noexcept {
  Column t[kLimbs51] = {};
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs51; ++i) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kLimbs51; ++j)
      t[(i + j) % 5] += static_cast<Column>(a.limb[i]) * (i + j < 5 ? b.limb[j] : 19 * b.limb[j]);
  }
  return carry_columns(t);
}
inline Fe1 sqr(const Fe1& a) noexcept {
  Column t[kLimbs51] = {};
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs51; ++i) {
#pragma GCC unroll 8
    for (std::size_t j = i; j < kLimbs51; ++j)
      t[(i + j) % 5] +=
          static_cast<Column>(i == j ? a.limb[i] : 2 * a.limb[i]) * (i + j < 5 ? a.limb[j] : 19 * a.limb[j]);
  }
  return carry_columns(t);
}
// the same for sums that follow: nothing is gained by leaving carries out
inline Wide<std::uint64_t> mul_wide(const Fe1& a, const Fe1& b) noexcept { return mul(a, b); }
inline Wide<std::uint64_t> sqr_wide(const Fe1& a) noexcept { return sqr(a); }

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
