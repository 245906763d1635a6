// Points of edwards25519 in extended coordinates x = X / Z, y = Y / Z, T = X Y / Z, one or eight at a time; F is an
// Fe51.
//
// Source: Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited", ASIACRYPT 2008: section 3.1 (unified
// addition for a = -1, complete here because -1 is a square and d is none) and section 3.3 (doubling). No special
// cases. Cost: addition of a Cached 8 products, of a Step 7, doubling 4 products and 4 squares; one product less
// without T, which only an addition reads.
#pragma once

#include "curve/ed25519/field51.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

template <class F>
struct Point {
  F x, y, z, t;
};
// a point as an addition reads it: Y + X, Y - X, 2 Z, 2 d T
template <class F>
struct Cached {
  F sum, difference, twice_z, twice_dt;
};
// the same of an affine point: y + x, y - x, 2 d x y
template <class F>
struct Step {
  F sum, difference, twice_dxy;
};

template <class F>
inline Point<F> identity() noexcept {
  return {F::small(0), F::small(1), F::small(1), F::small(0)};
}
template <class F>
inline Cached<F> cached(const Point<F>& p) noexcept {
  return {add(p.y, p.x), sub(p.y, p.x), add(p.z, p.z), mul(p.t, F::everywhere(kTwiceD))};
}

namespace detail {

template <bool kT, class F, class W>
inline Point<F> finish(const Wide<W>& e, const Wide<W>& f, const Wide<W>& g, const Wide<W>& h) noexcept {
  const F e1 = operand(e), f1 = operand(f), g1 = operand(g), h1 = operand(h);
  Point<F> r;
  r.x = mul(e1, f1);
  r.y = mul(g1, h1);
  r.z = mul(f1, g1);
  if constexpr (kT) r.t = mul(e1, h1);
  return r;
}

// d is 2 Z1 Z2. Lanes of `negative` subtract the second point: its x and T change their signs.
template <bool kT, class F, class W>
inline Point<F> add_with(const Point<F>& p, const F& sum, const F& difference, const F& twice_dt, const Wide<W>& d,
                         typename F::Mask negative) noexcept {
  const Wide<W> a = mul_wide(operand(wide(p.y) - wide(p.x)), select(difference, sum, negative));
  const Wide<W> b = mul_wide(operand(wide(p.y) + wide(p.x)), select(sum, difference, negative));
  const Wide<W> c = mul_wide(p.t, twice_dt), f = d - c, g = d + c;
  return finish<kT, F>(b - a, select(f, g, negative), select(g, f, negative), b + a);
}

}  // namespace detail

template <bool kT, class F>
inline Point<F> add(const Point<F>& p, const Cached<F>& q, typename F::Mask negative) noexcept {
  return detail::add_with<kT>(p, q.sum, q.difference, q.twice_dt, mul_wide(p.z, q.twice_z), negative);
}
template <bool kT, class F>
inline Point<F> add(const Point<F>& p, const Step<F>& q, typename F::Mask negative) noexcept {
  return detail::add_with<kT>(p, q.sum, q.difference, q.twice_dxy, wide(p.z) + wide(p.z), negative);
}

template <bool kT, class F>
inline Point<F> dbl(const Point<F>& p) noexcept {
  const auto a = sqr_wide(p.x), b = sqr_wide(p.y), c = sqr_wide(p.z), s = sqr_wide(operand(wide(p.x) + wide(p.y)));
  const auto h = a + b, g = a - b;
  return detail::finish<kT, F>(h - s, c + c + g, g, h);
}

template <class F>
inline F sqr_times(F a, unsigned n) noexcept {
  for (unsigned i = 0; i < n; ++i) a = sqr(a);
  return a;
}

namespace detail {

// a^(2^250 - 1) and a^11: where the powers below begin. Cost: 249 squares, 10 products.
template <class F>
inline F power_250(const F& a, F& a11) noexcept {
  const F a2 = sqr(a), a9 = mul(sqr_times(a2, 2), a);
  a11 = mul(a9, a2);
  const F e5 = mul(sqr(a11), a9);  // 2^5 - 1
  const F e10 = mul(sqr_times(e5, 5), e5);
  const F e20 = mul(sqr_times(e10, 10), e10);
  const F e40 = mul(sqr_times(e20, 20), e20);
  const F e50 = mul(sqr_times(e40, 10), e10);
  const F e100 = mul(sqr_times(e50, 50), e50);
  const F e200 = mul(sqr_times(e100, 100), e100);
  return mul(sqr_times(e200, 50), e50);
}

}  // namespace detail

// a^((p - 5) / 8) = a^(2^252 - 3)
template <class F>
inline F power_for_root(const F& a) noexcept {
  F a11;
  return mul(sqr_times(detail::power_250(a, a11), 2), a);
}
// 1 / a = a^(p - 2) = a^(2^255 - 21); 0 for 0
template <class F>
inline F inverse(const F& a) noexcept {
  F a11;
  const F e = detail::power_250(a, a11);
  return mul(sqr_times(e, 5), a11);
}

// x with x^2 = (y^2 - 1) / (d y^2 + 1) whose canonical form is odd in the lanes of `odd` (0 stays 0); returns the lanes
// in which there is one. Source: RFC 8032, section 5.1.3, steps 2 to 4 without refusing x = 0 with a sign.
template <class F>
inline typename F::Mask root(const F& y, typename F::Mask odd, F& x) noexcept {
  using Mask = typename F::Mask;
  const F yy = sqr(y), u = sub(yy, F::small(1)), v = add(mul(yy, F::everywhere(kD)), F::small(1));
  const F v3 = mul(sqr(v), v), uv3 = mul(u, v3), uv7 = mul(uv3, mul(v3, v));
  x = mul(uv3, power_for_root(uv7));
  const F vxx = mul(v, sqr(x));
  const Mask direct = zero_mask(sub(vxx, u)), turned = zero_mask(add(vxx, u));
  x = canonical(select(mul(x, F::everywhere(kSqrtMinusOne)), x, direct));
  x = select(x, sub(F::small(0), x), static_cast<Mask>(~even_mask(x) ^ odd));
  return static_cast<Mask>(direct | turned);
}

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
