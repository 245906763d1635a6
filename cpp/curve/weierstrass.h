// The group of a short Weierstrass curve y^2 = x^3 + b over any field F (2 and 3 invertible, b != 0).
//
//   Affine      (x, y); infinity is (0, 0), which is never on the curve because b != 0
//   Jacobian    (X, Y, Z), x = X / Z^2, y = Y / Z^3; infinity has Z = 0
//   XYZZ        (X, Y, ZZ, ZZZ), x = X / ZZ, y = Y / ZZZ, ZZ^3 = ZZZ^2; infinity has ZZ = 0. For sums of many points
//
// Source: Explicit-Formulas Database, g1p/auto-shortw-jacobian-0 (dbl-2009-l, add-2007-bl, madd-2007-bl) and
// g1p/auto-shortw-xyzz (dbl-2008-s-1, add-2008-s, madd-2008-s). A square costs a multiplication here, so where the
// database trades a product for a square we take the product. Every function accepts every input: infinity, equal and
// opposite points. Variable time: for secret scalars see curve/multiply.h. Results may alias arguments.
// Cost in multiplications: Jacobian double 7, add 16, mixed add 11; XYZZ double 9, add 14, mixed add 10, one reduction
// less in all but the first.
#pragma once

#include <cstddef>

#include "field/fe.h"

ASSAY_ISA_BEGIN

template <class F>
struct Affine {
  F x, y;

  static constexpr Affine infinity() noexcept { return {F::zero(), F::zero()}; }
  constexpr bool is_infinity() const noexcept { return x.is_zero() & y.is_zero(); }
  friend constexpr bool operator==(const Affine& a, const Affine& b) noexcept { return (a.x == b.x) & (a.y == b.y); }
};

template <class F>
struct Jacobian {
  F x, y, z;

  static constexpr Jacobian infinity() noexcept { return {F::one(), F::one(), F::zero()}; }
  static constexpr Jacobian from(const Affine<F>& p) noexcept {
    return p.is_infinity() ? infinity() : Jacobian{p.x, p.y, F::one()};
  }
  constexpr bool is_infinity() const noexcept { return z.is_zero(); }
};

template <class F>
struct XYZZ {
  F x, y, zz, zzz;

  static constexpr XYZZ infinity() noexcept { return {F::one(), F::one(), F::zero(), F::zero()}; }
  static constexpr XYZZ from(const Affine<F>& p) noexcept {
    return p.is_infinity() ? infinity() : XYZZ{p.x, p.y, F::one(), F::one()};
  }
  constexpr bool is_infinity() const noexcept { return zz.is_zero(); }
};

// y^2 = x^3 + b, or infinity
template <class F>
constexpr bool is_on_curve(const Affine<F>& p, const F& b) noexcept {
  return p.is_infinity() || sqr(p.y) == sqr(p.x) * p.x + b;
}

template <class F>
constexpr Affine<F> neg(const Affine<F>& p) noexcept {
  return {p.x, -p.y};
}
template <class F>
constexpr Jacobian<F> neg(const Jacobian<F>& p) noexcept {
  return {p.x, -p.y, p.z};
}
template <class F>
constexpr XYZZ<F> neg(const XYZZ<F>& p) noexcept {
  return {p.x, -p.y, p.zz, p.zzz};
}

// choice ? b : a without a branch
template <class F>
constexpr Affine<F> select(const Affine<F>& a, const Affine<F>& b, std::uint64_t choice) noexcept {
  return {select(a.x, b.x, choice), select(a.y, b.y, choice)};
}

// 2 P. Infinity maps to infinity: Z = 0 gives Z3 = 0. There is no point with y = 0 in a group of odd order.
template <class F>
constexpr Jacobian<F> dbl(const Jacobian<F>& p) noexcept {
  const F a = sqr(p.x), b = sqr(p.y), c = sqr(b);
  const F d = dbl(dbl(p.x * b));  // 4 X Y^2
  const F e = dbl(a) + a;         // 3 X^2
  const F x = sqr(e) - dbl(d);
  return {x, e * (d - x) - dbl(dbl(dbl(c))), dbl(p.y * p.z)};
}

template <class F>
constexpr Jacobian<F> add(const Jacobian<F>& p, const Jacobian<F>& q) noexcept {
  if (p.is_infinity()) return q;
  if (q.is_infinity()) return p;
  const F z1z1 = sqr(p.z), z2z2 = sqr(q.z);
  const F u1 = p.x * z2z2, s1 = p.y * q.z * z2z2;
  const F h = q.x * z1z1 - u1, r = q.y * p.z * z1z1 - s1;
  if (h.is_zero()) return r.is_zero() ? dbl(p) : Jacobian<F>::infinity();
  const F hh = sqr(h), hhh = h * hh, v = u1 * hh;
  const F x = sqr(r) - hhh - dbl(v);
  return {x, mul_sub(r, v - x, s1, hhh), p.z * q.z * h};
}

template <class F>
constexpr Jacobian<F> add(const Jacobian<F>& p, const Affine<F>& q) noexcept {
  if (q.is_infinity()) return p;
  if (p.is_infinity()) return Jacobian<F>::from(q);
  const F z1z1 = sqr(p.z);
  const F h = q.x * z1z1 - p.x, r = q.y * p.z * z1z1 - p.y;
  if (h.is_zero()) return r.is_zero() ? dbl(p) : Jacobian<F>::infinity();
  const F hh = sqr(h), hhh = h * hh, v = p.x * hh;
  const F x = sqr(r) - hhh - dbl(v);
  return {x, mul_sub(r, v - x, p.y, hhh), p.z * h};
}

