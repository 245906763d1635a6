// Products of eight elements side by side (field51.h), by 52-bit multipliers (field/lanes/product.h).
//
// A double-word product at 2^(51 (i + j)) is l + 2^51 h at level avx512, where l goes to column i + j and h to the
// next; elsewhere it is l + 2^52 h, whose upper half counts twice there. Column c + 5 is 19 times column c. Columns are
// finished one by one, which keeps few sums in registers. Instructions of level avx512: product 180, square 142.
#pragma once

#include <bit>

#include "curve/ed25519/field51.h"
#include "field/lanes/product.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

template <>
struct WordTraits<lanes::Word> {
  using Word = lanes::Word;
  static constexpr std::size_t kLanes = lanes::kLanes;
  static constexpr unsigned kDifferenceShift = 9;  // field51.h
  using Mask = lanes::LaneMask;
  static ASSAY_LANES_INLINE Word broadcast(std::uint64_t x) noexcept { return lanes::broadcast(x); }
  static ASSAY_LANES_INLINE Word load(const std::uint64_t* p) noexcept { return lanes::load(p); }
  static ASSAY_LANES_INLINE void store(std::uint64_t* p, const Word& a) noexcept { lanes::store(p, a); }
  template <unsigned Bits>
  static ASSAY_LANES_INLINE Word shift_right(const Word& a) noexcept {
    return lanes::shift_right<Bits>(a);
  }
  template <unsigned Bits>
  static ASSAY_LANES_INLINE Word shift_left(const Word& a) noexcept {
    return lanes::shift_left<Bits>(a);
  }
  static ASSAY_LANES_INLINE Mask zero_mask(const Word& a) noexcept { return lanes::zero_mask(a); }
  static ASSAY_LANES_INLINE Word select(const Word& a, const Word& b, Mask mask) noexcept {
    return lanes::select(a, b, mask);
  }
};

using Fe8 = Fe51<lanes::Word>;
using Wide8 = Wide<lanes::Word>;

namespace detail {

struct Factors51 {
  lanes::Factor limb[kLimbs51];
  ASSAY_LANES_INLINE explicit Factors51(const Fe8& a) noexcept {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kLimbs51; ++i) limb[i] = lanes::factor(a.limb[i]);
  }
};

// how many products i + j = c, and how many of them with i < j
constexpr unsigned terms(std::size_t c) noexcept { return static_cast<unsigned>(c < 5 ? c + 1 : c < 9 ? 9 - c : 0); }
constexpr unsigned cross_terms(std::size_t c) noexcept { return (terms(c) - (c % 2 == 0 && c < 9)) / 2; }
constexpr unsigned before(unsigned (*count)(std::size_t), std::size_t c) noexcept { return c == 0 ? 0 : count(c - 1); }

#if defined(ASSAY_ISA_AVX512)

// As in field/lanes/product.h, with the unit of the sum at 2^51: for a b < 2^103, toward zero,
//   h = fma(a, b, 2^103) = 2^103 + 2^51 floor(a b / 2^51),   l = fma(a, b, 2^103 + 2^52 - h) = 2^52 + (a b mod 2^51)
// with both halves in the low bits of their representations, whose exponents the columns begin without.
constexpr bool kHalvesMeet = true;
ASSAY_LANES_INLINE void split(lanes::Factor a, lanes::Factor b, lanes::Word& l, lanes::Word& h) noexcept {
  using lanes::detail::fma_toward_zero;
  const __m512d high = fma_toward_zero(a, b, _mm512_set1_pd(0x1p103));
  h.v = _mm512_castpd_si512(high);
  l.v = _mm512_castpd_si512(fma_toward_zero(a, b, _mm512_sub_pd(_mm512_set1_pd(0x1p103 + 0x1p52), high)));
}
ASSAY_LANES_INLINE void add_product(lanes::Word& low, lanes::Word& high, lanes::Factor a, lanes::Factor b) noexcept {
  lanes::Word l, h;
  split(a, b, l, h);
  high = high + h;
  low = low + l;
}
constexpr std::uint64_t kLowExponent = std::bit_cast<std::uint64_t>(0x1p52);
constexpr std::uint64_t kHighExponent = std::bit_cast<std::uint64_t>(0x1p103);
constexpr std::uint64_t column_start(unsigned lows, unsigned highs) noexcept {
  return 0 - lows * kLowExponent - highs * kHighExponent;
}
// of a column that is doubled before half a square is added, the lower half where c is even
constexpr std::uint64_t doubled_start(std::size_t c) noexcept {
  return column_start(cross_terms(c), before(cross_terms, c)) - (c % 2 == 0 ? kLowExponent : kHighExponent) / 2;
}

