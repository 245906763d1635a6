// Lazy butterflies: values travel between levels in [0, 4p) (forward) or [0, 2p) (inverse) and are reduced once at the
// end.
//
// Source: Harvey, "Faster arithmetic for number-theoretic transforms", J. Symb. Comp. 60 (2014), algorithms 2 and 3,
// with Montgomery's product for Shoup's. The modulus has two spare bits, so 4p < 2^(64 N). lazy_mul(a, w) takes any a
// below 2^(64 N) and w < p: a w / R + p < 2p. Every product but the last is thus without its conditional subtraction.
#pragma once

#include "field/fe.h"

ASSAY_ISA_BEGIN

namespace detail {

template <class P>
inline constexpr Limbs<P::N> kTwiceModulus = params::double_limbs(P::modulus);

// x mod 2p for x < 4p
template <class P>
inline Fe<P> reduce_twice(const Fe<P>& x) noexcept {
  Fe<P> s, r;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < P::N; ++i) s.v[i] = sbb(x.v[i], kTwiceModulus<P>[i], borrow);
  const std::uint64_t keep = 0 - borrow;
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = (x.v[i] & keep) | (s.v[i] & ~keep);
  return r;
}

template <class P>
inline Fe<P> add_raw(const Fe<P>& a, const Fe<P>& b) noexcept {
  Fe<P> r;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = adc(a.v[i], b.v[i], carry);
  return r;
}

// a - b + 2p
template <class P>
inline Fe<P> sub_raw(const Fe<P>& a, const Fe<P>& b) noexcept {
  Fe<P> t, r;
  std::uint64_t borrow = 0, carry = 0;
  for (std::size_t i = 0; i < P::N; ++i) t.v[i] = sbb(kTwiceModulus<P>[i], b.v[i], borrow);
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = adc(a.v[i], t.v[i], carry);
  return r;
}

template <class P>
inline Fe<P> lazy_mul(const Fe<P>& a, const Fe<P>& w) noexcept {
  return a * w;
}

// x mod p for x < 4p
template <class P>
inline Fe<P> reduce_fully(const Fe<P>& x) noexcept {
  const Fe<P> t = reduce_twice(x);
  Fe<P> r;
  reduce_once<P>(r.v, t.v);
  return r;
}

// (a, b) <- (a + w b, a - w b); in and out below 4p
template <class F>
inline void butterfly(F& a, F& b, const F& w) noexcept {
  const F x = reduce_twice(a), y = lazy_mul(b, w);
  a = add_raw(x, y);
  b = sub_raw(x, y);
}
// the same for w = 1
template <class F>
inline void butterfly_one(F& a, F& b) noexcept {
  const F x = reduce_twice(a), y = reduce_twice(b);
  a = add_raw(x, y);
  b = sub_raw(x, y);
}

// (a, b) <- (a + b, (a - b) w); in and out below 2p
template <class F>
inline void butterfly_inverse(F& a, F& b, const F& w) noexcept {
  const F x = a, y = b;
  a = reduce_twice(add_raw(x, y));
  b = lazy_mul(sub_raw(x, y), w);
}
// (a, b) <- (a + b, (b - a) w)
template <class F>
inline void butterfly_inverse_negated(F& a, F& b, const F& w) noexcept {
  const F x = a, y = b;
  a = reduce_twice(add_raw(x, y));
  b = lazy_mul(sub_raw(y, x), w);
}
template <class F>
inline void butterfly_inverse_one(F& a, F& b) noexcept {
  const F x = a, y = b;
  a = reduce_twice(add_raw(x, y));
  b = reduce_twice(sub_raw(x, y));
}

}  // namespace detail

ASSAY_ISA_END
