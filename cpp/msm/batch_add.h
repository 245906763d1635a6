// Many affine additions for one inversion.
//
// For points a != +-b: l = (yb - ya) / (xb - xa), x = l^2 - xa - xb, y = l (xa - x) - ya; when a = b, l = 3 xa^2 / 2
// ya. The denominators are inverted together (Montgomery's trick, Math. Comp. 48 (1987), 10.3.4). Every input is
// accepted: infinity, equal and opposite points. Two products run side by side, because one alone would wait for the
// latency of the multiplier. Cost: 6 multiplications an addition and one inversion a batch. Variable time.
#pragma once

#include <cstddef>

#include "curve/weierstrass.h"

ASSAY_ISA_BEGIN

namespace msm {

// The operands of one addition: a, b, each to be negated or not.
template <class F>
struct Operands {
  const Affine<F>*a, *b;
  bool negate_a = false, negate_b = false;
};

namespace detail {

template <class F>
inline F signed_y(const Affine<F>& p, bool negate) noexcept {
  return negate ? -p.y : p.y;
}

// The denominator of the slope, or 1 where the sum needs none.
template <class F>
inline F slope_denominator(const Operands<F>& o) noexcept {
  const F d = o.b->x - o.a->x;
  if (!d.is_zero() && !o.a->is_infinity() && !o.b->is_infinity()) [[likely]]
    return d;
  if (d.is_zero() && !o.a->is_infinity()) {
    const F y = signed_y(*o.a, o.negate_a);
    if (y == signed_y(*o.b, o.negate_b)) return dbl(y);
  }
  return F::one();
}

template <class F>
inline Affine<F> finish_addition(const Operands<F>& o, const F& inverse) noexcept {
  const F ya = signed_y(*o.a, o.negate_a), yb = signed_y(*o.b, o.negate_b);
  const F &xa = o.a->x, &xb = o.b->x;
  F slope;
  if (xa == xb) [[unlikely]] {
    if (!(ya == yb) || o.a->is_infinity()) return Affine<F>::infinity();
    const F xx = sqr(xa);
    slope = (dbl(xx) + xx) * inverse;
  } else if (o.a->is_infinity()) [[unlikely]] {
    return {xb, yb};
  } else if (o.b->is_infinity()) [[unlikely]] {
    return {xa, ya};
  } else {
    slope = (yb - ya) * inverse;
  }
  const F x = sqr(slope) - xa - xb;
  return {x, slope * (xa - x) - ya};
}

}  // namespace detail

// sums[k] of operands(k) is handed to store(k, sum), k = 0, ..., n - 1 in this order; what operands(k) points to is
// read again right before store(k, .), so that a sum may replace an operand of itself or of an earlier addition.
// scratch: n elements.
template <class F, class Load, class Store>
inline void batch_add(std::size_t n, F* scratch, Load&& operands, Store&& store) noexcept {
  if (n == 0) return;
  F product[2] = {F::one(), F::one()};
  for (std::size_t k = n; k-- > 0;) {
    scratch[k] = product[k & 1];
    product[k & 1] *= detail::slope_denominator<F>(operands(k));
  }
  const F inv = inverse_var(product[0] * product[1]);
  F running[2] = {inv * product[1], inv * product[0]};
  for (std::size_t k = 0; k < n; ++k) {
    const Operands<F> o = operands(k);
    F& r = running[k & 1];
    const F inverse = r * scratch[k];
    r *= detail::slope_denominator<F>(o);
    store(k, detail::finish_addition(o, inverse));
  }
}

}  // namespace msm

ASSAY_ISA_END