#else

constexpr bool kHalvesMeet = false;
ASSAY_LANES_INLINE void add_product(lanes::Word& low, lanes::Word& high, const lanes::Factor& a,
                                    const lanes::Factor& b) noexcept {
  lanes::multiply_add(low, high, a, b);
}
ASSAY_LANES_INLINE void split(const lanes::Factor& a, const lanes::Factor& b, lanes::Word& l, lanes::Word& h) noexcept {
  l = h = lanes::broadcast(0);
  add_product(l, h, a, b);
}
constexpr std::uint64_t column_start(unsigned, unsigned) noexcept { return 0; }
constexpr std::uint64_t doubled_start(std::size_t) noexcept { return 0; }

#endif

// Column c of its lower halves and the upper halves of column c - 1. Where halves meet they are summed as one.
struct ColumnSum {
  lanes::Word low, high;

  ASSAY_LANES_INLINE lanes::Word total() const noexcept { return kHalvesMeet ? low : low + high + high; }
  ASSAY_LANES_INLINE void begin_next(const lanes::Word& next) noexcept {
    low = kHalvesMeet ? next : lanes::broadcast(0);
    high = next;
  }
};

ASSAY_LANES_INLINE Wide8 fold(const lanes::Word (&t)[2 * kLimbs51]) noexcept {
  Wide8 r;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs51; ++i) r.limb[i] = t[i] + times19<lanes::Word>(t[i + kLimbs51]);
  return r;
}

ASSAY_LANES_INLINE Wide8 multiply(const Fe8& a, const Fe8& b) noexcept {
  using lanes::Word, lanes::broadcast;
  const Factors51 x(a), y(b);
  Word t[2 * kLimbs51];
  ColumnSum sum{broadcast(column_start(1, 0)), broadcast(0)};
#pragma GCC unroll 16
  for (std::size_t c = 0; c < 9; ++c) {
    Word next = broadcast(column_start(terms(c + 1), terms(c)));
#pragma GCC unroll 8
    for (std::size_t i = c < 5 ? 0 : c - 4; i <= c && i < 5; ++i) add_product(sum.low, next, x.limb[i], y.limb[c - i]);
    t[c] = sum.total();
    sum.begin_next(next);
  }
  t[9] = sum.total();
  return fold(t);
}

// The products of unequal limbs count twice.
ASSAY_LANES_INLINE Wide8 square(const Fe8& a) noexcept {
  using lanes::Word, lanes::broadcast;
  const Factors51 x(a);
  Word t[2 * kLimbs51], l, h;
  ColumnSum sum{broadcast(doubled_start(0)), broadcast(0)};
#pragma GCC unroll 16
  for (std::size_t c = 0; c < 10; ++c) {
    Word next = broadcast(doubled_start(c + 1));
#pragma GCC unroll 8
    for (std::size_t i = c < 5 ? 0 : c - 4; 2 * i < c; ++i) add_product(sum.low, next, x.limb[i], x.limb[c - i]);
    const Word cross = sum.total();
    if (c % 2 == 0) {
      split(x.limb[c / 2], x.limb[c / 2], l, h);
      t[c] = cross + cross + l;
    } else {
      t[c] = cross + cross + (kHalvesMeet ? h : h + h);
    }
    sum.begin_next(next);
  }
  return fold(t);
}

}  // namespace detail

// Out of line: the formulas of points would not fit the instruction cache otherwise.
[[gnu::noinline]] inline Wide8 mul_wide(const Fe8& a, const Fe8& b) noexcept { return detail::multiply(a, b); }
[[gnu::noinline]] inline Wide8 sqr_wide(const Fe8& a) noexcept { return detail::square(a); }
[[gnu::noinline]] inline Fe8 mul(const Fe8& a, const Fe8& b) noexcept { return carry(detail::multiply(a, b)); }
[[gnu::noinline]] inline Fe8 sqr(const Fe8& a) noexcept { return carry(detail::square(a)); }

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
