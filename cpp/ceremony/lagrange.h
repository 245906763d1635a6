// The inverse transform of points: decimation in time, every level left affine. Contract: ceremony/kernel.h.
//
// Level s pairs blocks of m = 2^(s-1): (a, b) -> (a + w^(-j) b, a - w^(-j) b), w of order 2 m, on bit-reversed input.
// The factor 1/n goes in front, where it costs the n multiplications that the first level's trivial twiddles save.
#pragma once

#include <algorithm>
#include <utility>

#include "base/words.h"
#include "curve/bn254/glv.h"
#include "ntt/domain.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN
namespace ceremony {

inline constexpr std::size_t kButterflies = 16;  // that share an inversion

// table_j <- w^(-j), canonical, j < n/2
inline Status inverse_roots(Words& table, unsigned log_n) noexcept {
  const std::size_t count = log_n == 0 ? 1 : std::size_t{1} << (log_n - 1);
  ASSAY_TRY(table.allocate(4 * count));
  const Fr step = inverse_var(domain_root<Fr>(log_n));
  Fr w = Fr::one();
  for (std::size_t j = 0; j < count; ++j, w *= step) w.to_limbs(table.data() + 4 * j);
  return Status::ok;
}

template <class F>
inline Status scale_public(Affine<F>* points, std::size_t n, const Fr& factor, JobControl* control) noexcept {
  std::uint64_t k[4];
  factor.to_limbs(k);
  return parallel_for(
      n, 2 * kButterflies,
      [&](std::size_t begin, std::size_t end) noexcept {
        Jacobian<F> products[2 * kButterflies];
        F scratch[4 * kButterflies];
        for (std::size_t i = begin; i < end; ++i) products[i - begin] = bn254::mul_glv_var(points[i], k);
        batch_to_affine_var(products, points + begin, end - begin, scratch);
      },
      control);
}

// One level over all pairs; `stride` leads from this level's twiddles to the table's.
template <class F>
inline Status lagrange_level(Affine<F>* points, std::size_t n, unsigned level, const std::uint64_t* roots,
                             std::size_t stride, JobControl* control) noexcept {
  const std::size_t m = std::size_t{1} << (level - 1);
  return parallel_for(
      n / 2, kButterflies,
      [&](std::size_t begin, std::size_t end) noexcept {
        Jacobian<F> results[2 * kButterflies];
        Affine<F> affine[2 * kButterflies];
        F scratch[4 * kButterflies];
        const auto upper = [=](std::size_t pair) noexcept { return 2 * m * (pair / m) + pair % m; };
        for (std::size_t pair = begin; pair < end; ++pair) {
          const Affine<F>&a = points[upper(pair)], &b = points[upper(pair) + m];
          const std::size_t j = pair % m;
          const Jacobian<F> t = j == 0 ? Jacobian<F>::from(b) : bn254::mul_glv_var(b, roots + 4 * stride * j);
          results[2 * (pair - begin)] = add(t, a);
          results[2 * (pair - begin) + 1] = add(neg(t), a);
        }
        batch_to_affine_var(results, affine, 2 * (end - begin), scratch);
        for (std::size_t pair = begin; pair < end; ++pair) {
          points[upper(pair)] = affine[2 * (pair - begin)];
          points[upper(pair) + m] = affine[2 * (pair - begin) + 1];
        }
      },
      control);
}

template <class F>
inline Status lagrange(Affine<F>* points, unsigned log_n, JobControl* control) noexcept {
  if (log_n > Fr::Params::two_adicity) return Status::out_of_range;
  const std::size_t n = std::size_t{1} << log_n;
  Words roots;
  ASSAY_TRY(inverse_roots(roots, log_n));
  ASSAY_TRY(scale_public(points, n, domain_size_inverse<Fr>(log_n), control));
  for (std::size_t i = 0; i < n; ++i)
    if (const std::size_t j = reverse_bits(i, log_n); i < j) std::swap(points[i], points[j]);
  for (unsigned level = 1; level <= log_n; ++level) {
    if (control != nullptr) control->report("levels", level - 1, log_n);
    ASSAY_TRY(lagrange_level(points, n, level, roots.data(), std::size_t{1} << (log_n - level), control));
  }
  if (control != nullptr) control->report("levels", log_n, log_n);
  return Status::ok;
}

}  // namespace ceremony
ASSAY_ISA_END
