// Sums with a small factor: k a as additions.
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

}  // namespace lanes

ASSAY_ISA_END
