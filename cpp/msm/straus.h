// A few scalars: interleaved width-5 non-adjacent forms that share their doublings (Straus, "Addition chains of
// vectors", Amer. Math. Monthly 71 (1964)). Cost: 1778 multiplications and about 800 a point.
#pragma once

#include <cstddef>
#include <cstdint>

#include "curve/multiply.h"

ASSAY_ISA_BEGIN

namespace msm {

constexpr std::size_t kStrausMax = 16;

// n <= kStrausMax scalars of four limbs
template <class F>
inline Affine<F> straus(const Affine<F>* bases, const std::uint64_t* scalars, std::size_t n) noexcept {
  constexpr unsigned kWidth = 5;
  constexpr std::size_t kOdd = 1 << (kWidth - 2);
  Jacobian<F> odd[kStrausMax][kOdd];
  std::int8_t digits[kStrausMax][257] = {};
  std::size_t length = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::uint64_t k[4];
    std::copy_n(scalars + 4 * i, 4, k);
    length = std::max(length, assay::detail::non_adjacent_form_var(digits[i], k, 4, kWidth));
    odd[i][0] = Jacobian<F>::from(bases[i]);
    const Jacobian<F> twice = dbl(odd[i][0]);
    for (std::size_t j = 1; j < kOdd; ++j) odd[i][j] = add(odd[i][j - 1], twice);
  }
  Jacobian<F> sum = Jacobian<F>::infinity();
  for (std::size_t at = length; at-- > 0;) {
    sum = dbl(sum);
    for (std::size_t i = 0; i < n; ++i) {
      const int d = digits[i][at];
      if (d > 0) sum = add(sum, odd[i][d / 2]);
      if (d < 0) sum = add(sum, neg(odd[i][-d / 2]));
    }
  }
  zeroize(digits, sizeof digits);
  return to_affine_var(sum);
}

}  // namespace msm

ASSAY_ISA_END
