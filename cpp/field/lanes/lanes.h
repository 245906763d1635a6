// Eight elements of a prime field F_p side by side, in Montgomery form and radix 2^52: lane i of Lanes<P> holds
//
//   sum limb[j] 2^(52 j) = x R mod p, up to a multiple of p,   R = 2^(52 K), K = ceil((bits of p + 2) / 52)
//
// Bounds. A Lanes value has limbs below 2^52 ("normalised") and is below 2^(52 K); how many p it may reach is written
// where it matters as <k p>. A Wide value has signed limbs and is what sums and differences give, without carries; it
// must go through carry() before it is multiplied.
//   mul, sqr      inputs <A p>, <B p> with A B <= 2^(52 K) / p (84 for BN254): the result is <3 p>
//   a + b, a - b  Wide; up to 2^10 terms
//   carry(w)      normalises; the value must lie in [0, 2^(52 K)): add multiple<k>() where it could be negative
//   reduce(a)     <4 p> to [0, p)
// Source of the multiplication: Montgomery (1985), columns of Gueron, Krasnov, "Software implementation of modular
// exponentiation, using advanced vector instructions architectures", WAIFI 2012. Constant time. Results may alias.
// Nothing depends on a number of limbs: tests/fuzz runs K = 5 (BN254) and 8 (BLS12-381's F_p).
// Cost for eight: mul 2 K^2 + 2 K^2 + K half products and about 7 K sums; sqr K^2 - K half products less.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "field/fe.h"
#include "field/lanes/product.h"

ASSAY_ISA_BEGIN

namespace lanes {

namespace detail {

template <std::size_t N>
consteval std::size_t bit_length(const Limbs<N>& a) {
  std::size_t bits = 64 * N;
  while (bits > 0 && ((a[(bits - 1) / 64] >> ((bits - 1) % 64)) & 1) == 0) --bits;
  return bits;
}

// limb j of a in radix 2^52
template <std::size_t N>
constexpr std::uint64_t limb52(const Limbs<N>& a, std::size_t j) {
  const std::size_t bit = kRadixBits * j, word = bit / 64, shift = bit % 64;
  if (word >= N) return 0;
  std::uint64_t x = a[word] >> shift;
  if (shift != 0 && word + 1 < N) x |= a[word + 1] << (64 - shift);
  return x & kRadixMask;
}

}  // namespace detail

// What lane arithmetic derives from a modulus.
template <class P>
struct Radix52 {
  static constexpr std::size_t K = (detail::bit_length(P::modulus) + 2 + kRadixBits - 1) / kRadixBits;
  static constexpr std::uint64_t neg_inverse = Montgomery<P>::neg_inverse & kRadixMask;     // -p^-1 mod 2^52
  static constexpr Limbs<P::N> one = params::power_of_two_mod(kRadixBits * K, P::modulus);  // R mod p
  // x -> mul(x, enter) takes a Montgomery form with 2^(64 N) (Fe) to this one, leave takes it back: R^2 / 2^(64 N),
  // 2^(64 N)
  static constexpr Limbs<P::N> enter = params::power_of_two_mod(2 * kRadixBits * K - 64 * P::N, P::modulus);
  static constexpr Limbs<P::N> leave = params::power_of_two_mod(64 * P::N, P::modulus);

  // q = (k p + 1) / 2^52 with k = -p^-1 mod 2^52, below p: t + (t mod 2^52) (2^52 q - 1) clears the low limb of t
  static constexpr std::array<std::uint64_t, K> clearing() {
    std::array<std::uint64_t, K> r{};
    u128 carry = 1;
    for (std::size_t j = 0; j <= K; ++j) {
      carry += static_cast<u128>(neg_inverse) * detail::limb52(P::modulus, j);
      if (j > 0) r[j - 1] = static_cast<std::uint64_t>(carry) & kRadixMask;
      carry >>= kRadixBits;
    }
    return r;
  }

