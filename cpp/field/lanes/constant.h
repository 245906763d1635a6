// Products by constants known beforehand (roots of unity, powers of a coset's shift), without Montgomery's form.
//
//   x c mod p = x c - floor(x c / p) p, where x c' / 2^(52 K) with c' = floor(2^(52 K) c / p) estimates the quotient:
// only the upper half of x c' and the lower halves of x c and of the quotient times p are computed.
// Source: V. Shoup's modular multiplication, as in Harvey, "Faster arithmetic for number-theoretic transforms", J.
// Symb. Comp. 60 (2014), section 2; here over K limbs and with an upper half that leaves columns out. The quotient is
// never too large, and too small by less than K + 2: x / 2^(52 K) for c' against 2^(52 K) c / p, which is below 1 by
// more than what follows; K + 2^-48 for the K low halves of column K - 1 and all columns below; less than 1 for
// rounding down.
//
//   mul(x, c)     x below 2^(52 K) (1 - 2^-48), <84 p> for BN254, c < p: Wide, <(K + 2) p>; x may be in any form, which
//                 it keeps
//   divide(x, k)  x / 2^k for k <= 52: below p + x / 2^k
// Constant time. Cost for eight: mul (3 K^2 + 5 K - 2) / 2 products, of which 4 K - 1 by one half alone;
// divide K + 1.
#pragma once

#include "field/lanes/quotient.h"

ASSAY_ISA_BEGIN

namespace lanes {

// c and floor(2^(52 K) c / p) as factors.
template <class P>
struct Constant {
  static constexpr std::size_t K = Radix52<P>::K;
  static constexpr std::size_t words = 2 * K;  // of a table, for each lane
  Factor value[K], quotient[K];

  // word j of the constant of lane i is p[j * stride + i]
  static ASSAY_LANES_INLINE Constant load(const std::uint64_t* p, std::size_t stride = kLanes) noexcept {
    Constant c;
#pragma GCC unroll 8
    for (std::size_t j = 0; j < K; ++j) {
      c.value[j] = from_bits(lanes::load(p + j * stride));
      c.quotient[j] = from_bits(lanes::load(p + (K + j) * stride));
    }
    return c;
  }
  // the constant at p, words `stride` apart, in every lane
  static ASSAY_LANES_INLINE Constant broadcast(const std::uint64_t* p, std::size_t stride = kLanes) noexcept {
    Constant c;
#pragma GCC unroll 8
    for (std::size_t j = 0; j < K; ++j) {
      c.value[j] = from_bits(lanes::broadcast(p[j * stride]));
      c.quotient[j] = from_bits(lanes::broadcast(p[(K + j) * stride]));
    }
    return c;
  }
  ASSAY_LANES_INLINE void store(std::uint64_t* p) const noexcept {
    for (std::size_t j = 0; j < K; ++j) {
      lanes::store(p + j * kLanes, bits(value[j]));
      lanes::store(p + (K + j) * kLanes, bits(quotient[j]));
    }
  }
};

namespace detail {

// p^-1 mod 2^(52 K)
template <class P>
consteval auto inverse_modulus() {
  constexpr std::size_t K = Radix52<P>::K;
  std::array<std::uint64_t, K> r{};
  std::array<std::uint64_t, K> rest{1};  // (1 - p r) / 2^(52 i), from limb i on
  for (std::size_t i = 0; i < K; ++i) {
    r[i] = (rest[i] * (0 - Radix52<P>::neg_inverse)) & kRadixMask;
    std::uint64_t borrow = 0;
    for (std::size_t j = i; j < K; ++j) {
      const u128 t = static_cast<u128>(r[i]) * limb52(P::modulus, j - i) + borrow;
      const std::uint64_t low = static_cast<std::uint64_t>(t) & kRadixMask;
      borrow = static_cast<std::uint64_t>(t >> kRadixBits) + (rest[j] < low);
      rest[j] = (rest[j] - low) & kRadixMask;
    }
  }
  return r;
}

// columns 0, ..., K - 1 of x y, added
template <std::size_t K>
ASSAY_LANES_INLINE void add_lower_half(Word* t, const Factor* x, const Factor* y) noexcept {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < K; ++i) {
#pragma GCC unroll 8
    for (std::size_t j = 0; i + j + 1 < K; ++j) multiply_add(t[i + j], t[i + j + 1], x[i], y[j]);
    add_low(t[K - 1], x[i], y[K - 1 - i]);
  }
}
template <std::size_t K>
ASSAY_LANES_INLINE void start_lower_half(Word* t, unsigned terms) noexcept {
#pragma GCC unroll 8
  for (std::size_t c = 0; c < K; ++c) t[c] = broadcast(column_start(terms * lows(K, c), terms * highs(K, c)));
}

}  // namespace detail

