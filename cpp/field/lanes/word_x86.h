// Eight 64-bit words in one AVX-512 register. Every operation acts on each lane alone.
#pragma once

// gcc 12 takes the undefined pass-through of unmasked intrinsics for a use of it (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

ASSAY_ISA_BEGIN

namespace lanes {

inline constexpr std::size_t kLanes = 8;
using LaneMask = std::uint8_t;  // bit i: lane i

struct Word {
  __m512i v;
};

#define ASSAY_LANES_INLINE __attribute__((always_inline)) inline

ASSAY_LANES_INLINE Word broadcast(std::uint64_t x) noexcept { return {_mm512_set1_epi64(static_cast<long long>(x))}; }
ASSAY_LANES_INLINE Word load(const std::uint64_t* p) noexcept { return {_mm512_loadu_si512(p)}; }
ASSAY_LANES_INLINE void store(std::uint64_t* p, const Word& a) noexcept { _mm512_storeu_si512(p, a.v); }

ASSAY_LANES_INLINE Word operator+(const Word& a, const Word& b) noexcept { return {_mm512_add_epi64(a.v, b.v)}; }
ASSAY_LANES_INLINE Word operator-(const Word& a, const Word& b) noexcept { return {_mm512_sub_epi64(a.v, b.v)}; }
ASSAY_LANES_INLINE Word operator&(const Word& a, const Word& b) noexcept { return {_mm512_and_si512(a.v, b.v)}; }
ASSAY_LANES_INLINE Word operator|(const Word& a, const Word& b) noexcept { return {_mm512_or_si512(a.v, b.v)}; }
ASSAY_LANES_INLINE Word operator^(const Word& a, const Word& b) noexcept { return {_mm512_xor_si512(a.v, b.v)}; }
template <unsigned Bits>
ASSAY_LANES_INLINE Word shift_left(const Word& a) noexcept {
  return {_mm512_slli_epi64(a.v, Bits)};
}
template <unsigned Bits>
ASSAY_LANES_INLINE Word shift_right(const Word& a) noexcept {
  return {_mm512_srli_epi64(a.v, Bits)};
}
// the same by a number known at run time, below 64
ASSAY_LANES_INLINE Word shift_left(const Word& a, unsigned count) noexcept {
  return {_mm512_sll_epi64(a.v, _mm_cvtsi32_si128(static_cast<int>(count)))};
}
ASSAY_LANES_INLINE Word shift_right(const Word& a, unsigned count) noexcept {
  return {_mm512_srl_epi64(a.v, _mm_cvtsi32_si128(static_cast<int>(count)))};
}
// of the words as signed numbers: floor(a / 2^Bits)
template <unsigned Bits>
ASSAY_LANES_INLINE Word shift_right_signed(const Word& a) noexcept {
  return {_mm512_srai_epi64(a.v, Bits)};
}

ASSAY_LANES_INLINE LaneMask equal_mask(const Word& a, const Word& b) noexcept {
  return _mm512_cmpeq_epi64_mask(a.v, b.v);
}
ASSAY_LANES_INLINE LaneMask zero_mask(const Word& a) noexcept { return _mm512_testn_epi64_mask(a.v, a.v); }
ASSAY_LANES_INLINE LaneMask negative_mask(const Word& a) noexcept { return _mm512_movepi64_mask(a.v); }
// lane i: mask bit i ? b : a
ASSAY_LANES_INLINE Word select(const Word& a, const Word& b, LaneMask mask) noexcept {
  return {_mm512_mask_blend_epi64(mask, a.v, b.v)};
}

// lane i: table[index mod 8], for the index in lane i
ASSAY_LANES_INLINE Word pick(const Word& table, const Word& index) noexcept {
  return {_mm512_permutexvar_epi64(index.v, table.v)};
}
// lane i: table[index], for the index in lane i
ASSAY_LANES_INLINE Word gather(const std::uint64_t* table, const Word& index) noexcept {
  return {_mm512_i64gather_epi64(index.v, table, 8)};
}
ASSAY_LANES_INLINE Word reverse(const Word& a) noexcept {
  return {_mm512_permutexvar_epi64(_mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7), a.v)};
}
// the words 0, 2, ..., 14 of a and b, and the words 1, 3, ..., 15
ASSAY_LANES_INLINE void split_pairs(const Word& a, const Word& b, Word& even, Word& odd) noexcept {
  const __m512i index = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
  const Word first = {_mm512_permutex2var_epi64(a.v, index, b.v)};
  odd.v = _mm512_permutex2var_epi64(a.v, _mm512_add_epi64(index, _mm512_set1_epi64(1)), b.v);
  even = first;
}

