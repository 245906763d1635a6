// Points times first, first step, first step^2, ... for secret scalars. Contract: ceremony/kernel.h.
#pragma once

#include <algorithm>

#include "curve/bn254/encoding.h"
#include "curve/bn254/glv.h"
#include "ntt/domain.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN
namespace ceremony {

// n <= kScaleBlock products with one inversion. Masks, not branches, tell infinity.
inline constexpr std::size_t kScaleBlock = 32;

template <class F>
inline void to_affine(const Projective<F>* in, Affine<F>* out, std::size_t n) noexcept {
  F z[kScaleBlock], product[kScaleBlock];
  const ZeroizeGuard wipe_z(z);
  const ZeroizeGuard wipe_product(product);
  F all = F::one();
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = select(in[i].z, F::one(), in[i].z.is_zero());
    product[i] = all;
    all *= z[i];
  }
  F inv = inverse(all);
  const ZeroizeGuard wipe_inv(inv);
  for (std::size_t i = n; i-- > 0;) {
    const F scale = select(inv * product[i], F::zero(), in[i].z.is_zero());
    inv *= z[i];
    out[i] = {in[i].x * scale, in[i].y * scale};
  }
}

template <class F>
inline Status scale(const Affine<F>* points, std::size_t n, const Fr& first, const Fr* step, std::uint64_t start,
                    Affine<F>* out, JobControl* control) noexcept {
  return parallel_for(
      n, kScaleBlock,
      [&](std::size_t begin, std::size_t end) noexcept {
        Fr k = first;
        Projective<F> products[kScaleBlock];
        std::uint64_t limbs[4];
        const ZeroizeGuard wipe_k(k);
        const ZeroizeGuard wipe_products(products);
        const ZeroizeGuard wipe_limbs(limbs);
        if (step != nullptr) k *= pow_u64(*step, start + begin);
        for (std::size_t i = begin; i < end; ++i) {
          k.to_limbs(limbs);
          products[i - begin] = bn254::mul_glv(points[i], limbs, bn254::kCurveB<F>);
          if (step != nullptr) k *= *step;
        }
        to_affine(products, out + begin, end - begin);
      },
      control);
}

}  // namespace ceremony
ASSAY_ISA_END
