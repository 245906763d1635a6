// Points of Baby Jubjub in extended coordinates: x = X / Z, y = Y / Z, T = X Y / Z; compiled once for each level.
//
// Source: Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited", ASIACRYPT 2008: section 3.1 (unified
// addition, complete here because a is a square and d is none) and section 3.3 (doubling). No special cases, no
// branches. Cost: add 11 multiplications (one by d, one by a), addition of a table entry 9, doubling 9.
#pragma once

#include "curve/babyjubjub/params.h"
#include "field/fe.h"

namespace assay::babyjubjub {
inline namespace ASSAY_ISA {

using Fl = Fe<ScalarParams>;

struct AffinePoint {
  Fr x, y;
  friend bool operator==(const AffinePoint& p, const AffinePoint& q) noexcept { return p.x == q.x && p.y == q.y; }
};

struct Point {
  Fr x, y, t, z;
};

// x, y and d x y of an affine point
struct TableEntry {
  Fr x, y, dt;
};

inline Fr coefficient_a() noexcept { return Fr::from_u64(kA); }
inline Fr coefficient_d() noexcept { return Fr::from_u64(kD); }

inline Point identity() noexcept { return {Fr::zero(), Fr::one(), Fr::zero(), Fr::one()}; }
inline Point extend(const AffinePoint& p) noexcept { return {p.x, p.y, p.x * p.y, Fr::one()}; }
inline Point neg(const Point& p) noexcept { return {-p.x, p.y, -p.t, p.z}; }

namespace detail {

inline Point add_with(const Point& p, const Fr& x2, const Fr& y2, const Fr& c, const Fr& d) noexcept {
  const Fr a = p.x * x2, b = p.y * y2;
  const Fr e = (p.x + p.y) * (x2 + y2) - a - b, f = d - c, g = d + c, h = b - coefficient_a() * a;
  return {e * f, g * h, e * h, f * g};
}

}  // namespace detail

inline Point add(const Point& p, const Point& q) noexcept {
  return detail::add_with(p, q.x, q.y, coefficient_d() * p.t * q.t, p.z * q.z);
}
inline Point add(const Point& p, const TableEntry& q) noexcept {
  return detail::add_with(p, q.x, q.y, p.t * q.dt, p.z);
}

inline Point dbl(const Point& p) noexcept {
  const Fr xx = sqr(p.x), yy = sqr(p.y), zz = sqr(p.z), axx = coefficient_a() * xx;
  const Fr e = sqr(p.x + p.y) - xx - yy, g = axx + yy, f = g - zz - zz, h = axx - yy;
  return {e * f, g * h, e * h, f * g};
}

// Constant time (Fermat inversion); Z is never 0.
inline AffinePoint normalize(const Point& p) noexcept {
  const Fr inv = inverse(p.z);
  return {p.x * inv, p.y * inv};
}

inline bool equal(const Point& p, const AffinePoint& q) noexcept { return p.x == q.x * p.z && p.y == q.y * p.z; }
inline bool is_identity(const Point& p) noexcept { return p.x.is_zero() && p.y == p.z; }

inline bool on_curve(const AffinePoint& p) noexcept {
  const Fr xx = sqr(p.x), yy = sqr(p.y);
  return coefficient_a() * xx + yy == Fr::one() + coefficient_d() * xx * yy;
}

}  // namespace ASSAY_ISA
}  // namespace assay::babyjubjub
