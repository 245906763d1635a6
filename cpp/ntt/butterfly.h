// Lazy butterflies: values travel between levels in [0, 4p) (forward) or [0, 2p) (inverse) and are reduced once at the
// end.
//
// Source: Harvey, "Faster arithmetic for number-theoretic transforms", J. Symb. Comp. 60 (2014), algorithms 2 and 3,
// with Montgomery's product for Shoup's. The modulus has two spare bits, so 4p < 2^(64 N). lazy_mul(a, w) takes any a
// below 2^(64 N) and w < p: a w / R + p < 2p. Every product but the last is thus without its conditional subtraction.
#pragma once

#include "field/fe.h"
#include "ntt/butterfly4_x86.h"

ASSAY_ISA_BEGIN

namespace detail {

// r <- a w R^-1, below 2p; r may be a
template <class P>
[[gnu::always_inline]] inline void lazy_mul(Fe<P>& r, const Fe<P>& a, const Fe<P>& w) noexcept {
#if defined(ASSAY_ISA_ADX)
  if constexpr (P::N == 4) return montgomery_mul4_adx<P, false>(r.v, a.v, w.v);
#endif
  std::uint64_t t[P::N + 1] = {};
  for (std::size_t i = 0; i < P::N; ++i) {
    multiply_row<P>(t, a.v[i], w.v);
    reduce_row<P>(t);
  }
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = t[i];
}

#if defined(ASSAY_X86)
template <class P>
inline constexpr bool kFourLimbs = P::N == 4;
#else
template <class P>
inline constexpr bool kFourLimbs = false;
#endif

// r <- (x + y) mod 2p for x + y < 4p
template <class P>
[[gnu::always_inline]] inline void add_twice(Fe<P>& r, const Fe<P>& x, const Fe<P>& y) noexcept {
  if constexpr (kFourLimbs<P>) {
    add_twice4<P>(r.v, x.v, y.v);
  } else {
    std::uint64_t t[P::N], s[P::N], carry = 0, borrow = 0;
    for (std::size_t i = 0; i < P::N; ++i) t[i] = adc(x.v[i], y.v[i], carry);
    for (std::size_t i = 0; i < P::N; ++i) s[i] = sbb(t[i], kTwiceModulus<P>[i], borrow);
    const std::uint64_t keep = 0 - borrow;
    for (std::size_t i = 0; i < P::N; ++i) r.v[i] = (t[i] & keep) | (s[i] & ~keep);
  }
}

// r <- x - y + 2p
template <class P>
[[gnu::always_inline]] inline void sub_raw(Fe<P>& r, const Fe<P>& x, const Fe<P>& y) noexcept {
  if constexpr (kFourLimbs<P>) {
    sub_raw4<P>(r.v, x.v, y.v);
  } else {
    std::uint64_t t[P::N], carry = 0, borrow = 0;
    for (std::size_t i = 0; i < P::N; ++i) t[i] = adc(x.v[i], kTwiceModulus<P>[i], carry);
    for (std::size_t i = 0; i < P::N; ++i) r.v[i] = sbb(t[i], y.v[i], borrow);
  }
}

// a <- a mod 2p + y, b <- a mod 2p - y + 2p for a < 4p and y < 2p; b may be y
template <class P>
[[gnu::always_inline]] inline void cross(Fe<P>& a, Fe<P>& b, const Fe<P>& y) noexcept {
  if constexpr (kFourLimbs<P>) {
    cross4<P>(a.v, b.v, y.v);
  } else {
    Fe<P> x;
    add_twice(x, a, Fe<P>::zero());
    std::uint64_t sum[P::N], carry = 0;
    for (std::size_t i = 0; i < P::N; ++i) sum[i] = adc(x.v[i], y.v[i], carry);
    sub_raw(b, x, y);
    for (std::size_t i = 0; i < P::N; ++i) a.v[i] = sum[i];
  }
}

// x mod p for x < 4p
template <class P>
[[gnu::always_inline]] inline void reduce_fully(Fe<P>& x) noexcept {
  add_twice(x, x, Fe<P>::zero());
  reduce_once<P>(x.v, x.v);
}

// (a, b) <- (a + w b, a - w b); in and out below 4p
template <class F>
[[gnu::always_inline]] inline void butterfly(F& a, F& b, const F& w) noexcept {
  F y;
  lazy_mul(y, b, w);
  cross(a, b, y);
}
// the same for w = 1
template <class F>
[[gnu::always_inline]] inline void butterfly_one(F& a, F& b) noexcept {
  F y;
  add_twice(y, b, F::zero());
  cross(a, b, y);
}

// (a, b) <- (a + b, (a - b) w); in and out below 2p
template <class F>
[[gnu::always_inline]] inline void butterfly_inverse(F& a, F& b, const F& w) noexcept {
  F d;
  sub_raw(d, a, b);
  add_twice(a, a, b);
  lazy_mul(b, d, w);
}
// (a, b) <- (a + b, (b - a) w)
template <class F>
[[gnu::always_inline]] inline void butterfly_inverse_negated(F& a, F& b, const F& w) noexcept {
  F d;
  sub_raw(d, b, a);
  add_twice(a, a, b);
  lazy_mul(b, d, w);
}
template <class F>
[[gnu::always_inline]] inline void butterfly_inverse_one(F& a, F& b) noexcept {
  F d;
  sub_raw(d, a, b);
  add_twice(a, a, b);
  add_twice(b, d, F::zero());
}

}  // namespace detail

ASSAY_ISA_END
