// The multiplicative domain H of size 2^k in a field whose group of units has it: its generator and its vanishing
// polynomial Z(X) = X^n - 1.
#pragma once

#include <cstddef>

#include "field/fe.h"
#include "field/roots.h"

ASSAY_ISA_BEGIN

// the lowest `bits` bits of i in opposite order: where a transform without permutation leaves element i
inline std::size_t reverse_bits(std::size_t i, unsigned bits) noexcept {
  std::size_t r = 0;
  for (unsigned k = 0; k < bits; ++k) r |= ((i >> k) & 1) << (bits - 1 - k);
  return r;
}

// x^(2^k)
template <class F>
inline F pow_two_power(F x, unsigned k) noexcept {
  for (unsigned i = 0; i < k; ++i) x = sqr(x);
  return x;
}

// x^e for a public e
template <class F>
inline F pow_u64(const F& x, std::uint64_t e) noexcept {
  return pow_var(x, &e, 1);
}

// A primitive 2^k-th root of unity; domain_root(k)^2 = domain_root(k - 1). k <= two_adicity.
template <class F>
inline F domain_root(unsigned k) noexcept {
  return pow_two_power(root_of_unity_2adic<typename F::Params>(), F::Params::two_adicity - k);
}

// 1 / 2^k
template <class F>
inline F domain_size_inverse(unsigned k) noexcept {
  F x = F::one();
  for (unsigned i = 0; i < k; ++i) x = half(x);
  return x;
}

// Z(x) = x^n - 1, n = 2^k. On the coset s H it is the constant s^n - 1.
template <class F>
inline F domain_vanishing(const F& x, unsigned k) noexcept {
  return pow_two_power(x, k) - F::one();
}

ASSAY_ISA_END