// Eight elements of four words each, 32 words from p on: word j of all in w[j]; and back.
ASSAY_LANES_INLINE void load_elements(const std::uint64_t* p, Word (&w)[4]) noexcept {
  const __m512i low = _mm512_set_epi64(13, 9, 5, 1, 12, 8, 4, 0), high = _mm512_set_epi64(15, 11, 7, 3, 14, 10, 6, 2);
  __m512i half[2][2];  // elements 4 i ..: words 0 and 1, words 2 and 3
  for (int i = 0; i < 2; ++i) {
    const __m512i a = _mm512_loadu_si512(p + 16 * i), b = _mm512_loadu_si512(p + 16 * i + 8);
    half[i][0] = _mm512_permutex2var_epi64(a, low, b);
    half[i][1] = _mm512_permutex2var_epi64(a, high, b);
  }
  for (int k = 0; k < 2; ++k) {
    w[2 * k].v = _mm512_shuffle_i64x2(half[0][k], half[1][k], 0x44);
    w[2 * k + 1].v = _mm512_shuffle_i64x2(half[0][k], half[1][k], 0xee);
  }
}
ASSAY_LANES_INLINE void store_elements(std::uint64_t* p, const Word (&w)[4]) noexcept {
  const __m512i front = _mm512_set_epi64(13, 9, 5, 1, 12, 8, 4, 0), back = _mm512_set_epi64(15, 11, 7, 3, 14, 10, 6, 2);
  __m512i half[2][2];  // elements 4 i ..: words 0 and 1, words 2 and 3
  for (int k = 0; k < 2; ++k) {
    half[0][k] = _mm512_shuffle_i64x2(w[2 * k].v, w[2 * k + 1].v, 0x44);
    half[1][k] = _mm512_shuffle_i64x2(w[2 * k].v, w[2 * k + 1].v, 0xee);
  }
  for (int i = 0; i < 2; ++i) {
    _mm512_storeu_si512(p + 16 * i, _mm512_permutex2var_epi64(half[i][0], front, half[i][1]));
    _mm512_storeu_si512(p + 16 * i + 8, _mm512_permutex2var_epi64(half[i][0], back, half[i][1]));
  }
}

// Row i of the transpose holds word i of every input.
ASSAY_LANES_INLINE void transpose(Word (&row)[8]) noexcept {
  __m512i a[8], b[8];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    a[2 * i] = _mm512_unpacklo_epi64(row[2 * i].v, row[2 * i + 1].v);
    a[2 * i + 1] = _mm512_unpackhi_epi64(row[2 * i].v, row[2 * i + 1].v);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j) {  // pairs of 128-bit blocks
      b[4 * i + j] = _mm512_shuffle_i64x2(a[4 * i + j], a[4 * i + j + 2], 0x88);
      b[4 * i + j + 2] = _mm512_shuffle_i64x2(a[4 * i + j], a[4 * i + j + 2], 0xdd);
    }
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    a[j] = _mm512_shuffle_i64x2(b[j], b[j + 4], 0x88);
    a[j + 4] = _mm512_shuffle_i64x2(b[j], b[j + 4], 0xdd);
  }
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) row[j].v = a[j];
}

}  // namespace lanes

ASSAY_ISA_END
