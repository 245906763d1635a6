// Products of single elements (field51.h) in 128-bit columns, of limbs below 2^54. Cost: 25 word multiplications, a
// square 15.
#pragma once

#include "curve/ed25519/field51.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

using Fe1 = Fe51<std::uint64_t>;
__extension__ using Column = unsigned __int128;

// Column 0 is the largest, a0 b0 + 19 (four products of 2^108) < 2^115, and carries below 2^64. Column 4 holds no
// multiple of 19: below 5 2^108 + 2^64 it carries less than 2^59.4, of which 19 times fit a word.
[[gnu::always_inline]] inline Fe1 carry_columns(Column t0, Column t1, Column t2, Column t3, Column t4) noexcept {
  const auto low = [](Column t) noexcept { return static_cast<std::uint64_t>(t) & kMask51; };
  const auto high = [](Column t) noexcept { return static_cast<std::uint64_t>(t >> 51); };
  t1 += high(t0);
  t2 += high(t1);
  t3 += high(t2);
  t4 += high(t3);
  const std::uint64_t r0 = low(t0) + 19 * high(t4);
  return {{r0 & kMask51, low(t1) + (r0 >> 51), low(t2), low(t3), low(t4)}};
}

inline Column times(std::uint64_t a, std::uint64_t b) noexcept { return static_cast<Column>(a) * b; }

// Written out and inlined: compilers keep the columns in registers only so.
[[gnu::always_inline]] inline Fe1 mul(const Fe1& a, const Fe1& b) noexcept {
  const auto& [a0, a1, a2, a3, a4] = a.limb;
  const auto& [b0, b1, b2, b3, b4] = b.limb;
  const std::uint64_t c1 = 19 * b1, c2 = 19 * b2, c3 = 19 * b3, c4 = 19 * b4;
  return carry_columns(times(a0, b0) + times(a1, c4) + times(a2, c3) + times(a3, c2) + times(a4, c1),
                       times(a0, b1) + times(a1, b0) + times(a2, c4) + times(a3, c3) + times(a4, c2),
                       times(a0, b2) + times(a1, b1) + times(a2, b0) + times(a3, c4) + times(a4, c3),
                       times(a0, b3) + times(a1, b2) + times(a2, b1) + times(a3, b0) + times(a4, c4),
                       times(a0, b4) + times(a1, b3) + times(a2, b2) + times(a3, b1) + times(a4, b0));
}
[[gnu::always_inline]] inline Fe1 sqr(const Fe1& a) noexcept {
  const auto& [a0, a1, a2, a3, a4] = a.limb;
  const std::uint64_t d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2, d3 = 2 * a3, c3 = 19 * a3, c4 = 19 * a4;
  return carry_columns(times(a0, a0) + times(d1, c4) + times(d2, c3),  //
                       times(d0, a1) + times(d2, c4) + times(a3, c3),  //
                       times(d0, a2) + times(a1, a1) + times(d3, c4),  //
                       times(d0, a3) + times(d1, a2) + times(a4, c4),  //
                       times(d0, a4) + times(d1, a3) + times(a2, a2));
}
// the same for sums that follow: nothing is gained by leaving carries out
inline Wide<std::uint64_t> mul_wide(const Fe1& a, const Fe1& b) noexcept { return mul(a, b); }
inline Wide<std::uint64_t> sqr_wide(const Fe1& a) noexcept { return sqr(a); }

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
