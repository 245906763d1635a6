// Sums with a factor, and back to <3 p>: what keeps long formulas within the bounds of field/lanes/lanes.h.
#pragma once

#include "field/lanes/lanes.h"

ASSAY_ISA_BEGIN

namespace lanes {

// k a without carries, k < 16
template <unsigned k, class P>
ASSAY_LANES_INLINE Wide<P> times(const Wide<P>& a) noexcept {
  static_assert(k >= 1 && k < 16);
  Wide<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < r.K; ++j) {
    Word sum = k & 1 ? a.limb[j] : broadcast(0);
    if constexpr ((k & 2) != 0) sum = sum + shift_left<1>(a.limb[j]);
    if constexpr ((k & 4) != 0) sum = sum + shift_left<2>(a.limb[j]);
    if constexpr ((k & 8) != 0) sum = sum + shift_left<3>(a.limb[j]);
    r.limb[j] = sum;
  }
  return r;
}

// A value in [0, B p), not normalised, to <3 p>, for B + 1 <= 2^(52 K) / p: less q p with q = floor(t M / 2^52), where
// t is the top limb, one p added and the carries it might still receive taken off, and M = floor(2^52 / (top limb of p
// + 1)). With v the value and P the top limb of p, t / P >= v / p - 1 / P; q > t / (P + 1) - t / 2^52 - 1 > t / (P +
// 1) - 2, so that less than 3 p remains; and q p <= v because t / (P + 1) <= v / p.
template <unsigned B, class P>
ASSAY_LANES_INLINE Lanes<P> tidy(const Wide<P>& a) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  constexpr auto top = [](std::uint64_t k) { return Radix52<P>::multiple(k)[K - 1]; };
  static_assert(top(B + 1) < kRadixMask, "the value must fit the limbs");
  constexpr std::uint64_t kSlack = 64;  // carries from the lower limbs, either sign
  constexpr std::uint64_t kInverse = (kRadixMask + 1) / (top(1) + 1);
  constexpr auto negative = [] {  // 2^(52 K) - p
    auto limbs = Radix52<P>::multiple(1);
    std::uint64_t borrow = 0;
    for (auto& limb : limbs) {
      const std::uint64_t t = 0 - limb - borrow;
      limb = t & kRadixMask;
      borrow = t >> 63;
    }
    return limbs;
  }();
  Wide<P> r = a + multiple<P, 1>();
  const Factor t = factor(r.limb[K - 1] - broadcast(kSlack));
  Word unused = broadcast(0), q = broadcast(column_start(0, 1));
  multiply_add(unused, q, t, factor(broadcast(kInverse)));
  const Factor quotient = factor(q);
  Word columns[K + 1];
#pragma GCC unroll 8
  for (std::size_t j = 0; j <= K; ++j) columns[j] = broadcast(column_start(j < K ? 1 : 0, j > 0 ? 1 : 0));
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j)
    multiply_add(columns[j], columns[j + 1], quotient, factor(broadcast(negative[j])));
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j) r.limb[j] = r.limb[j] + columns[j];
  Lanes<P> tidied = carry(r);
  tidied.limb[K - 1] = tidied.limb[K - 1] & broadcast(kRadixMask);  // q 2^(52 K)
  return tidied;
}

}  // namespace lanes

ASSAY_ISA_END