template <class F>
constexpr XYZZ<F> dbl(const XYZZ<F>& p) noexcept {
  const F u = dbl(p.y), v = sqr(u), w = u * v, s = p.x * v, xx = sqr(p.x);
  const F m = dbl(xx) + xx;
  const F x = sqr(m) - dbl(s);
  return {x, mul_sub(m, s - x, w, p.y), v * p.zz, w * p.zzz};
}

// 2 P of an affine point
template <class F>
constexpr XYZZ<F> dbl_xyzz(const Affine<F>& p) noexcept {
  if (p.is_infinity()) return XYZZ<F>::infinity();
  const F u = dbl(p.y), v = sqr(u), w = u * v, s = p.x * v, xx = sqr(p.x);
  const F m = dbl(xx) + xx;
  const F x = sqr(m) - dbl(s);
  return {x, mul_sub(m, s - x, w, p.y), v, w};
}

template <class F>
constexpr XYZZ<F> add(const XYZZ<F>& p, const XYZZ<F>& q) noexcept {
  if (p.is_infinity()) return q;
  if (q.is_infinity()) return p;
  const F u1 = p.x * q.zz, s1 = p.y * q.zzz;
  const F h = q.x * p.zz - u1, r = q.y * p.zzz - s1;
  if (h.is_zero()) return r.is_zero() ? dbl(p) : XYZZ<F>::infinity();
  const F hh = sqr(h), hhh = h * hh, v = u1 * hh;
  const F x = sqr(r) - hhh - dbl(v);
  return {x, mul_sub(r, v - x, s1, hhh), p.zz * q.zz * hh, p.zzz * q.zzz * hhh};
}

template <class F>
constexpr XYZZ<F> add(const XYZZ<F>& p, const Affine<F>& q) noexcept {
  if (q.is_infinity()) return p;
  if (p.is_infinity()) return XYZZ<F>::from(q);
  const F h = q.x * p.zz - p.x, r = q.y * p.zzz - p.y;
  if (h.is_zero()) return r.is_zero() ? dbl_xyzz(q) : XYZZ<F>::infinity();
  const F hh = sqr(h), hhh = h * hh, v = p.x * hh;
  const F x = sqr(r) - hhh - dbl(v);
  return {x, mul_sub(r, v - x, p.y, hhh), p.zz * hh, p.zzz * hhh};
}

// ZZ = Z^2 and ZZZ = Z^3, and back: (X ZZ, Y ZZZ, ZZ) in Jacobian form, since x = X ZZ / ZZ^2 and y = Y ZZZ / ZZ^3
template <class F>
constexpr Jacobian<F> to_jacobian(const XYZZ<F>& p) noexcept {
  return p.is_infinity() ? Jacobian<F>::infinity() : Jacobian<F>{p.x * p.zz, p.y * p.zzz, p.zz};
}

// P = Q as points: X1 Z2^2 = X2 Z1^2 and Y1 Z2^3 = Y2 Z1^3
template <class F>
constexpr bool equal(const Jacobian<F>& p, const Jacobian<F>& q) noexcept {
  if (p.is_infinity() || q.is_infinity()) return p.is_infinity() && q.is_infinity();
  const F z1z1 = sqr(p.z), z2z2 = sqr(q.z);
  return p.x * z2z2 == q.x * z1z1 && p.y * q.z * z2z2 == q.y * p.z * z1z1;
}

namespace detail {

template <class F>
constexpr Affine<F> scale(const Jacobian<F>& p, const F& z_inverse) noexcept {
  const F zz = sqr(z_inverse);
  return {p.x * zz, p.y * zz * z_inverse};
}
// 1 / ZZ = (ZZ / ZZZ)^2, because ZZ^3 = ZZZ^2
template <class F>
constexpr Affine<F> scale(const XYZZ<F>& p, const F& zzz_inverse) noexcept {
  return {p.x * sqr(p.zz * zzz_inverse), p.y * zzz_inverse};
}
template <class F>
constexpr const F& denominator(const Jacobian<F>& p) noexcept {
  return p.z;
}
template <class F>
constexpr const F& denominator(const XYZZ<F>& p) noexcept {
  return p.zzz;
}

}  // namespace detail

// For Jacobian and XYZZ. One inversion.
template <template <class> class Point, class F>
inline Affine<F> to_affine_var(const Point<F>& p) noexcept {
  return p.is_infinity() ? Affine<F>::infinity() : detail::scale(p, inverse_var(detail::denominator(p)));
}

// n points with one inversion and 3 n multiplications more; `scratch` holds 2 n elements of F.
template <template <class> class Point, class F>
inline void batch_to_affine_var(const Point<F>* in, Affine<F>* out, std::size_t n, F* scratch) noexcept {
  for (std::size_t i = 0; i < n; ++i) scratch[i] = detail::denominator(in[i]);
  batch_inverse_var(scratch, n, scratch + n);
  for (std::size_t i = 0; i < n; ++i)
    out[i] = in[i].is_infinity() ? Affine<F>::infinity() : detail::scale(in[i], scratch[i]);
}

ASSAY_ISA_END
