// Eight elements of F_{p^2}, F_{p^6}, F_{p^12} of BN254 side by side: the tower of fp2.h, fp6.h, fp12.h in lanes.
//
// Fp2<B> holds coefficients <B p>, Sum<B> the same without carries (field/lanes/lanes.h); bounds are followed by the
// types, so that a formula that would exceed them does not compile. Elements of F_{p^6} and F_{p^12} have coefficients
// <3 p>. A product in F_{p^2} is four products and two reductions (mul_add): with the reduction at the price of one
// product, Karatsuba's three and three save nothing. Cost in products of F_{p^2} as in the scalar tower.
#pragma once

#include "curve/bn254/fp12.h"
#include "field/lanes/inverse.h"
#include "field/lanes/quotient.h"
#include "field/lanes/small_multiple.h"

ASSAY_ISA_BEGIN
namespace bn254::side_by_side {

using P = Bn254FpParams;
using L = lanes::Lanes<P>;
using lanes::LaneMask;

template <unsigned B>
struct Sum {
  static constexpr unsigned kBound = B;
  lanes::Wide<P> c0, c1;
};
template <unsigned B>
struct Fp2 {
  static constexpr unsigned kBound = B;
  L c0, c1;
};
using F2 = Fp2<3>;

template <unsigned A, template <unsigned> class X, unsigned B, template <unsigned> class Y>
ASSAY_LANES_INLINE Sum<A + B> operator+(const X<A>& a, const Y<B>& b) noexcept {
  return {a.c0 + b.c0, a.c1 + b.c1};
}
// a - b + B p
template <unsigned A, template <unsigned> class X, unsigned B, template <unsigned> class Y>
ASSAY_LANES_INLINE Sum<A + B> operator-(const X<A>& a, const Y<B>& b) noexcept {
  return {a.c0 - b.c0 + lanes::multiple<P, B>(), a.c1 - b.c1 + lanes::multiple<P, B>()};
}
template <unsigned k, unsigned B, template <unsigned> class X>
ASSAY_LANES_INLINE Sum<k * B> times(const X<B>& a) noexcept {
  return {lanes::times<k>(lanes::wide(a.c0)), lanes::times<k>(lanes::wide(a.c1))};
}
// (9 c0 - c1) + (c0 + 9 c1) i
template <unsigned B, template <unsigned> class X>
ASSAY_LANES_INLINE Sum<10 * B> mul_xi(const X<B>& a) noexcept {
  return {lanes::times<9>(lanes::wide(a.c0)) - a.c1 + lanes::multiple<P, B>(),
          lanes::times<9>(lanes::wide(a.c1)) + a.c0};
}
template <unsigned B>
ASSAY_LANES_INLINE Fp2<B> carry(const Sum<B>& a) noexcept {
  static_assert(B <= 84);
  return {lanes::carry(a.c0), lanes::carry(a.c1)};
}
template <unsigned B>
ASSAY_LANES_INLINE F2 tidy(const Sum<B>& a) noexcept {
  return {lanes::tidy<B>(a.c0), lanes::tidy<B>(a.c1)};
}

// The bound of a sum of products whose bounds multiply to `products`: below products / 84 + 2.
constexpr unsigned reduced_bound(unsigned products) noexcept { return (products + 83) / 84 + 2; }

namespace detail {
[[gnu::noinline]] inline void mul(L* r, const L* a, const L* b, const L& minus_b1) noexcept {
  const L c0 = mul_add(a[0], b[0], a[1], minus_b1);
  r[1] = mul_add(a[0], b[1], a[1], b[0]);
  r[0] = c0;
}
[[gnu::noinline]] inline void mul_pairs(L* r, const L& a, const L& b, const L& c, const L& d) noexcept {
  const L ab = lanes::mul(a, b);
  r[1] = lanes::mul(c, d);
  r[0] = ab;
}
}  // namespace detail

template <unsigned A, unsigned B>
inline Fp2<reduced_bound(2 * A * B)> operator*(const Fp2<A>& a, const Fp2<B>& b) noexcept {
  Fp2<reduced_bound(2 * A * B)> r;
  detail::mul(&r.c0, &a.c0, &b.c0, lanes::carry(lanes::multiple<P, B>() - b.c1));
  return r;
}
// (c0 + c1)(c0 - c1) + 2 c0 c1 i
template <unsigned B>
inline Fp2<reduced_bound(4 * B * B)> sqr(const Fp2<B>& a) noexcept {
  Fp2<reduced_bound(4 * B * B)> r;
  detail::mul_pairs(&r.c0, lanes::carry(a.c0 + a.c1), lanes::carry(a.c0 - a.c1 + lanes::multiple<P, B>()),
                    lanes::carry(a.c0 + a.c0), a.c1);
  return r;
}
inline F2 scale(const F2& a, const L& s) noexcept {
  F2 r;
  detail::mul_pairs(&r.c0, a.c0, s, a.c1, s);
  return r;
}
ASSAY_LANES_INLINE F2 conjugate(const F2& a) noexcept { return {a.c0, lanes::carry(lanes::multiple<P, 3>() - a.c1)}; }
ASSAY_LANES_INLINE F2 neg(const F2& a) noexcept {
  return {lanes::carry(lanes::multiple<P, 3>() - a.c0), lanes::carry(lanes::multiple<P, 3>() - a.c1)};
}
ASSAY_LANES_INLINE F2 select(const F2& a, const F2& b, LaneMask mask) noexcept {
  return {lanes::select(a.c0, b.c0, mask), lanes::select(a.c1, b.c1, mask)};
}
// lanes that are zero modulo p
inline LaneMask zero_mask(const F2& a) noexcept {
  return static_cast<LaneMask>(lanes::zero_mask(lanes::reduce(a.c0)) & lanes::zero_mask(lanes::reduce(a.c1)));
}

// The same element in every lane: 16 x, as Fe holds it, has the limbs of x in lanes, for 2^260 = 16 2^256.
ASSAY_LANES_INLINE L everywhere(const Fp& a) noexcept {
  constexpr Fp kSixteen = Fp::from_u64(16);
  const Fp b = a * kSixteen;
  return L::raw({b.v[0], b.v[1], b.v[2], b.v[3]});
}
ASSAY_LANES_INLINE F2 everywhere(const bn254::Fp2& a) noexcept { return {everywhere(a.c0), everywhere(a.c1)}; }

// Lane k from a[k] and back.
inline L gather(const Fp* a) noexcept { return mul(lanes::load_rows<P>(a[0].v), L::raw(lanes::Radix52<P>::enter)); }
inline void scatter(Fp* a, const L& x) noexcept {
  lanes::store_rows(a[0].v, lanes::reduce(mul(x, L::raw(lanes::Radix52<P>::leave))));
}

struct Fp6 {
  F2 c0, c1, c2;
};
struct Fp12 {
  Fp6 c0, c1;
};

inline Fp6 add(const Fp6& a, const Fp6& b) noexcept {
  return {tidy(a.c0 + b.c0), tidy(a.c1 + b.c1), tidy(a.c2 + b.c2)};
}
// a + v b
inline Fp6 add_v(const Fp6& a, const Fp6& b) noexcept {
  return {tidy(a.c0 + mul_xi(b.c2)), tidy(a.c1 + b.c0), tidy(a.c2 + b.c1)};
}
// a - b - c
inline Fp6 sub(const Fp6& a, const Fp6& b, const Fp6& c) noexcept {
  return {tidy(a.c0 - b.c0 - c.c0), tidy(a.c1 - b.c1 - c.c1), tidy(a.c2 - b.c2 - c.c2)};
}

inline Fp6 operator*(const Fp6& a, const Fp6& b) noexcept {
  const F2 v0 = a.c0 * b.c0, v1 = a.c1 * b.c1, v2 = a.c2 * b.c2;
  const F2 t12 = carry(a.c1 + a.c2) * carry(b.c1 + b.c2), t01 = carry(a.c0 + a.c1) * carry(b.c0 + b.c1),
           t02 = carry(a.c0 + a.c2) * carry(b.c0 + b.c2);
  return {tidy(v0 + mul_xi(tidy(t12 - v1 - v2))), tidy(t01 - v0 - v1 + mul_xi(v2)), tidy(t02 - v0 - v2 + v1)};
}
inline Fp6 operator*(const Fp6& a, const F2& s) noexcept { return {a.c0 * s, a.c1 * s, a.c2 * s}; }
// a (b0 + b1 v)
template <unsigned B>
inline Fp6 mul_01(const Fp6& a, const Fp2<B>& b0, const F2& b1) noexcept {
  const F2 v0 = a.c0 * b0, v1 = a.c1 * b1;
  const F2 t12 = carry(a.c1 + a.c2) * b1;
  const auto t01 = carry(a.c0 + a.c1) * carry(b0 + b1);
  const F2 t02 = carry(a.c0 + a.c2) * b0;
  return {tidy(v0 + mul_xi(tidy(t12 - v1))), tidy(t01 - v0 - v1), tidy(t02 - v0 + v1)};
}

inline Fp12 sqr(const Fp12& a) noexcept {
  const Fp6 product = a.c0 * a.c1;
  const Fp6 square = add(a.c0, a.c1) * add_v(a.c0, a.c1);
  const Fp6 v_product{tidy(mul_xi(product.c2)), product.c0, product.c1};
  return {sub(square, product, v_product), add(product, product)};
}
// a (l0 + l1 w + l3 w^3)
inline Fp12 mul_line(const Fp12& a, const F2& l0, const F2& l1, const F2& l3) noexcept {
  const Fp6 v0 = a.c0 * l0, v1 = mul_01(a.c1, l1, l3);
  return {add_v(v0, v1), sub(mul_01(add(a.c0, a.c1), carry(l0 + l1), l3), v0, v1)};
}

inline Fp12 one() noexcept {
  const F2 zero{L::zero(), L::zero()};
  return {{{L::one(), L::zero()}, zero, zero}, {zero, zero, zero}};
}
// lane i: mask bit i ? b : a
inline Fp12 select(const Fp12& a, const Fp12& b, LaneMask mask) noexcept {
  const auto each = [mask](const Fp6& x, const Fp6& y) {
    return Fp6{select(x.c0, y.c0, mask), select(x.c1, y.c1, mask), select(x.c2, y.c2, mask)};
  };
  return {each(a.c0, b.c0), each(a.c1, b.c1)};
}

// The product of the eight lanes.
inline bn254::Fp12 product(const Fp12& a) noexcept {
  constexpr std::size_t kCoefficients = 12;
  static_assert(sizeof(Fp12) == kCoefficients * sizeof(L) && sizeof(bn254::Fp12) == kCoefficients * sizeof(Fp));
  const L* coefficient = &a.c0.c0.c0;
  bn254::Fp12 each[lanes::kLanes];
  for (std::size_t c = 0; c < kCoefficients; ++c) {
    Fp values[lanes::kLanes];
    scatter(values, coefficient[c]);
    for (std::size_t i = 0; i < lanes::kLanes; ++i) (&each[i].c0.c0.c0)[c] = values[i];
  }
  bn254::Fp12 r = each[0];
  for (std::size_t i = 1; i < lanes::kLanes; ++i) r = r * each[i];
  return r;
}

}  // namespace bn254::side_by_side
ASSAY_ISA_END