  // limbs of k p
  static constexpr std::array<std::uint64_t, K> multiple(std::uint64_t k) {
    std::array<std::uint64_t, K> r{};
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < K; ++j) {
      const std::uint64_t t = k * detail::limb52(P::modulus, j) + carry;  // k < 2^11
      r[j] = j + 1 < K ? t & kRadixMask : t;
      carry = t >> kRadixBits;
    }
    return r;
  }
};

template <class P>
struct Wide {
  static constexpr std::size_t K = Radix52<P>::K;
  Word limb[K];
};

template <class P>
struct Lanes {
  using Params = P;
  static constexpr std::size_t K = Radix52<P>::K;
  Word limb[K];

  ASSAY_LANES_INLINE operator Wide<P>() const noexcept {
    Wide<P> w;
    for (std::size_t j = 0; j < K; ++j) w.limb[j] = limb[j];
    return w;
  }
  // the same element in every lane, from limbs of the representation
  static ASSAY_LANES_INLINE Lanes raw(const Limbs<P::N>& a) noexcept {
    Lanes r;
    for (std::size_t j = 0; j < K; ++j) r.limb[j] = broadcast(detail::limb52(a, j));
    return r;
  }
  static ASSAY_LANES_INLINE Lanes zero() noexcept { return raw({}); }
  static ASSAY_LANES_INLINE Lanes one() noexcept { return raw(Radix52<P>::one); }
};

// k p, for keeping differences positive
template <class P, std::uint64_t k>
ASSAY_LANES_INLINE Wide<P> multiple() noexcept {
  constexpr auto limbs = Radix52<P>::multiple(k);
  Wide<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < r.K; ++j) r.limb[j] = broadcast(limbs[j]);
  return r;
}

template <class P>
ASSAY_LANES_INLINE Wide<P> add(const Wide<P>& a, const Wide<P>& b) noexcept {
  Wide<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < r.K; ++j) r.limb[j] = a.limb[j] + b.limb[j];
  return r;
}
template <class P>
ASSAY_LANES_INLINE Wide<P> sub(const Wide<P>& a, const Wide<P>& b) noexcept {
  Wide<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < r.K; ++j) r.limb[j] = a.limb[j] - b.limb[j];
  return r;
}
template <class T>
concept Operand = requires(T t) {
  T::K;
  t.limb[0];
};
template <class P>
ASSAY_LANES_INLINE const Wide<P>& wide(const Wide<P>& a) noexcept {
  return a;
}
template <class P>
ASSAY_LANES_INLINE Wide<P> wide(const Lanes<P>& a) noexcept {
  return a;
}
template <Operand A, Operand B>
ASSAY_LANES_INLINE auto operator+(const A& a, const B& b) noexcept {
  return add(wide(a), wide(b));
}
template <Operand A, Operand B>
ASSAY_LANES_INLINE auto operator-(const A& a, const B& b) noexcept {
  return sub(wide(a), wide(b));
}

template <class P>
ASSAY_LANES_INLINE Lanes<P> carry(const Wide<P>& a) noexcept {
  const Word mask = broadcast(kRadixMask);
  Lanes<P> r;
  Word up = a.limb[0];
#pragma GCC unroll 8
  for (std::size_t j = 0; j + 1 < r.K; ++j) {
    r.limb[j] = up & mask;
    up = a.limb[j + 1] + shift_right_signed<kRadixBits>(up);
  }
  r.limb[r.K - 1] = up;
  return r;
}

