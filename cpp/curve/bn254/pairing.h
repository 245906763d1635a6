// The optimal ate pairing of BN254, e: G1 x G2 -> GT, and products of pairings.
//
//   e(P, Q) = (f_{6u+2,Q}(P) l_{[6u+2]Q, pi Q}(P) l_{[6u+2]Q + pi Q, -pi^2 Q}(P))^((p^12 - 1) / r)
//
// Sources: Vercauteren, "Optimal pairings", IEEE Trans. Inf. Theory 56 (2010); point and line formulas in homogeneous
// coordinates: Aranha, Karabina, Longa, Gebotys, Lopez, "Faster explicit formulas for computing pairings over ordinary
// curves", EUROCRYPT 2011, section 4 (twist of type D); final exponentiation, the exact power: Scott, Benger,
// Charlemagne, Dominguez Perez, Kachisa, "On the final exponentiation for calculating pairings on ordinary elliptic
// curves", PAIRING 2009. All inputs are public and already checked to be in their groups: variable time. A pair with a
// point at infinity counts as 1. Cost in multiplications of F_p: about 8,500 a Miller loop, of which 2,400 are shared
// in a product, and 7,000 for the final exponentiation.
#pragma once

#include "curve/bn254/fp12.h"
#include "curve/bn254/g2.h"
#include "curve/bn254/lanes.h"

ASSAY_ISA_BEGIN
namespace bn254 {

namespace detail {

struct Digits {
  std::int8_t digit[67] = {};
  std::size_t count = 0, nonzero = 0;
};
consteval Digits signed_digits(Limbs<2> k, unsigned width) {
  Digits d;
  d.count = assay::detail::non_adjacent_form_var(d.digit, k.data(), 2, width);
  for (std::size_t i = 0; i < d.count; ++i) d.nonzero += d.digit[i] != 0;
  return d;
}
inline constexpr Digits kLoop = signed_digits({0x9d797039be763ba8, 1}, 2);  // 6 u + 2
inline constexpr Digits kUDigits = signed_digits({kU, 0}, 4);
static_assert(0x9d797039be763ba8 == 6 * kU + 2);  // mod 2^64

}  // namespace detail

// One line of the Miller loop before evaluation: l(P) = y yP + x xP w + one w^3
struct Line {
  Fp2 y, x, one;
};
inline constexpr std::size_t kLines = detail::kLoop.count - 1 + detail::kLoop.nonzero - 1 + 2;

// The lines of a fixed Q: what a verifier keeps of its key. About 17 KiB.
struct G2Prepared {
  Line lines[kLines];
  bool infinity;
};

namespace detail {

// The multiple of Q that the Miller loop carries, and the lines it meets
class LineWalk {
 public:
  LineWalk() noexcept = default;
  explicit LineWalk(const G2Affine& q) noexcept : q_(q), x_(q.x), y_(q.y), z_(Fp2::one()) {}

  // T <- 2 T
  Line dbl_step() noexcept {
    const Fp2 a = half(x_ * y_), b = sqr(y_), c = sqr(z_), e = c * kG2B3, f = dbl(e) + e;
    const Fp2 g = half(b + f), h = dbl(y_ * z_), j = sqr(x_), ee = sqr(e);
    const Line line{-h, dbl(j) + j, e - b};
    x_ = a * (b - f);
    y_ = sqr(g) - dbl(ee) - ee;
    z_ = b * h;
    return line;
  }
  // T <- T + Q or T - Q
  Line add_step(int sign) noexcept { return add_point(sign > 0 ? q_ : neg(q_)); }
  // T <- T + pi Q, then T - pi^2 Q
  Line frobenius_step(int power) noexcept {
    const auto& g = kFrobenius.value;
    if (power == 1) return add_point({conjugate(q_.x) * g[2], conjugate(q_.y) * g[3]});
    return add_point({q_.x * norm(g[2]), q_.y});
  }

