// The Lagrange basis of the domain at one point, which may be secret: constant time, temporaries wiped.
//
// L_i(tau) = (tau^n - 1)/n * w^i / (tau - w^i). Inverses by Montgomery's trick in blocks, one Fermat inversion each.
// When tau = w^k the numerator vanishes with one denominator: that denominator is replaced by 1, and L_k = 1 put in
// its place, all by selection.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/zeroize.h"
#include "ntt/domain.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN

namespace ntt {

constexpr std::size_t kLagrangeBlock = 512;

template <class F>
Status lagrange(const std::uint64_t* tau_limbs, unsigned log_n, std::uint64_t* out, JobControl* control) noexcept {
  F tau = *reinterpret_cast<const F*>(tau_limbs);
  const ZeroizeGuard tau_guard(tau);
  F numerator = domain_vanishing(tau, log_n) * domain_size_inverse<F>(log_n);
  const ZeroizeGuard numerator_guard(numerator);
  const F w = domain_root<F>(log_n);
  F* result = reinterpret_cast<F*>(out);
  return parallel_for(
      std::size_t{1} << log_n, kLagrangeBlock,
      [&](std::size_t begin, std::size_t end) noexcept {
        const std::size_t count = end - begin;
        F denominator[kLagrangeBlock], before[kLagrangeBlock];
        F point = pow_u64(w, begin), product = F::one();
        for (std::size_t i = 0; i < count; ++i) {
          result[begin + i] = point;
          const F d = tau - point;
          denominator[i] = select(d, F::one(), d.is_zero());
          before[i] = product;
          product *= denominator[i];
          point *= w;
        }
        F inv = inverse(product) * numerator;  // carries the common factor (tau^n - 1)/n along
        for (std::size_t i = count; i-- > 0;) {
          const F value = inv * before[i] * result[begin + i];
          inv *= denominator[i];
          result[begin + i] = select(value, F::one(), tau == result[begin + i]);
        }
        zeroize(denominator, sizeof denominator);
        zeroize(before, sizeof before);
        zeroize(&product, sizeof product);
        zeroize(&inv, sizeof inv);
      },
      control);
}

}  // namespace ntt

ASSAY_ISA_END