namespace detail {

// How many low and high halves of a K x K product fall into column c.
constexpr unsigned lows(std::size_t K, std::size_t c) {
  unsigned n = 0;
  for (std::size_t i = 0; i < K; ++i) n += c >= i && c - i < K;
  return n;
}
constexpr unsigned highs(std::size_t K, std::size_t c) { return c == 0 ? 0 : lows(K, c - 1); }
// the same of the products i < j
constexpr unsigned cross_lows(std::size_t K, std::size_t c) { return (lows(K, c) - (c % 2 == 0 && c / 2 < K)) / 2; }
constexpr unsigned cross_highs(std::size_t K, std::size_t c) { return c == 0 ? 0 : cross_lows(K, c - 1); }

// What a reduction adds to column c: K low halves in each of the columns i + 1, ..., i + K for i < K - 1 (q), and in
// K - 1, ..., 2 K - 2 (p), each high half one column further.
constexpr unsigned reduction_lows(std::size_t K, std::size_t c) {
  unsigned n = c + 1 >= K && c < 2 * K - 1;
  for (std::size_t i = 0; i + 1 < K; ++i) n += c > i && c <= i + K;
  return n;
}

constexpr unsigned reduction_highs(std::size_t K, std::size_t c) { return c == 0 ? 0 : reduction_lows(K, c - 1); }

// Columns before `terms` products are added and the whole reduced.
template <std::size_t K>
ASSAY_LANES_INLINE void start_columns(Word* t, unsigned terms) noexcept {
#pragma GCC unroll 16
  for (std::size_t c = 0; c < 2 * K; ++c)
    t[c] =
        broadcast(column_start(terms * lows(K, c) + reduction_lows(K, c), terms * highs(K, c) + reduction_highs(K, c)));
}

// t += x y 2^(52 i)
template <std::size_t K>
ASSAY_LANES_INLINE void add_row(Word* t, std::size_t i, const Factor& x, const Factor* y) noexcept {
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j) multiply_add(t[i + j], t[i + j + 1], x, y[j]);
}

// Clears column i, to which nothing may be added any more. Columns 0, ..., K - 2 by t_i (2^52 q - 1), which takes no
// quotient and leaves t < a b + 2^(52 K) p; column K - 1 by m p, so that (a b + 2 2^(52 K) p) / 2^(52 K) <= 3 p
// remains.
template <class P>
ASSAY_LANES_INLINE void clear_column(Word* t, std::size_t i) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  constexpr auto clearing = Radix52<P>::clearing();
  if (i + 1 < K) {
    const Factor m = low_factor(t[i]);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < K; ++j) multiply_add(t[i + j + 1], t[i + j + 2], m, factor(broadcast(clearing[j])));
  } else {
    const Factor m = low_factor(low_factor(t[i]), factor(broadcast(Radix52<P>::neg_inverse)));
#pragma GCC unroll 8
    for (std::size_t j = 0; j < K; ++j)
      multiply_add(t[i + j], t[i + j + 1], m, factor(broadcast(limb52(P::modulus, j))));
  }
  t[i + 1] = t[i + 1] + shift_right<kRadixBits>(t[i]);
}

// columns K, ..., 2 K - 1, normalised
template <class P>
ASSAY_LANES_INLINE Lanes<P> upper_half(const Word* t) noexcept {
  Wide<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < r.K; ++j) r.limb[j] = t[r.K + j];
  return carry(r);
}

template <class P>
struct Factors {
  Factor limb[Radix52<P>::K];
  ASSAY_LANES_INLINE explicit Factors(const Lanes<P>& a) noexcept {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < a.K; ++j) limb[j] = factor(a.limb[j]);
  }
};

}  // namespace detail

// a b / R. Rows of the product come between the columns of the reduction: each hides the latency of the other.
template <class P>
ASSAY_LANES_INLINE Lanes<P> mul(const Lanes<P>& a, const Lanes<P>& b) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  const detail::Factors<P> x(a), y(b);
  Word t[2 * K];
  detail::start_columns<K>(t, 1);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < K; ++i) {
    detail::add_row<K>(t, i, x.limb[i], y.limb);
    detail::clear_column<P>(t, i);
  }
  return detail::upper_half<P>(t);
}

// (a b + c d) / R with one reduction, for A B + C D <= 2^(52 K) / p
template <class P>
ASSAY_LANES_INLINE Lanes<P> mul_add(const Lanes<P>& a, const Lanes<P>& b, const Lanes<P>& c,
                                    const Lanes<P>& d) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  const detail::Factors<P> x(a), y(b), z(c), w(d);
  Word t[2 * K];
  detail::start_columns<K>(t, 2);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < K; ++i) {
    detail::add_row<K>(t, i, x.limb[i], y.limb);
    detail::add_row<K>(t, i, z.limb[i], w.limb);
    detail::clear_column<P>(t, i);
  }
  return detail::upper_half<P>(t);
}