 private:
  static constexpr Fp2 kG2B3 = dbl(kG2B) + kG2B;

  Line add_point(const G2Affine& q) noexcept {
    const Fp2 theta = y_ - q.y * z_, lambda = x_ - q.x * z_;
    const Fp2 d = sqr(lambda), e = lambda * d, g = x_ * d;
    const Fp2 h = e + z_ * sqr(theta) - dbl(g);
    const Line line{lambda, -theta, theta * q.x - lambda * q.y};
    x_ = lambda * h;
    y_ = theta * (g - h) - e * y_;
    z_ = z_ * e;
    return line;
  }

  G2Affine q_;
  Fp2 x_, y_, z_;
};

// The same interface over lines that were prepared
class PreparedWalk {
 public:
  PreparedWalk() noexcept = default;
  explicit PreparedWalk(const G2Prepared& q) noexcept : next_(q.lines) {}
  const Line& dbl_step() noexcept { return *next_++; }
  const Line& add_step(int) noexcept { return *next_++; }
  const Line& frobenius_step(int) noexcept { return *next_++; }

 private:
  const Line* next_ = nullptr;
};

// Calls step(walk) for each line in the order of the loop, square() before each doubling but the first.
template <class Square, class Step>
inline void for_each_line(Square&& square, Step&& step) noexcept {
  for (std::size_t i = kLoop.count - 1; i-- > 0;) {
    if (i != kLoop.count - 2) square();
    step([](auto& walk) -> decltype(auto) { return walk.dbl_step(); });
    if (const int digit = kLoop.digit[i]) step([digit](auto& walk) -> decltype(auto) { return walk.add_step(digit); });
  }
  step([](auto& walk) -> decltype(auto) { return walk.frobenius_step(1); });
  step([](auto& walk) -> decltype(auto) { return walk.frobenius_step(2); });
}

template <class Walk>
inline Fp12 miller_loop(Walk* walks, const G1Affine* points, std::size_t n) noexcept {
  Fp12 f = Fp12::one();
  for_each_line([&] { f = sqr(f); },
                [&](auto&& advance) {
                  for (std::size_t k = 0; k < n; ++k) {
                    const Line& line = advance(walks[k]);
                    f = mul_line(f, line.y * points[k].y, line.x * points[k].x, line.one);
                  }
                });
  return f;
}

}  // namespace detail

inline void prepare(G2Prepared& out, const G2Affine& q) noexcept {
  out.infinity = q.is_infinity();
  detail::LineWalk walk(q);
  Line* next = out.lines;
  detail::for_each_line([] {}, [&](auto&& advance) { *next++ = advance(walk); });
}

// The product of the Miller functions of n pairs; q[k] is G2Affine or a pointer to G2Prepared.
inline Fp12 miller_loop_var(const G1Affine* p, const G2Affine* q, std::size_t n) noexcept {
  constexpr std::size_t kChunk = 16;
  Fp12 product = Fp12::one();
  for (std::size_t k = 0; k < n;) {
    detail::LineWalk walks[kChunk];
    G1Affine points[kChunk];
    std::size_t used = 0;
    for (; k < n && used < kChunk; ++k) {
      if (p[k].is_infinity() || q[k].is_infinity()) continue;
      walks[used] = detail::LineWalk(q[k]);
      points[used++] = p[k];
    }
    if (used) product = product * detail::miller_loop(walks, points, used);
  }
  return product;
}
inline Fp12 miller_loop_var(const G1Affine* p, const G2Prepared* const* q, std::size_t n) noexcept {
  constexpr std::size_t kChunk = 16;
  Fp12 product = Fp12::one();
  for (std::size_t k = 0; k < n;) {
    detail::PreparedWalk walks[kChunk];
    G1Affine points[kChunk];
    std::size_t used = 0;
    for (; k < n && used < kChunk; ++k) {
      if (p[k].is_infinity() || q[k]->infinity) continue;
      walks[used] = detail::PreparedWalk(*q[k]);
      points[used++] = p[k];
    }
    if (used) product = product * detail::miller_loop(walks, points, used);
  }
  return product;
}

// The same, in lanes where the level has them.
inline Fp12 miller_product_var(const G1Affine* p, const G2Affine* q, std::size_t n) noexcept {
  const Bn254LanesKernel* lanes = bn254_lanes(n);
  if (lanes == nullptr) return miller_loop_var(p, q, n);
  constexpr std::size_t kChunk = 64;
  Fp12 product = Fp12::one();
  for (std::size_t k = 0; k < n;) {
    G1Affine g1[kChunk];
    G2Affine g2[kChunk];
    std::size_t used = 0;
    for (; k < n && used < kChunk; ++k) {
      if (p[k].is_infinity() || q[k].is_infinity()) continue;
      g1[used] = p[k];
      g2[used++] = q[k];
    }
    if (used == 0) continue;
    Fp12 f;
    lanes->miller(reinterpret_cast<const std::uint64_t*>(g1), reinterpret_cast<const std::uint64_t*>(g2), used,
                  reinterpret_cast<std::uint64_t*>(&f));
    product = product * f;
  }
  return product;
}

namespace detail {

// a^u, by signed windows: the inverse is the conjugate
inline Fp12 pow_u(const Fp12& a) noexcept {
  Fp12 odd[4];
  odd[0] = a;
  const Fp12 a2 = cyclotomic_sqr(a);
  for (int i = 1; i < 4; ++i) odd[i] = odd[i - 1] * a2;
  const auto power = [&](int digit) { return digit > 0 ? odd[digit / 2] : conjugate(odd[-digit / 2]); };
  Fp12 r = power(kUDigits.digit[kUDigits.count - 1]);
  for (std::size_t i = kUDigits.count - 1; i-- > 0;) {
    r = cyclotomic_sqr(r);
    if (const int digit = kUDigits.digit[i]) r = r * power(digit);
  }
  return r;
}

}  // namespace detail

// f^((p^12 - 1) / r), f != 0
inline Fp12 final_exponentiation_var(const Fp12& f) noexcept {
  // easy part: (p^6 - 1)(p^2 + 1)
  Fp12 a = conjugate(f) * inverse_var(f);
  a = frobenius(frobenius(a)) * a;
  // hard part: (p^4 - p^2 + 1) / r
  //   = p^3 + (6 u^2 + 1) p^2 - (36 u^3 + 18 u^2 + 12 u - 1) p - (36 u^3 + 30 u^2 + 18 u + 2)
  //   = the product y0 y1^2 y2^6 y3^12 y4^18 y5^30 y6^36 by the vectorial addition chain of the source
  const Fp12 au = detail::pow_u(a), au2 = detail::pow_u(au), au3 = detail::pow_u(au2);
  const Fp12 ap = frobenius(a), ap2 = frobenius(ap), au2p = frobenius(au2);
  const Fp12 y0 = ap * ap2 * frobenius(ap2), y1 = conjugate(a), y2 = frobenius(au2p), y3 = conjugate(frobenius(au)),
             y4 = conjugate(au * au2p), y5 = conjugate(au2), y6 = conjugate(au3 * frobenius(au3));
  Fp12 t0 = cyclotomic_sqr(y6) * y4 * y5;
  Fp12 t1 = y3 * y5 * t0;
  t0 = t0 * y2;
  t1 = cyclotomic_sqr(cyclotomic_sqr(t1) * t0);
  t0 = cyclotomic_sqr(t1 * y1);
  return t0 * (t1 * y0);
}

inline Fp12 pairing_var(const G1Affine& p, const G2Affine& q) noexcept {
  return final_exponentiation_var(miller_loop_var(&p, &q, 1));
}

}  // namespace bn254
ASSAY_ISA_END