template <class P>
ASSAY_LANES_INLINE Wide<P> mul(const Lanes<P>& a, const Constant<P>& c) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  static_assert(4 * K < 64, "columns must stay below 2^6 2^52");
  static_assert(Radix52<P>::multiple(K + 2)[K - 1] < (kRadixMask >> 1), "the result must fit the limbs");
  constexpr auto modulus = detail::complement<K>(Radix52<P>::multiple(1));
  const detail::Factors<P> x(a);
  Word q[K + 1];  // columns K - 1, ..., 2 K - 1 of a c'
  q[0] = broadcast(column_start(0, K - 1));
#pragma GCC unroll 8
  for (std::size_t i = 1; i <= K; ++i)
    q[i] = broadcast(column_start(detail::lows(K, K - 1 + i), detail::highs(K, K - 1 + i)));
#pragma GCC unroll 8
  for (std::size_t i = 0; i < K; ++i) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < K; ++j) {
      if (i + j >= K) multiply_add(q[i + j + 1 - K], q[i + j + 2 - K], x.limb[i], c.quotient[j]);
      if (i + j + 2 == K || i + j + 1 == K) add_high(q[i + j + 2 - K], x.limb[i], c.quotient[j]);
    }
  }
  Wide<P> r;
  detail::start_lower_half<K>(r.limb, 2);
  detail::add_lower_half<K>(r.limb, x.limb, c.value);
  // r + 2^(52 K) q - q p
#pragma GCC unroll 8
  for (std::size_t i = 0; i < K; ++i) {
    q[i + 1] = q[i + 1] + shift_right<kRadixBits>(q[i]);
    const Factor m = low_factor(q[i + 1]);
#pragma GCC unroll 8
    for (std::size_t j = 0; i + j + 1 < K; ++j)
      multiply_add(r.limb[i + j], r.limb[i + j + 1], m, constant_factor(modulus[j]));
    add_low(r.limb[K - 1], m, constant_factor(modulus[K - 1 - i]));
  }
  detail::restore_top<K>(r.limb);
  return r;
}

// (a + m p) / 2^k with m = -a / p mod 2^k
template <class P>
ASSAY_LANES_INLINE Lanes<P> divide(const Lanes<P>& a, unsigned k) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  const Word mask = broadcast(kRadixMask), low_bits = broadcast((std::uint64_t{1} << k) - 1);
  Word quotient = broadcast(column_start(1, 0));
  add_low(quotient, factor(a.limb[0]), constant_factor(Radix52<P>::neg_inverse));
  const Factor m = factor(quotient & low_bits);
  Word t[K + 1];
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j) t[j] = a.limb[j] + broadcast(column_start(1, j > 0));
  t[K] = broadcast(column_start(0, 1));
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j) multiply_add(t[j], t[j + 1], m, constant_factor(detail::limb52(P::modulus, j)));
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j) t[j + 1] = t[j + 1] + shift_right<kRadixBits>(t[j]);
  Lanes<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j)
    r.limb[j] = (shift_right(t[j] & mask, k) | shift_left(t[j + 1], kRadixBits - k)) & mask;
  return r;
}

// The constant of a plain integer c < p, given r = 2^(52 K) c mod p below p: 2^(52 K) c - r = c' p, so that
// c' = -r / p mod 2^(52 K).
template <class P>
ASSAY_LANES_INLINE Constant<P> make_constant(const Lanes<P>& c, const Lanes<P>& r) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  constexpr auto inverse = detail::complement<K>(detail::inverse_modulus<P>());
  const detail::Factors<P> x(c), y(r);
  Factor z[K];
  for (std::size_t j = 0; j < K; ++j) z[j] = constant_factor(inverse[j]);
  Wide<P> q;
  detail::start_lower_half<K>(q.limb, 1);
  detail::add_lower_half<K>(q.limb, y.limb, z);
  const Lanes<P> quotient = carry(q);
  Constant<P> result;
  for (std::size_t j = 0; j < K; ++j) {
    result.value[j] = x.limb[j];
    result.quotient[j] = low_factor(quotient.limb[j]);
  }
  return result;
}

// the same from a Montgomery form 2^(64 N) c (Fe), below p
template <class P>
ASSAY_LANES_INLINE Constant<P> constant_of_montgomery(const Lanes<P>& fe) noexcept {
  constexpr std::size_t K = Radix52<P>::K, N = P::N;
  constexpr auto to_plain = params::power_of_two_mod(52 * K - 64 * N, P::modulus);  // times 2^-(52 K) by mul
  return make_constant(reduce(mul(fe, Lanes<P>::raw(to_plain))), reduce(mul(fe, Lanes<P>::raw(Radix52<P>::enter))));
}

}  // namespace lanes

ASSAY_ISA_END
