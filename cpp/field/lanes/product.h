// Products of 52-bit numbers, eight at a time, added to columns of 64 bits:
//
//   multiply_add(lo, hi, a, b):  lo += a b mod 2^52,  hi += floor(a b / 2^52)
//
// for 0 <= a, b < 2^52. A level supplies
//   Factor            a word in the form its multiplier takes; factor(a) for a < 2^52, low_factor(a) for a mod 2^52
//   column_start      what a column must hold before `lows` low and `highs` high halves are added to it
//   low_factor(a, b)  the factor a b mod 2^52
//   add_low, add_high one half of multiply_add
//   constant_factor   the factor of a number known when compiled, in every lane
//   bits, from_bits   a factor as the word a table keeps it in, and back; number: the number that it stands for
#pragma once

#include <bit>

#if defined(ASSAY_ISA_AVX512) || defined(ASSAY_ISA_IFMA)
#include "field/lanes/word_x86.h"
#elif defined(ASSAY_LANES_WORD)
#include ASSAY_LANES_WORD  // words and products of a test's own
#else
#include "field/lanes/word_model.h"
#endif

ASSAY_ISA_BEGIN

namespace lanes {

inline constexpr unsigned kRadixBits = 52;
inline constexpr std::uint64_t kRadixMask = (std::uint64_t{1} << kRadixBits) - 1;

#if defined(ASSAY_ISA_IFMA)

using Factor = Word;
ASSAY_LANES_INLINE Factor factor(const Word& a) noexcept { return a; }
ASSAY_LANES_INLINE Factor low_factor(const Word& a) noexcept { return a; }  // the instructions read 52 bits
ASSAY_LANES_INLINE Factor constant_factor(std::uint64_t a) noexcept { return broadcast(a); }
ASSAY_LANES_INLINE Word bits(const Factor& a) noexcept { return a; }
ASSAY_LANES_INLINE Factor from_bits(const Word& a) noexcept { return a; }
ASSAY_LANES_INLINE Word number(const Factor& a) noexcept { return a; }
constexpr std::uint64_t column_start(unsigned, unsigned) noexcept { return 0; }

ASSAY_LANES_INLINE void add_low(Word& lo, const Factor& a, const Factor& b) noexcept {
  lo.v = _mm512_madd52lo_epu64(lo.v, a.v, b.v);
}
ASSAY_LANES_INLINE void add_high(Word& hi, const Factor& a, const Factor& b) noexcept {
  hi.v = _mm512_madd52hi_epu64(hi.v, a.v, b.v);
}
ASSAY_LANES_INLINE void multiply_add(Word& lo, Word& hi, const Factor& a, const Factor& b) noexcept {
  lo.v = _mm512_madd52lo_epu64(lo.v, a.v, b.v);
  hi.v = _mm512_madd52hi_epu64(hi.v, a.v, b.v);
}
ASSAY_LANES_INLINE Factor low_factor(const Factor& a, const Factor& b) noexcept {
  return {_mm512_madd52lo_epu64(_mm512_setzero_si512(), a.v, b.v)};
}

#elif defined(ASSAY_ISA_AVX512)

// A double holds 53 bits and fma(a, b, c) rounds once. Toward zero, for integers a, b below 2^52,
//   h = fma(a, b, 2^104) = 2^104 + 2^52 floor(a b / 2^52), the high half in the low bits of its representation;
//   l = fma(a, b, 2^104 + 2^52 - h) = 2^52 + (a b mod 2^52), exact, the low half in the low bits of its representation.
// The representations are added as integers, and column_start takes off their exponents.
// Source: N. Emmart, "Faster modular exponentiation using double precision floating point arithmetic on the GPU",
// ARITH 2018, section III; the same for AVX-512 there is no word in it.
using Factor = __m512d;
inline constexpr double kTwo52 = 0x1p52, kTwo104 = 0x1p104;

ASSAY_LANES_INLINE Factor factor(const Word& a) noexcept { return _mm512_cvtepi64_pd(a.v); }
ASSAY_LANES_INLINE Factor low_factor(const Word& a) noexcept { return factor(a & broadcast(kRadixMask)); }
ASSAY_LANES_INLINE Factor constant_factor(std::uint64_t a) noexcept { return _mm512_set1_pd(static_cast<double>(a)); }
ASSAY_LANES_INLINE Word bits(Factor a) noexcept { return {_mm512_castpd_si512(a)}; }
ASSAY_LANES_INLINE Factor from_bits(const Word& a) noexcept { return _mm512_castsi512_pd(a.v); }
ASSAY_LANES_INLINE Word number(Factor a) noexcept { return {_mm512_cvtpd_epi64(a)}; }
constexpr std::uint64_t column_start(unsigned lows, unsigned highs) noexcept {
  return 0 - lows * std::bit_cast<std::uint64_t>(kTwo52) - highs * std::bit_cast<std::uint64_t>(kTwo104);
}

namespace detail {
ASSAY_LANES_INLINE __m512d fma_toward_zero(__m512d a, __m512d b, __m512d c) noexcept {
  return _mm512_fmadd_round_pd(a, b, c, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}
ASSAY_LANES_INLINE __m512d high_half(Factor a, Factor b) noexcept {
  return fma_toward_zero(a, b, _mm512_set1_pd(kTwo104));
}
ASSAY_LANES_INLINE __m512d low_half(Factor a, Factor b, __m512d high) noexcept {
  return fma_toward_zero(a, b, _mm512_sub_pd(_mm512_set1_pd(kTwo104 + kTwo52), high));
}
}  // namespace detail

ASSAY_LANES_INLINE void add_low(Word& lo, Factor a, Factor b) noexcept {
  lo = lo + Word{_mm512_castpd_si512(detail::low_half(a, b, detail::high_half(a, b)))};
}
ASSAY_LANES_INLINE void add_high(Word& hi, Factor a, Factor b) noexcept {
  hi = hi + Word{_mm512_castpd_si512(detail::high_half(a, b))};
}
ASSAY_LANES_INLINE void multiply_add(Word& lo, Word& hi, Factor a, Factor b) noexcept {
  const __m512d h = detail::high_half(a, b);
  hi = hi + Word{_mm512_castpd_si512(h)};
  lo = lo + Word{_mm512_castpd_si512(detail::low_half(a, b, h))};
}
ASSAY_LANES_INLINE Factor low_factor(Factor a, Factor b) noexcept {
  return _mm512_sub_pd(detail::low_half(a, b, detail::high_half(a, b)), _mm512_set1_pd(kTwo52));
}

#elif !defined(ASSAY_LANES_WORD)

__extension__ using Product = unsigned __int128;
using Factor = Word;
inline Factor factor(const Word& a) noexcept { return a; }
inline Factor low_factor(const Word& a) noexcept { return a & broadcast(kRadixMask); }
inline Factor constant_factor(std::uint64_t a) noexcept { return broadcast(a); }
inline Word bits(const Factor& a) noexcept { return a; }
inline Factor from_bits(const Word& a) noexcept { return a; }
inline Word number(const Factor& a) noexcept { return a; }
constexpr std::uint64_t column_start(unsigned, unsigned) noexcept { return 0; }

inline void multiply_add(Word& lo, Word& hi, const Factor& a, const Factor& b) noexcept {
  for (std::size_t i = 0; i < kLanes; ++i) {
    const Product product = static_cast<Product>(a.v[i]) * b.v[i];
    lo.v[i] += static_cast<std::uint64_t>(product) & kRadixMask;
    hi.v[i] += static_cast<std::uint64_t>(product >> kRadixBits);
  }
}
inline void add_low(Word& lo, const Factor& a, const Factor& b) noexcept {
  for (std::size_t i = 0; i < kLanes; ++i) lo.v[i] += (a.v[i] * b.v[i]) & kRadixMask;
}
inline void add_high(Word& hi, const Factor& a, const Factor& b) noexcept {
  for (std::size_t i = 0; i < kLanes; ++i)
    hi.v[i] += static_cast<std::uint64_t>((static_cast<Product>(a.v[i]) * b.v[i]) >> kRadixBits);
}
inline Factor low_factor(const Factor& a, const Factor& b) noexcept {
  Word r = broadcast(0);
  add_low(r, a, b);
  return r;
}

#endif

}  // namespace lanes

ASSAY_ISA_END
