// Scalar multiplication k P on y^2 = x^3 + b, for one point. k is an integer of `words` little-endian limbs, any value.
//
// mul_var: k and P public. Width-5 non-adjacent form with the odd multiples P, 3 P, ..., 15 P: for a 254-bit k about
// 254 doublings and 42 + 8 additions. mul: k secret. Fixed windows of 4 bits, the table read in full with masks, and
// the complete formulas of Renes, Costello, Batina ("Complete addition formulas for prime order elliptic curves",
// EUROCRYPT 2016, equations of section 3.3 for a = 0) in homogeneous coordinates x = X / Z, y = Y / Z: no branch and no
// address depends on k. They are complete in every group of odd order. About 64 words doublings and 16 words + 14
// additions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/zeroize.h"
#include "curve/weierstrass.h"

ASSAY_ISA_BEGIN

template <class F>
struct Projective {
  F x, y, z;
};

namespace detail {

template <class F>
constexpr Projective<F> add_complete(const Projective<F>& p, const Projective<F>& q, const F& b3) noexcept {
  const F xx = p.x * q.x, yy = p.y * q.y, zz3b = p.z * q.z * b3;
  const F xy = (p.x + p.y) * (q.x + q.y) - xx - yy;  // X1 Y2 + X2 Y1
  const F yz = p.y * q.z + q.y * p.z, xz = p.x * q.z + q.x * p.z;
  const F minus = yy - zz3b, plus = yy + zz3b, xx3 = dbl(xx) + xx;
  return {xy * minus - b3 * yz * xz, plus * minus + b3 * xx3 * xz, yz * plus + xx3 * xy};
}

template <class F>
constexpr Projective<F> dbl_complete(const Projective<F>& p, const F& b3) noexcept {
  const F yy = sqr(p.y), zz3b = sqr(p.z) * b3;
  const F minus = yy - dbl(zz3b) - zz3b;
  const F yy8 = dbl(dbl(dbl(yy)));
  return {dbl(p.x * p.y * minus), minus * (yy + zz3b) + yy8 * zz3b, yy8 * p.y * p.z};
}

template <class F>
constexpr Projective<F> select(const Projective<F>& a, const Projective<F>& b, std::uint64_t choice) noexcept {
  return {select(a.x, b.x, choice), select(a.y, b.y, choice), select(a.z, b.z, choice)};
}

}  // namespace detail

// k P with a denominator to be divided out; z = 0 for infinity. It tells about k: the caller's to wipe.
template <class F>
inline Projective<F> mul_projective(const Affine<F>& point, const std::uint64_t* k, std::size_t words,
                                    const F& b) noexcept {
  using detail::select;
  const F b3 = dbl(b) + b;
  const Projective<F> zero{F::zero(), F::one(), F::zero()};
  const Projective<F> p = select(Projective<F>{point.x, point.y, F::one()}, zero, point.is_infinity());
  Projective<F> table[16] = {zero, p};
  for (int i = 2; i < 16; ++i) table[i] = detail::add_complete(table[i - 1], p, b3);
  Projective<F> sum = zero, term = zero;
  const ZeroizeGuard wipe_term(term);
  for (std::size_t i = 16 * words; i-- > 0;) {
    for (int j = 0; j < 4; ++j) sum = detail::dbl_complete(sum, b3);
    const std::uint64_t digit = (k[i / 16] >> (4 * (i % 16))) & 15;
    term = table[0];
    for (std::uint64_t j = 1; j < 16; ++j) term = select(term, table[j], ((digit ^ j) - 1) >> 63);
    sum = detail::add_complete(sum, term, b3);
  }
  return sum;
}

template <class F>
inline Affine<F> mul(const Affine<F>& point, const std::uint64_t* k, std::size_t words, const F& b) noexcept {
  Projective<F> product = mul_projective(point, k, words, b);
  const ZeroizeGuard wipe(product);
  const F inv = inverse(product.z);  // 0 for infinity, which then becomes (0, 0)
  return {product.x * inv, product.y * inv};
}

namespace detail {

// Width-w non-adjacent form: digits[i] odd in (-2^(w-1), 2^(w-1)) or 0, k = sum digits[i] 2^i. `k` is used up. Returns
// the number of digits, at most 64 words + 1.
constexpr std::size_t non_adjacent_form_var(std::int8_t* digits, std::uint64_t* k, std::size_t words,
                                            unsigned w) noexcept {
  std::size_t n = 0;
  std::uint64_t top = 0;  // the carry of adding 2^w to k, above its words
  const auto more = [&] {
    std::uint64_t any = top;
    for (std::size_t i = 0; i < words; ++i) any |= k[i];
    return any != 0;
  };
  for (; more(); ++n) {
    std::int64_t d = 0;
    if (k[0] & 1) {
      d = static_cast<std::int64_t>(k[0] & ((std::uint64_t{1} << w) - 1));
      std::uint64_t carry = 0;
      if (d >= (std::int64_t{1} << (w - 1))) {
        d -= std::int64_t{1} << w;
        k[0] = adc(k[0], static_cast<std::uint64_t>(-d), carry);
        for (std::size_t i = 1; i < words; ++i) k[i] = adc(k[i], 0, carry);
        top += carry;
      } else {
        k[0] -= static_cast<std::uint64_t>(d);
      }
    }
    digits[n] = static_cast<std::int8_t>(d);
    for (std::size_t i = 0; i + 1 < words; ++i) k[i] = (k[i] >> 1) | (k[i + 1] << 63);
    k[words - 1] = (k[words - 1] >> 1) | (top << 63);
    top >>= 1;
  }
  return n;
}

}  // namespace detail

// words is at most 8.
template <class F>
inline Jacobian<F> mul_var(const Affine<F>& point, const std::uint64_t* k, std::size_t words) noexcept {
  constexpr unsigned kWidth = 5;
  constexpr std::size_t kMaxWords = 8;
  std::uint64_t rest[kMaxWords];
  std::int8_t digits[64 * kMaxWords + 1];
  for (std::size_t i = 0; i < words; ++i) rest[i] = k[i];
  const std::size_t n = detail::non_adjacent_form_var(digits, rest, words, kWidth);
  Jacobian<F> odd[1 << (kWidth - 2)];
  odd[0] = Jacobian<F>::from(point);
  const Jacobian<F> twice = dbl(odd[0]);
  for (int i = 1; i < 1 << (kWidth - 2); ++i) odd[i] = add(odd[i - 1], twice);
  Jacobian<F> sum = Jacobian<F>::infinity();
  for (std::size_t i = n; i-- > 0;) {
    sum = dbl(sum);
    if (digits[i] > 0) sum = add(sum, odd[digits[i] / 2]);
    if (digits[i] < 0) sum = add(sum, neg(odd[-digits[i] / 2]));
  }
  return sum;
}

ASSAY_ISA_END
