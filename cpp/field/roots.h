// Roots in a prime field: of unity of order 2^k, and square roots by Tonelli and Shanks (H. Cohen, "A Course in
// Computational Algebraic Number Theory", 1993, algorithm 1.5.1). Variable time, for public values.
#pragma once

#include "field/fe.h"

ASSAY_ISA_BEGIN

// A generator of the subgroup of order 2^two_adicity: g^((p-1) / 2^two_adicity)
template <class P>
constexpr Fe<P> root_of_unity_2adic() noexcept {
  constexpr auto e = params::shift_right(params::sub_small(P::modulus, 1), P::two_adicity);
  return pow_var(Fe<P>::from_u64(P::generator), e.data(), P::N);
}

// A square root; no_square_root if there is none. One exponentiation when p = 3 mod 4. Which of the two roots is not
// specified: encodings choose by sign.
template <class P>
inline Status sqrt_var(Fe<P>& out, const Fe<P>& a) noexcept {
  if (a.is_zero()) {
    out = a;
    return Status::ok;
  }
  constexpr auto odd = params::shift_right(params::sub_small(P::modulus, 1), P::two_adicity);
  constexpr auto e = params::shift_right(odd, 1);  // (m - 1) / 2, m odd
  const Fe<P> w = pow_var(a, e.data(), P::N);
  Fe<P> x = a * w;  // a^((m+1)/2)
  Fe<P> b = x * w;  // a^m, of order dividing 2^two_adicity
  Fe<P> z = root_of_unity_2adic<P>();
  unsigned order = P::two_adicity;
  while (!(b == Fe<P>::one())) {
    unsigned k = 0;
    Fe<P> t = b;
    while (!(t == Fe<P>::one())) {
      t = sqr(t);
      if (++k == order) return Status::no_square_root;
    }
    for (unsigned i = 0; i + k + 1 < order; ++i) z = sqr(z);
    x *= z;
    z = sqr(z);
    b *= z;
    order = k;
  }
  out = x;
  return Status::ok;
}

ASSAY_ISA_END
