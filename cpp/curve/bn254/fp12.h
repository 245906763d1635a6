// F_{p^12} = F_{p^6}[w] / (w^2 - v) of BN254: c0 + c1 w, so w^6 = xi.
//
// Sources: Devegili et al., IACR ePrint 2006/471 (complex squaring); Granger, Scott, "Faster squaring in the cyclotomic
// subgroup of sixth degree extensions", PKC 2010, section 3.2. Cost in F_{p^2}: multiplication 18, squaring 12,
// cyclotomic squaring 6, product with a line 13. For public values: branches where the name says _var.
#pragma once

#include "curve/bn254/fp6.h"

ASSAY_ISA_BEGIN
namespace bn254 {

struct Fp12 {
  Fp6 c0, c1;

  static constexpr Fp12 one() noexcept { return {Fp6::one(), Fp6::zero()}; }
};

inline bool operator==(const Fp12& a, const Fp12& b) noexcept { return (a.c0 == b.c0) & (a.c1 == b.c1); }

inline Fp12 operator*(const Fp12& a, const Fp12& b) noexcept {
  const Fp6 v0 = a.c0 * b.c0, v1 = a.c1 * b.c1;
  return {v0 + mul_v(v1), (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1};
}

// (c0 + c1)(c0 + v c1) - (1 + v) c0 c1 + 2 c0 c1 w
inline Fp12 sqr(const Fp12& a) noexcept {
  const Fp6 product = a.c0 * a.c1;
  return {(a.c0 + a.c1) * (a.c0 + mul_v(a.c1)) - product - mul_v(product), product + product};
}

// a^(p^6); the inverse in the cyclotomic subgroup
inline Fp12 conjugate(const Fp12& a) noexcept { return {a.c0, -a.c1}; }

inline Fp12 inverse_var(const Fp12& a) noexcept {
  const Fp6 inv = inverse_var(sqr(a.c0) - mul_v(sqr(a.c1)));
  return {a.c0 * inv, -(a.c1 * inv)};
}

// a (l0 + l1 w + l3 w^3), the shape of a line
inline Fp12 mul_line(const Fp12& a, const Fp2& l0, const Fp2& l1, const Fp2& l3) noexcept {
  const Fp6 v0 = a.c0 * l0, v1 = mul_01(a.c1, l1, l3);
  return {v0 + mul_v(v1), mul_01(a.c0 + a.c1, l0 + l1, l3) - v0 - v1};
}

namespace detail {

// xi^(k (p - 1) / 6) for k = 0..5: w^(k p) = w^k times this
struct FrobeniusTable {
  Fp2 value[6];
};
consteval FrobeniusTable frobenius_table() {
  constexpr auto e = params::divide_exact(params::sub_small(Bn254FpParams::modulus, 1), 6);
  FrobeniusTable t{};
  t.value[0] = Fp2::one();
  t.value[1] = pow_var(kXi, e.data(), e.size());
  for (int k = 2; k < 6; ++k) t.value[k] = t.value[k - 1] * t.value[1];
  return t;
}
inline constexpr FrobeniusTable kFrobenius = frobenius_table();
static_assert(pow_var(kFrobenius.value[1], Limbs<1>{6}.data(), 1) * kXi == conjugate(kXi));  // xi^(p-1) xi = xi^p

}  // namespace detail

// a^p
inline Fp12 frobenius(const Fp12& a) noexcept {
  const auto& g = detail::kFrobenius.value;
  return {{conjugate(a.c0.c0), conjugate(a.c0.c1) * g[2], conjugate(a.c0.c2) * g[4]},
          {conjugate(a.c1.c0) * g[1], conjugate(a.c1.c1) * g[3], conjugate(a.c1.c2) * g[5]}};
}

// The square of an element of the cyclotomic subgroup, of order p^4 - p^2 + 1 (unchecked)
inline Fp12 cyclotomic_sqr(const Fp12& a) noexcept {
  // (x + y s)^2 = x^2 + xi y^2 + 2 x y s in F_{p^4} = F_{p^2}[s] / (s^2 - xi)
  const auto sqr4 = [](Fp2& even, Fp2& odd, const Fp2& x, const Fp2& y) {
    const Fp2 xy = x * y;
    even = (x + y) * (x + mul_xi(y)) - xy - mul_xi(xy);
    odd = dbl(xy);
  };
  const auto minus = [](const Fp2& t, const Fp2& z) { return dbl(t - z) + t; };  // 3 t - 2 z
  const auto plus = [](const Fp2& t, const Fp2& z) { return dbl(t + z) + t; };   // 3 t + 2 z
  Fp2 t0, t1, t2, t3, t4, t5;
  sqr4(t0, t1, a.c0.c0, a.c1.c1);
  sqr4(t2, t3, a.c1.c0, a.c0.c2);
  sqr4(t4, t5, a.c0.c1, a.c1.c2);
  return {{minus(t0, a.c0.c0), minus(t2, a.c0.c1), minus(t4, a.c0.c2)},
          {plus(mul_xi(t5), a.c1.c0), plus(t1, a.c1.c1), plus(t3, a.c1.c2)}};
}

// a^e in the cyclotomic subgroup, for a public exponent of any length
inline Fp12 cyclotomic_pow_var(const Fp12& a, const std::uint64_t* e, std::size_t words) noexcept {
  Fp12 r = Fp12::one();
  for (std::size_t i = 64 * words; i-- > 0;) {
    r = cyclotomic_sqr(r);
    if ((e[i / 64] >> (i % 64)) & 1) r = r * a;
  }
  return r;
}

}  // namespace bn254
ASSAY_ISA_END
