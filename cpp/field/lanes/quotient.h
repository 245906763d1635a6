// A value less q p, with the quotient q guessed from the top limb alone: what keeps sums and products within the bounds
// of field/lanes/lanes.h where reduce() would cost more. Results are congruent modulo p and not negative.
//
//               takes                                        gives                  eight cost
//   shrink(x)   x <h p>, h + 3 at most the top limb of p     Wide <2 p>             K + 1 products, 2 of them by one
//   half tidy<B>(w)  w in [0, B p)                                <2 p>                  the same and a carry()
//   settle(w)   w in [0, 8 2^bits), 2^bits next above p      <(1 + 2^bits / p) p>   K picks from tables and a carry()
//
// Columns of w below the top stay below 64 2^52 on either side (16 2^52 for settle, and w by 32 2^(52 (K - 1)) below
// its bound). For BN254 shrink takes all that carry() has normalised; settle takes <10.5 p> and gives <2.3 p>. Constant
// time.
#pragma once

#include "field/lanes/lanes.h"

ASSAY_ISA_BEGIN

namespace lanes {

namespace detail {

// 2^(52 K) - a
template <std::size_t K>
consteval std::array<std::uint64_t, K> complement(const std::array<std::uint64_t, K>& a) {
  std::array<std::uint64_t, K> r{};
  std::uint64_t carry = 1;
  for (std::size_t j = 0; j < K; ++j) {
    const std::uint64_t t = (~a[j] & kRadixMask) + carry;
    r[j] = t & kRadixMask;
    carry = t >> kRadixBits;
  }
  return r;
}

// Columns that hold a number in [0, 2^(52 K - 1)) modulo 2^(52 K), the lower ones below 2^7 2^52 on either side: the
// last column as it is in that number's sum.
template <std::size_t K>
ASSAY_LANES_INLINE void restore_top(Word* t) noexcept {
  const Word slack = broadcast(128);
  t[K - 1] = ((t[K - 1] + slack) & broadcast(kRadixMask)) - slack;
}

// floor(a / p) or one less, for a = top 2^(52 (K - 1)) + ... <h p>. With P the top limb of p, 2^s <= P < 2^(s + 1) and
// M = floor(2^(52 + s) / (P + 1)) below 2^52: q = floor(top M / 2^(52 + s)) is at most top / (P + 1) <= a / p, and
// a / p - q < (top + 1) / P - top / (P + 1) + top / 2^(52 + s) + 1 < 2 if h + 3 <= P. A top that is d too small, for
// carries it has not received, takes h + d + 3 <= P.
template <class P>
ASSAY_LANES_INLINE Factor top_quotient(const Word& top) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  constexpr std::uint64_t limb = Radix52<P>::multiple(1)[K - 1];
  constexpr unsigned shift = static_cast<unsigned>(std::bit_width(limb)) - 1;
  constexpr auto inverse = static_cast<std::uint64_t>((static_cast<u128>(1) << (kRadixBits + shift)) / (limb + 1));
  static_assert(inverse <= kRadixMask);
  Word q = broadcast(column_start(0, 1));
  add_high(q, factor(top), constant_factor(inverse));
  return factor(shift_right<shift>(q));
}

// a - q p in [0, 2^(52 K - 1)), as a + q (2^(52 K) - p) without what exceeds 2^(52 K)
template <class P>
ASSAY_LANES_INLINE Wide<P> subtract_multiple(const Wide<P>& a, const Factor& q) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  constexpr auto modulus = complement<K>(Radix52<P>::multiple(1));
  Wide<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j) r.limb[j] = a.limb[j] + broadcast(column_start(1, j > 0));
#pragma GCC unroll 8
  for (std::size_t j = 0; j + 1 < K; ++j) multiply_add(r.limb[j], r.limb[j + 1], q, constant_factor(modulus[j]));
  add_low(r.limb[K - 1], q, constant_factor(modulus[K - 1]));
  restore_top<K>(r.limb);
  return r;
}

// q_i p for q_i = floor(i 2^bits / p), i < 8: limb j of all in limb[j]
template <class P>
struct Quotients {
  alignas(64) std::uint64_t limb[Radix52<P>::K][kLanes];
  static constexpr unsigned kShift = bit_length(P::modulus) - kRadixBits * (Radix52<P>::K - 1);
  static_assert(kShift > 8);

  static constexpr Quotients make() {
    constexpr std::size_t K = Radix52<P>::K;
    Quotients t{};
    for (std::uint64_t i = 0; i < kLanes; ++i) {
      std::uint64_t q = 0;
      const auto at_most = [i](const std::array<std::uint64_t, K>& a) {  // a <= i 2^bits
        const std::uint64_t top = i << kShift;
        bool low = false;
        for (std::size_t j = 0; j + 1 < K; ++j) low |= a[j] != 0;
        return a[K - 1] < top || (a[K - 1] == top && !low);
      };
      while (at_most(Radix52<P>::multiple(q + 1))) ++q;
      const auto product = Radix52<P>::multiple(q);
      for (std::size_t j = 0; j < K; ++j) t.limb[j][i] = product[j];
    }
    return t;
  }
  // whether every q_i p lies below i 2^bits by more than `units` of the top limb
  constexpr bool apart(std::uint64_t units) const {
    for (std::uint64_t i = 1; i < kLanes; ++i)
      if (limb[Radix52<P>::K - 1][i] + 1 + units > i << kShift) return false;
    return true;
  }
};
template <class P>
inline constexpr Quotients<P> kQuotients = Quotients<P>::make();

}  // namespace detail

template <class P>
ASSAY_LANES_INLINE Wide<P> shrink(const Lanes<P>& a) noexcept {
  return detail::subtract_multiple<P>(a, detail::top_quotient<P>(a.limb[Lanes<P>::K - 1]));
}

// One p keeps the top limb positive when the carries it might lose are taken off; it might gain as many.
template <unsigned B, class P>
ASSAY_LANES_INLINE Lanes<P> tidy(const Wide<P>& a) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  constexpr std::uint64_t kCarries = 64;
  static_assert(Radix52<P>::multiple(B + 1)[K - 1] < kRadixMask - 2 * kCarries, "the value must fit the limbs");
  static_assert(B + 1 + 2 * kCarries + 3 <= Radix52<P>::multiple(1)[K - 1], "the top limb of p must tell the quotient");
  const Wide<P> r = a + multiple<P, 1>();
  return carry(detail::subtract_multiple<P>(r, detail::top_quotient<P>(r.limb[K - 1] - broadcast(kCarries))));
}

// The quotient q_i is that of i 2^bits, the multiple below. Carries may still change the top limb by less than 16: that
// makes i too large by one at most, for values so close below i 2^bits that they are above q_i p all the same.
template <class P>
ASSAY_LANES_INLINE Lanes<P> settle(const Wide<P>& a) noexcept {
  constexpr std::size_t K = Radix52<P>::K;
  constexpr std::uint64_t kCarries = 16;
  static_assert(detail::kQuotients<P>.apart(2 * kCarries));
  const Word index = shift_right<detail::Quotients<P>::kShift>(a.limb[K - 1] + broadcast(kCarries));
  Wide<P> r;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < K; ++j) r.limb[j] = a.limb[j] - pick(load(detail::kQuotients<P>.limb[j]), index);
  return carry(r);
}

}  // namespace lanes

ASSAY_ISA_END
