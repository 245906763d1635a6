// Miller loops of eight pairs side by side, and what goes with them when many proofs are verified at once: membership
// of G2 and multiples of points of G1 by scalars of 128 bits, eight at a time.
//
// The loop, its sources and the order of its lines: curve/bn254/pairing.h. The doubling step here is four times that of
// the source in every coordinate, which spares the halves:
//   X' = 2 X Y (B - F), Y' = (B + F)^2 - 12 E^2, Z' = 8 B Y Z,   B = Y^2, E = 3 b' Z^2, F = 3 E
// Variable time, for public points of the groups, none at infinity.
#pragma once

#include <algorithm>

#include "curve/bn254/lanes_tower.h"
#include "curve/bn254/pairing.h"
#include "curve/bn254/subgroup.h"

ASSAY_ISA_BEGIN
namespace bn254::side_by_side {

inline constexpr std::size_t kWidth = lanes::kLanes;

template <class F>
struct Points {
  F x, y;
};
using G1Points = Points<L>;
using G2Points = Points<F2>;

// p[0], ..., p[n - 1] in the first n lanes, p[0] in the others.
inline G1Points gather(const G1Affine* p, std::size_t n) noexcept {
  Fp x[kWidth], y[kWidth];
  for (std::size_t i = 0; i < kWidth; ++i) {
    x[i] = p[i < n ? i : 0].x;
    y[i] = p[i < n ? i : 0].y;
  }
  return {gather(x), gather(y)};
}
inline G2Points gather(const G2Affine* q, std::size_t n) noexcept {
  Fp x0[kWidth], x1[kWidth], y0[kWidth], y1[kWidth];
  for (std::size_t i = 0; i < kWidth; ++i) {
    const G2Affine& point = q[i < n ? i : 0];
    x0[i] = point.x.c0;
    x1[i] = point.x.c1;
    y0[i] = point.y.c0;
    y1[i] = point.y.c1;
  }
  return {{gather(x0), gather(x1)}, {gather(y0), gather(y1)}};
}
constexpr LaneMask lanes_from(std::size_t n) noexcept { return static_cast<LaneMask>(n >= kWidth ? 0 : 0xffu << n); }

struct Line {
  F2 y, x, one;
};

class LineWalk {
 public:
  LineWalk() noexcept = default;
  explicit LineWalk(const G2Points& q) noexcept : q_(q), x_(q.x), y_(q.y), z_{L::one(), L::zero()} {}

  Line dbl_step() noexcept {
    const F2 b = sqr(y_), e = sqr(z_) * everywhere(dbl(kG2B) + kG2B), j = sqr(x_), xy = x_ * y_, yz = y_ * z_;
    const F2 h = tidy(times<2>(yz));
    const Line line{neg(h), tidy(times<3>(j)), tidy(e - b)};
    const F2 f = tidy(times<3>(e));
    x_ = carry(xy + xy) * tidy(b - f);
    y_ = tidy(widen(sqr(tidy(b + f))) - times<12>(sqr(e)));
    z_ = tidy(times<8>(F2(b * yz)));
    return line;
  }
  Line add_step(int sign) noexcept { return add_point(sign > 0 ? q_ : G2Points{q_.x, neg(q_.y)}); }
  Line frobenius_step(int power) noexcept {
    const auto& g = bn254::detail::kFrobenius.value;
    if (power == 1) return add_point({conjugate(q_.x) * everywhere(g[2]), conjugate(q_.y) * everywhere(g[3])});
    return add_point({scale(q_.x, everywhere(norm(g[2]))), q_.y});
  }

 private:
  static Sum<3> widen(const F2& a) noexcept { return {a.c0, a.c1}; }

