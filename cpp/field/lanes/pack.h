// Between rows of elements in memory, N words of 64 bits each, and lanes. Nothing is multiplied: a row in Montgomery
// form with 2^(64 N) (Fe) becomes lanes that hold the same integer, which mul(., enter) takes to the form of lanes.
#pragma once

#include "field/lanes/lanes.h"

ASSAY_ISA_BEGIN

namespace lanes {

// Eight elements, one after the other from p on.
template <class P>
ASSAY_LANES_INLINE Lanes<P> load_rows(const std::uint64_t* p) noexcept {
  Word w[P::N];
#if defined(ASSAY_ISA_AVX512) || defined(ASSAY_ISA_IFMA)
  if constexpr (P::N == 4) {  // words 0 and 1 of four elements, words 2 and 3 of four elements
    const __m512i low = _mm512_setr_epi64(0, 4, 8, 12, 1, 5, 9, 13),
                  high = _mm512_setr_epi64(2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i a = load(p).v, b = load(p + 8).v, c = load(p + 16).v, d = load(p + 24).v;
    const __m512i ab01 = _mm512_permutex2var_epi64(a, low, b), ab23 = _mm512_permutex2var_epi64(a, high, b);
    const __m512i cd01 = _mm512_permutex2var_epi64(c, low, d), cd23 = _mm512_permutex2var_epi64(c, high, d);
    w[0].v = _mm512_shuffle_i64x2(ab01, cd01, 0x44);
    w[1].v = _mm512_shuffle_i64x2(ab01, cd01, 0xee);
    w[2].v = _mm512_shuffle_i64x2(ab23, cd23, 0x44);
    w[3].v = _mm512_shuffle_i64x2(ab23, cd23, 0xee);
    return split<P>(w);
  }
#endif
  std::uint64_t column[kLanes];
  for (std::size_t j = 0; j < P::N; ++j) {
    for (std::size_t i = 0; i < kLanes; ++i) column[i] = p[P::N * i + j];
    w[j] = load(column);
  }
  return split<P>(w);
}

// The reverse, for values below 2^(64 N).
template <class P>
ASSAY_LANES_INLINE void store_rows(std::uint64_t* p, const Lanes<P>& a) noexcept {
  Word w[P::N];
  join(a, w);
#if defined(ASSAY_ISA_AVX512) || defined(ASSAY_ISA_IFMA)
  if constexpr (P::N == 4) {  // pairs of elements: (0, 4), (1, 5), (2, 6), (3, 7), words in order
    const __m512i low01 = _mm512_unpacklo_epi64(w[0].v, w[1].v), high01 = _mm512_unpackhi_epi64(w[0].v, w[1].v);
    const __m512i low23 = _mm512_unpacklo_epi64(w[2].v, w[3].v), high23 = _mm512_unpackhi_epi64(w[2].v, w[3].v);
    // low01: words 0, 1 of elements 0, 2, 4, 6; high01: of 1, 3, 5, 7
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11),
                  last = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    const __m512i e02 = _mm512_permutex2var_epi64(low01, first, low23),
                  e46 = _mm512_permutex2var_epi64(low01, last, low23);
    const __m512i e13 = _mm512_permutex2var_epi64(high01, first, high23),
                  e57 = _mm512_permutex2var_epi64(high01, last, high23);
    store(p, {_mm512_shuffle_i64x2(e02, e13, 0x44)});
    store(p + 8, {_mm512_shuffle_i64x2(e02, e13, 0xee)});
    store(p + 16, {_mm512_shuffle_i64x2(e46, e57, 0x44)});
    store(p + 24, {_mm512_shuffle_i64x2(e46, e57, 0xee)});
    return;
  }
#endif
  std::uint64_t column[kLanes];
  for (std::size_t j = 0; j < P::N; ++j) {
    store(column, w[j]);
    for (std::size_t i = 0; i < kLanes; ++i) p[P::N * i + j] = column[i];
  }
}

// Eight canonical integers to the form of lanes; false if one is not below p.
template <class P>
inline bool load_canonical(Lanes<P>& out, const std::uint64_t* rows) noexcept {
  const Lanes<P> x = load_rows<P>(rows);
  if (negative_mask(carry(x - multiple<P, 1>()).limb[x.K - 1]) != 0xff) return false;
  constexpr Limbs<P::N> kRSquared = params::power_of_two_mod(2 * kRadixBits * x.K, P::modulus);
  out = mul(x, Lanes<P>::raw(kRSquared));
  return true;
}
template <class P>
inline void store_canonical(std::uint64_t* rows, const Lanes<P>& a) noexcept {
  store_rows(rows, reduce(mul(a, Lanes<P>::raw({1}))));
}

}  // namespace lanes

ASSAY_ISA_END
