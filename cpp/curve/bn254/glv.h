// Scalar multiplication in G1 and G2 with the endomorphism phi(x, y) = (beta x, y), beta^3 = 1: half the doublings.
//
// On both groups phi is multiplication by lambda, lambda^2 + lambda + 1 = 0 mod r, with beta the matching one of the
// two cube roots of unity in F_p. k = k1 + k2 lambda mod r from the lattice of (a, b) with a + b lambda = 0 mod r,
// spanned by
//   (6 u^2 + 4 u + 1, 2 u + 1) and (2 u + 1, -(6 u^2 + 2 u)),  of determinant -r:
//
//   c1 = floor(k g1 / 2^256),  g1 = floor(2^256 (6 u^2 + 2 u) / r)
//   c2 = floor(k g2 / 2^256),  g2 = floor(2^256 (2 u + 1) / r)
//   k1 = k - c1 (6 u^2 + 4 u + 1) - c2 (2 u + 1)
//   k2 = c2 (6 u^2 + 2 u) - c1 (2 u + 1)
//
// c1 and c2 fall short of the exact quotients by less than 2, so 0 <= k1 < 2^128 and |k2| < 2^128.
// Source: Gallant, Lambert, Vanstone, CRYPTO 2001; Galbraith, Scott, "Exponentiation in pairing-friendly groups using
// homomorphisms", Pairing 2008. Ours: rounding down, which fixes the sign of k1.
//
// Points must be in the group of order r: outside, in E'(F_{p^2}), phi is no multiplication by lambda. k < r.
// mul_glv: constant time in k, about 2300 multiplications in the field of the coordinates. mul_glv_var: about 1700.
#pragma once

#include "base/zeroize.h"
#include "curve/bn254/g2.h"

ASSAY_ISA_BEGIN
namespace bn254 {

// beta of G1; that of G2 is its square
template <class F>
inline constexpr Fp kGlvBeta =
    Fp::from_limbs_unchecked({0x5763473177fffffe, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac, 0});
template <>
inline constexpr Fp kGlvBeta<Fp2> = sqr(kGlvBeta<Fp>);
static_assert(kGlvBeta<Fp> * kGlvBeta<Fp2> == Fp::one());

// |k1|, |k2| as two limbs each; k2 < 0
struct GlvScalar {
  std::uint64_t k1[2], k2[2];
  std::uint64_t k2_negative;
};

namespace detail {

// r <- a b, sizes in limbs
template <std::size_t A, std::size_t B>
constexpr void multiply_limbs(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept {
  for (std::size_t i = 0; i < A + B; ++i) r[i] = 0;
  for (std::size_t i = 0; i < A; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < B; ++j) r[i + j] = mac(r[i + j], a[i], b[j], carry);
    r[i + B] = carry;
  }
}

// r <- r - a modulo 2^192
constexpr void subtract3(std::uint64_t* r, const std::uint64_t* a) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 3; ++i) r[i] = sbb(r[i], a[i], borrow);
}

}  // namespace detail

// k may be secret: the result is the caller's to wipe.
inline GlvScalar glv_split(const std::uint64_t* k) noexcept {
  constexpr std::uint64_t g1[3] = {0x7a7bd9d4391eb18d, 0x4ccef014a773d2cf, 2};
  constexpr std::uint64_t g2[2] = {0xd91d232ec7e0b3d7, 2};
  constexpr std::uint64_t a1[2] = {0x0be4e1541221250b, 0x6f4d8248eeb859fd};  // 6 u^2 + 4 u + 1
  constexpr std::uint64_t b2[2] = {0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc};  // 6 u^2 + 2 u
  constexpr std::uint64_t b1[1] = {0x89d3256894d213e3};                      // 2 u + 1
  struct {
    std::uint64_t product[7], c1[2], c2[2], x[4], y[4], k1[3], k2[4];
  } t{};
  const ZeroizeGuard wipe(t);
  detail::multiply_limbs<4, 3>(t.product, k, g1);
  t.c1[0] = t.product[4], t.c1[1] = t.product[5];
  detail::multiply_limbs<4, 2>(t.product, k, g2);
  t.c2[0] = t.product[4], t.c2[1] = t.product[5];
  // modulo 2^192 is enough: |k1|, |k2| < 2^128
  detail::multiply_limbs<2, 2>(t.x, t.c1, a1);
  detail::multiply_limbs<2, 1>(t.y, t.c2, b1);
  for (std::size_t i = 0; i < 3; ++i) t.k1[i] = k[i];
  detail::subtract3(t.k1, t.x);
  detail::subtract3(t.k1, t.y);
  detail::multiply_limbs<2, 2>(t.k2, t.c2, b2);
  detail::multiply_limbs<2, 1>(t.x, t.c1, b1);
  detail::subtract3(t.k2, t.x);
  const std::uint64_t negative = t.k2[2] >> 63, mask = 0 - negative;
  std::uint64_t carry = 0;
  GlvScalar out{{t.k1[0], t.k1[1]}, {}, negative};
  out.k2[0] = adc(t.k2[0] ^ mask, negative, carry);
  out.k2[1] = (t.k2[1] ^ mask) + carry;
  return out;
}