  Line add_point(const G2Points& q) noexcept {
    const F2 theta = tidy(y_ - q.y * z_), lambda = tidy(x_ - q.x * z_);
    const F2 d = sqr(lambda), e = lambda * d, g = x_ * d;
    const F2 h = tidy(e + z_ * sqr(theta) - times<2>(g));
    const Line line{lambda, neg(theta), tidy(theta * q.x - lambda * q.y)};
    x_ = lambda * h;
    y_ = tidy(theta * tidy(g - h) - e * y_);
    z_ = z_ * e;
    return line;
  }

  G2Points q_;
  F2 x_, y_, z_;
};

// The product of the Miller functions of n pairs.
inline bn254::Fp12 miller_loop_var(const G1Affine* p, const G2Affine* q, std::size_t n) noexcept {
  constexpr std::size_t kGroups = 8;  // pairs that share the squarings of a lane
  bn254::Fp12 result = bn254::Fp12::one();
  for (std::size_t begin = 0; begin < n; begin += kGroups * kWidth) {
    const std::size_t count = std::min(kGroups * kWidth, n - begin), groups = (count + kWidth - 1) / kWidth;
    LineWalk walks[kGroups];
    G1Points points[kGroups];
    for (std::size_t g = 0; g < groups; ++g) {
      const std::size_t at = begin + kWidth * g;
      walks[g] = LineWalk(gather(q + at, n - at));
      points[g] = gather(p + at, n - at);
    }
    const LaneMask idle = lanes_from(count - kWidth * (groups - 1));
    Fp12 f = one();
    bn254::detail::for_each_line([&] { f = sqr(f); },
                                 [&](auto&& advance) {
                                   for (std::size_t g = 0; g < groups; ++g) {
                                     const Line line = advance(walks[g]);
                                     const Fp12 next =
                                         mul_line(f, scale(line.y, points[g].y), scale(line.x, points[g].x), line.one);
                                     f = g + 1 == groups && idle ? select(next, f, idle) : next;
                                   }
                                 });
    result = result * product(f);
  }
  return result;
}

struct G2Jacobians {
  F2 x, y, z;
};

namespace detail {

inline G2Jacobians dbl(const G2Jacobians& p) noexcept {
  const F2 a = sqr(p.x), b = sqr(p.y), c = sqr(b), d = tidy(times<4>(F2(p.x * b))), e = tidy(times<3>(a));
  const F2 x = tidy(sqr(e) - times<2>(d));
  return {x, tidy(e * tidy(d - x) - times<8>(c)), tidy(times<2>(F2(p.y * p.z)))};
}
// P + Q for P != +-Q; z is zero modulo p where they are equal or opposite or P is at infinity
inline G2Jacobians add(const G2Jacobians& p, const G2Points& q) noexcept {
  const F2 zz = sqr(p.z), h = tidy(q.x * zz - p.x), r = tidy(F2(q.y * p.z) * zz - p.y);
  const F2 hh = sqr(h), hhh = h * hh, v = p.x * hh, x = tidy(sqr(r) - hhh - times<2>(v));
  return {x, tidy(r * tidy(v - x) - p.y * hhh), p.z * h};
}
inline G2Jacobians add(const G2Jacobians& p, const G2Jacobians& q) noexcept {
  const F2 pz = sqr(p.z), qz = sqr(q.z), u = p.x * qz, s = F2(p.y * q.z) * qz;
  const F2 h = tidy(q.x * pz - u), r = tidy(F2(q.y * p.z) * pz - s);
  const F2 hh = sqr(h), hhh = h * hh, v = u * hh, x = tidy(sqr(r) - hhh - times<2>(v));
  return {x, tidy(r * tidy(v - x) - s * hhh), F2(p.z * q.z) * h};
}
inline G2Jacobians psi(const G2Jacobians& q) noexcept {
  const auto& g = bn254::detail::kFrobenius.value;
  return {conjugate(q.x) * everywhere(g[2]), conjugate(q.y) * everywhere(g[3]), conjugate(q.z)};
}
// lanes that hold the same point, neither at infinity
inline LaneMask equal(const G2Jacobians& p, const G2Jacobians& q) noexcept {
  const F2 pz = sqr(p.z), qz = sqr(q.z);
  return static_cast<LaneMask>(zero_mask(tidy(p.x * qz - q.x * pz)) &
                               zero_mask(tidy(F2(p.y * q.z) * qz - F2(q.y * p.z) * pz)));
}

}  // namespace detail

// Bit i: q[i] is in the subgroup, for n <= 8 points of the curve, none at infinity. The test is that of subgroup.h. A
// lane in which an addition met equal or opposite points, so that its z is zero from there on, is tested on its own.
inline LaneMask in_g2_var(const G2Affine* q, std::size_t n) noexcept {
  constexpr bn254::detail::Digits kDigits = bn254::detail::signed_digits({kU, 0}, 2);
  const G2Points points = gather(q, n), negative{points.x, neg(points.y)};
  G2Jacobians uq{points.x, points.y, {L::one(), L::zero()}};
  for (std::size_t i = kDigits.count - 1; i-- > 0;) {
    uq = detail::dbl(uq);
    if (const int digit = kDigits.digit[i]) uq = detail::add(uq, digit > 0 ? points : negative);
  }
  const G2Jacobians psi1 = detail::psi(uq), psi2 = detail::psi(psi1);
  const G2Jacobians left = detail::add(detail::add(detail::add(uq, points), psi1), psi2);
  const G2Jacobians right = detail::dbl(detail::psi(psi2));
  const LaneMask unclear = static_cast<LaneMask>(zero_mask(left.z) | zero_mask(right.z));
  LaneMask inside = static_cast<LaneMask>(detail::equal(left, right) & ~unclear);
  for (std::size_t i = 0; i < n; ++i)
    if ((unclear >> i) & 1) inside = static_cast<LaneMask>(inside | is_in_g2_var(q[i]) << i);
  return static_cast<LaneMask>(inside & ~lanes_from(n));
}

namespace detail {

struct G1Jacobians {
  L x, y, z;
};

[[gnu::noinline]] inline L mul1(const L& a, const L& b) noexcept { return lanes::mul(a, b); }
[[gnu::noinline]] inline L sqr1(const L& a) noexcept { return lanes::sqr(a); }
template <unsigned B>
[[gnu::noinline]] inline L tidy1(const lanes::Wide<P>& a) noexcept {
  return lanes::tidy<B>(a);
}

inline G1Jacobians dbl(const G1Jacobians& p) noexcept {
  using lanes::multiple, lanes::times, lanes::wide;
  const L a = sqr1(p.x), b = sqr1(p.y), c = sqr1(b), xb = mul1(p.x, b), d = tidy1<12>(times<4>(wide(xb)));
  const L e = tidy1<9>(times<3>(wide(a)));
  const L x = tidy1<9>(sqr1(e) - times<2>(wide(d)) + multiple<P, 6>());
  const L yz = mul1(p.y, p.z);
  return {x, tidy1<27>(mul1(e, tidy1<6>(d - x + multiple<P, 3>())) - times<8>(wide(c)) + multiple<P, 24>()),
          tidy1<6>(yz + yz)};
}
// P + Q for P != +-Q, neither at infinity
inline G1Jacobians add(const G1Jacobians& p, const G1Jacobians& q) noexcept {
  using lanes::multiple, lanes::times, lanes::wide;
  const L pz = sqr1(p.z), qz = sqr1(q.z), u = mul1(p.x, qz), s = mul1(mul1(p.y, q.z), qz);
  const L h = tidy1<6>(mul1(q.x, pz) - u + multiple<P, 3>());
  const L r = tidy1<6>(mul1(mul1(q.y, p.z), pz) - s + multiple<P, 3>());
  const L hh = sqr1(h), hhh = mul1(h, hh), v = mul1(u, hh);
  const L x = tidy1<12>(sqr1(r) - hhh - times<2>(wide(v)) + multiple<P, 9>());
  return {x, tidy1<6>(mul1(r, tidy1<6>(v - x + multiple<P, 3>())) - mul1(s, hhh) + multiple<P, 3>()),
          mul1(mul1(p.z, q.z), h)};
}
inline G1Jacobians select(const G1Jacobians& a, const G1Jacobians& b, LaneMask mask) noexcept {
  return {lanes::select(a.x, b.x, mask), lanes::select(a.y, b.y, mask), lanes::select(a.z, b.z, mask)};
}

// k of 128 bits in signed digits of four bits, -8 to 8, lowest first
inline constexpr std::size_t kDigits128 = 33;
inline void signed_nibbles(const std::uint64_t* k, std::int8_t* digits) noexcept {
  int carry = 0;
  for (std::size_t i = 0; i < kDigits128; ++i) {
    const int nibble = i < 32 ? static_cast<int>((k[i / 16] >> (4 * (i % 16))) & 15) : 0;
    const int digit = nibble + carry;
    carry = digit > 8;
    digits[i] = static_cast<std::int8_t>(digit - 16 * carry);
  }
}

}  // namespace detail

// out[i] <- k[i] p[i] for n <= 8 points of G1, none at infinity, and k[i] of 128 bits: signed windows of four bits in
// lockstep. No addition meets equal or opposite points: the running multiple is 16 m with m >= 1, a digit at most 8,
// and r > 2^130. k[i] = 0 gives infinity.
inline void mul128_var(const G1Affine* p, const std::uint64_t* k, std::size_t n, G1Affine* out) noexcept {
  std::int8_t digits[kWidth][detail::kDigits128] = {};
  for (std::size_t i = 0; i < n; ++i) detail::signed_nibbles(k + 2 * i, digits[i]);
  const G1Points points = gather(p, n);
  detail::G1Jacobians table[8];
  table[0] = {points.x, points.y, L::one()};
  table[1] = detail::dbl(table[0]);
  for (std::size_t d = 2; d < 8; ++d) table[d] = detail::add(table[d - 1], table[0]);
  detail::G1Jacobians sum = table[0];
  LaneMask started = 0;
  for (std::size_t w = detail::kDigits128; w-- > 0;) {
    if (started)
      for (int i = 0; i < 4; ++i) sum = detail::dbl(sum);
    detail::G1Jacobians term = table[0];
    LaneMask present = 0, negative = 0;
    for (int d = 1; d <= 8; ++d) {
      LaneMask mask = 0;
      for (std::size_t i = 0; i < n; ++i) {
        mask = static_cast<LaneMask>(mask | (digits[i][w] == d || digits[i][w] == -d) << i);
        negative = static_cast<LaneMask>(negative | (digits[i][w] < 0) << i);
      }
      term = detail::select(term, table[d - 1], mask);
      present = static_cast<LaneMask>(present | mask);
    }
    if (!present) continue;
    term.y = lanes::select(term.y, lanes::carry(lanes::multiple<P, 3>() - term.y), negative);
    const LaneMask first = static_cast<LaneMask>(present & ~started), add = static_cast<LaneMask>(present & started);
    if (add) sum = detail::select(sum, detail::add(sum, term), add);
    sum = detail::select(sum, term, first);
    started = static_cast<LaneMask>(started | present);
  }
  const L inverse = lanes::inverse_var(sum.z), inverse2 = detail::sqr1(inverse);
  Fp x[kWidth], y[kWidth];
  scatter(x, detail::mul1(sum.x, inverse2));
  scatter(y, detail::mul1(sum.y, detail::mul1(inverse, inverse2)));
  for (std::size_t i = 0; i < n; ++i) out[i] = (started >> i) & 1 ? G1Affine{x[i], y[i]} : G1Affine::infinity();
}

}  // namespace bn254::side_by_side
ASSAY_ISA_END