// a^2 / R: the products of unequal limbs once, doubled
template <class P>
ASSAY_LANES_INLINE Lanes<P> sqr(const Lanes<P>& a) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  const detail::Factors<P> x(a);
  Word t[2 * K], cross[2 * K];
  detail::start_columns<K>(t, 1);
  for (Word& c : cross) c = broadcast(0);
#pragma GCC unroll 16
  for (std::size_t c = 0; c < 2 * K; ++c) {
#pragma GCC unroll 8
    for (std::size_t i = c < K ? 0 : c + 1 - K; 2 * i < c; ++i)
      multiply_add(cross[c], cross[c + 1], x.limb[i], x.limb[c - i]);
    if (c % 2 == 0) multiply_add(t[c], t[c + 1], x.limb[c / 2], x.limb[c / 2]);
    t[c] = t[c] + cross[c] + cross[c];
    if (c < K) detail::clear_column<P>(t, c);
  }
  return detail::upper_half<P>(t);
}

// lane i: mask bit i ? b : a
template <class P>
ASSAY_LANES_INLINE Lanes<P> select(const Lanes<P>& a, const Lanes<P>& b, LaneMask mask) noexcept {
  Lanes<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < r.K; ++j) r.limb[j] = select(a.limb[j], b.limb[j], mask);
  return r;
}

// a, or a - k p where that is not negative
template <std::uint64_t k, class P>
ASSAY_LANES_INLINE Lanes<P> subtract_if_at_least(const Lanes<P>& a) noexcept {
  const Lanes<P> less = carry(a - multiple<P, k>());
  return select(less, a, negative_mask(less.limb[Lanes<P>::K - 1]));
}

// <4 p> to [0, p)
template <class P>
ASSAY_LANES_INLINE Lanes<P> reduce(const Lanes<P>& a) noexcept {
  return subtract_if_at_least<1>(subtract_if_at_least<2>(a));
}

// lanes whose value is exactly zero
template <class P>
ASSAY_LANES_INLINE LaneMask zero_mask(const Lanes<P>& a) noexcept {
  Word any = a.limb[0];
  for (std::size_t j = 1; j < a.K; ++j) any = any | a.limb[j];
  return zero_mask(any);
}

// Packing: N words of 64 bits a lane, word j of all lanes in w[j], to K limbs and back. Values below 2^(64 N).
template <class P>
ASSAY_LANES_INLINE Lanes<P> split(const Word* w) noexcept {
  const Word mask = broadcast(kRadixMask);
  return [&]<std::size_t... J>(std::index_sequence<J...>) {
    const auto limb = [&]<std::size_t j>() {
      constexpr std::size_t word = kRadixBits * j / 64, shift = kRadixBits * j % 64;
      Word x = w[word];
      if constexpr (shift != 0) x = shift_right<shift>(x);
      if constexpr (shift > 64 - kRadixBits && word + 1 < P::N) x = x | shift_left<64 - shift>(w[word + 1]);
      return shift == 64 - kRadixBits ? x : x & mask;
    };
    return Lanes<P>{{limb.template operator()<J>()...}};
  }(std::make_index_sequence<Radix52<P>::K>{});
}

template <class P>
ASSAY_LANES_INLINE void join(const Lanes<P>& a, Word* w) noexcept {
  [&]<std::size_t... J>(std::index_sequence<J...>) {
    const auto word = [&]<std::size_t j>() {
      constexpr std::size_t first = 64 * j / kRadixBits, shift = 64 * j % kRadixBits;
      Word x = a.limb[first];
      if constexpr (shift != 0) x = shift_right<shift>(x);
      x = x | shift_left<kRadixBits - shift>(a.limb[first + 1]);
      if constexpr (2 * kRadixBits - shift < 64 && first + 2 < Radix52<P>::K)
        x = x | shift_left<2 * kRadixBits - shift>(a.limb[first + 2]);
      w[j] = x;
    };
    (word.template operator()<J>(), ...);
  }(std::make_index_sequence<P::N>{});
}

}  // namespace lanes

ASSAY_ISA_END