// k P with a denominator to be divided out; z = 0 for infinity. k may be secret: the caller's to wipe, as is the
// result.
template <class F>
inline Projective<F> mul_glv(const Affine<F>& point, const std::uint64_t* k, const F& b) noexcept {
  using assay::ASSAY_ISA::detail::add_complete;
  using assay::ASSAY_ISA::detail::dbl_complete;
  using assay::ASSAY_ISA::detail::select;
  GlvScalar split = glv_split(k);
  const ZeroizeGuard wipe_split(split);
  const F b3 = dbl(b) + b;
  const Projective<F> zero{F::zero(), F::one(), F::zero()};
  const Projective<F> p = select(Projective<F>{point.x, point.y, F::one()}, zero, point.is_infinity());
  Projective<F> table[16] = {zero, p};
  for (int i = 2; i < 16; ++i) table[i] = add_complete(table[i - 1], p, b3);
  const auto digit = [](const std::uint64_t* half, std::size_t i) noexcept {
    return (half[i / 16] >> (4 * (i % 16))) & 15;
  };
  Projective<F> sum = zero, term = zero;
  const ZeroizeGuard wipe_term(term);
  const auto look_up = [&](std::uint64_t d) noexcept {
    term = table[0];
    for (std::uint64_t j = 1; j < 16; ++j) term = select(term, table[j], ((d ^ j) - 1) >> 63);
  };
  for (std::size_t i = 32; i-- > 0;) {
    for (int j = 0; j < 4; ++j) sum = dbl_complete(sum, b3);
    look_up(digit(split.k1, i));
    sum = add_complete(sum, term, b3);
    look_up(digit(split.k2, i));
    term.x = term.x * kGlvBeta<F>;
    term.y = assay::ASSAY_ISA::select(term.y, -term.y, split.k2_negative);
    sum = add_complete(sum, term, b3);
  }
  return sum;
}

// k and the point public
template <class F>
inline Jacobian<F> mul_glv_var(const Affine<F>& point, const std::uint64_t* k) noexcept {
  constexpr unsigned kWidth = 5;
  constexpr std::size_t kOdd = 1 << (kWidth - 2);
  GlvScalar split = glv_split(k);
  std::int8_t digits[2][130] = {};
  const std::size_t n1 = assay::ASSAY_ISA::detail::non_adjacent_form_var(digits[0], split.k1, 2, kWidth);
  const std::size_t n2 = assay::ASSAY_ISA::detail::non_adjacent_form_var(digits[1], split.k2, 2, kWidth);
  Jacobian<F> odd[kOdd], mapped[kOdd];
  odd[0] = Jacobian<F>::from(point);
  const Jacobian<F> twice = dbl(odd[0]);
  for (std::size_t i = 1; i < kOdd; ++i) odd[i] = add(odd[i - 1], twice);
  for (std::size_t i = 0; i < kOdd; ++i) {
    mapped[i] = {odd[i].x * kGlvBeta<F>, odd[i].y, odd[i].z};
    if (split.k2_negative != 0) mapped[i].y = -mapped[i].y;
  }
  Jacobian<F> sum = Jacobian<F>::infinity();
  const auto add_digit = [&](const Jacobian<F>* table, int d) noexcept {
    if (d > 0) sum = add(sum, table[d / 2]);
    if (d < 0) sum = add(sum, neg(table[-d / 2]));
  };
  for (std::size_t i = n1 > n2 ? n1 : n2; i-- > 0;) {
    sum = dbl(sum);
    add_digit(odd, digits[0][i]);
    add_digit(mapped, digits[1][i]);
  }
  return sum;
}

}  // namespace bn254
ASSAY_ISA_END
