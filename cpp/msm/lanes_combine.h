// The scalar end of the bucket method in lanes: from eight segments a window to the sum. Compiled at the scalar levels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "curve/weierstrass.h"
#include "msm/msm.h"

ASSAY_ISA_BEGIN

namespace msm {

// sum_w 2^(c w) S_w for windows w of 24 points a_i, r_i, t_i each:
// S = sum_i t_i + 2^outer (sum_i a_i + 2^inner sum_i i r_i)
template <class F>
inline void combine(const std::uint64_t* points, unsigned windows, unsigned c, unsigned outer, unsigned inner,
                    std::uint64_t* out) noexcept {
  constexpr std::size_t kEighths = kReducedPoints / 3;
  XYZZ<F> total = XYZZ<F>::infinity();
  const auto double_times = [](XYZZ<F>& p, unsigned times) noexcept {
    for (unsigned i = 0; i < times; ++i) p = dbl(p);
  };
  for (unsigned w = windows; w-- > 0;) {
    const auto *a = reinterpret_cast<const Affine<F>*>(points) + kReducedPoints * w, *r = a + kEighths,
               *t = r + kEighths;
    XYZZ<F> running = XYZZ<F>::infinity(), sum = running;
    for (std::size_t i = kEighths; i-- > 1;) {
      running = add(running, r[i]);
      sum = add(sum, running);
    }
    double_times(sum, inner);
    for (std::size_t i = 0; i < kEighths; ++i) sum = add(sum, a[i]);
    double_times(sum, outer);
    for (std::size_t i = 0; i < kEighths; ++i) sum = add(sum, t[i]);
    double_times(total, c);
    total = add(total, sum);
  }
  *reinterpret_cast<Affine<F>*>(out) = to_affine_var(total);
}

}  // namespace msm

ASSAY_ISA_END
