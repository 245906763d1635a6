// SHA-256 of 32 messages: two rows of sixteen lanes, whose instructions alternate.
//
// One row would keep two ports busy, but not a processor with four, or with vector instructions of two cycles: there
// the four dependent instructions of a round set the pace. Sums, rotations and three-operand logic are written as
// instructions in the order they shall have: the compiler would join sums in another order and move broadcasts of the
// constants to the port for shuffles.

// gcc 12 takes the undefined pass-through of unmasked intrinsics for a use of it (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include "hash/sha256_batch.h"
#include "hash/sha256_rounds.h"

#define ASSAY_INLINE [[gnu::always_inline]] inline

ASSAY_ISA_BEGIN
namespace sha256_lanes {

using Row = __m512i;
constexpr std::size_t kLanes = 32;

ASSAY_INLINE Row add(Row a, Row b) noexcept {
  Row sum;
  asm volatile("vpaddd %2, %1, %0" : "=v"(sum) : "v"(a), "v"(b));
  return sum;
}
ASSAY_INLINE Row add_constant(Row a, const std::uint32_t* k) noexcept {
  Row sum;
  asm volatile("vpaddd %2%{1to16%}, %1, %0" : "=v"(sum) : "v"(a), "m"(*k));
  return sum;
}
template <int n>
ASSAY_INLINE Row ror(Row a) noexcept {
  Row out;
  asm volatile("vprord %2, %1, %0" : "=v"(out) : "v"(a), "i"(n));
  return out;
}
template <int n>
ASSAY_INLINE Row shr(Row a) noexcept {
  Row out;
  asm volatile("vpsrld %2, %1, %0" : "=v"(out) : "v"(a), "i"(n));
  return out;
}
// Bit 4 a + 2 b + c of the table for bits a, b, c.
template <int table>
ASSAY_INLINE Row logic(Row a, Row b, Row c) noexcept {
  asm volatile("vpternlogd %3, %2, %1, %0" : "+v"(a) : "v"(b), "v"(c), "i"(table));
  return a;
}

struct Word {
  Row low, high;  // messages 0 .. 15 and 16 .. 31
};

ASSAY_INLINE Row load(const Row& memory) noexcept {
  Row out;
  asm volatile("vmovdqa64 %1, %0" : "=v"(out) : "m"(memory));
  return out;
}
ASSAY_INLINE Word fetch(const Word* memory) noexcept {
  const Row low = load(memory->low), high = load(memory->high);
  return {low, high};
}

ASSAY_INLINE Word operator+(const Word& a, const Word& b) noexcept {
  const Row low = add(a.low, b.low), high = add(a.high, b.high);
  return {low, high};
}
ASSAY_INLINE Word plus_constant(const Word& a, const std::uint32_t* k) noexcept {
  const Row low = add_constant(a.low, k), high = add_constant(a.high, k);
  return {low, high};
}
template <int n>
ASSAY_INLINE Word rotate(const Word& a) noexcept {
  const Row low = ror<n>(a.low), high = ror<n>(a.high);
  return {low, high};
}
template <int n>
ASSAY_INLINE Word shift(const Word& a) noexcept {
  const Row low = shr<n>(a.low), high = shr<n>(a.high);
  return {low, high};
}
template <int table>
ASSAY_INLINE Word logic(const Word& a, const Word& b, const Word& c) noexcept {
  const Row low = logic<table>(a.low, b.low, c.low), high = logic<table>(a.high, b.high, c.high);
  return {low, high};
}
ASSAY_INLINE Word xor3(const Word& a, const Word& b, const Word& c) noexcept { return logic<0x96>(a, b, c); }
ASSAY_INLINE Word choose(const Word& e, const Word& f, const Word& g) noexcept { return logic<0xca>(e, f, g); }
ASSAY_INLINE Word majority(const Word& a, const Word& b, const Word& c) noexcept { return logic<0xe8>(a, b, c); }
ASSAY_INLINE Word splat(std::uint32_t x) noexcept {
  const Row row = _mm512_set1_epi32(static_cast<int>(x));
  return {row, row};
}

// The bytes of each 32-bit word in reverse.
ASSAY_INLINE Row swap_bytes(Row a) noexcept {
  alignas(16) static constexpr std::uint8_t kOrder[16] = {3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12};
  const __m128i order = _mm_load_si128(reinterpret_cast<const __m128i*>(kOrder));
  return _mm512_shuffle_epi8(a, _mm512_broadcast_i32x4(order));
}

// Transposes the 4 x 4 words in each quarter of four rows.
ASSAY_INLINE void transpose_quarters(Row& a, Row& b, Row& c, Row& d) noexcept {
  const Row ab_low = _mm512_unpacklo_epi32(a, b), ab_high = _mm512_unpackhi_epi32(a, b);
  const Row cd_low = _mm512_unpacklo_epi32(c, d), cd_high = _mm512_unpackhi_epi32(c, d);
  a = _mm512_unpacklo_epi64(ab_low, cd_low);
  b = _mm512_unpackhi_epi64(ab_low, cd_low);
  c = _mm512_unpacklo_epi64(ab_high, cd_high);
  d = _mm512_unpackhi_epi64(ab_high, cd_high);
}

// 16 bytes each of rows 0, 4, 8, 12 from `rows` on. Inserting from memory needs no port for shuffles.
ASSAY_INLINE Row gather_quarters(const std::uint8_t* rows, std::size_t stride) noexcept {
  const auto quarter = [&](std::size_t row) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows + row * stride));
  };
  Row out = _mm512_castsi128_si512(quarter(0));
  out = _mm512_inserti32x4(out, quarter(4), 1);
  out = _mm512_inserti32x4(out, quarter(8), 2);
  return _mm512_inserti32x4(out, quarter(12), 3);
}

ASSAY_INLINE void load_block(const std::uint8_t* rows, std::size_t stride, Word* w) noexcept {
  for (int half = 0; half < 2; ++half, rows += 16 * stride) {
    for (int column = 0; column < 4; ++column) {
      Row x[4];
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) x[i] = swap_bytes(gather_quarters(rows + i * stride + 16 * column, stride));
      transpose_quarters(x[0], x[1], x[2], x[3]);
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) (half == 0 ? w[4 * column + i].low : w[4 * column + i].high) = x[i];
    }
  }
}

// Of sixteen messages, those i, i + 4, i + 8, i + 12: `front` holds words 0 .. 3 of each, `back` words 4 .. 7.
ASSAY_INLINE void store_four(Row front, Row back, std::uint8_t* out) noexcept {
  const Row first = _mm512_permutex2var_epi64(front, _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), back);
  const Row second = _mm512_permutex2var_epi64(front, _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4), back);
  const auto store = [&](std::size_t row, __m256i digest) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32 * row), digest);
  };
  store(0, _mm512_castsi512_si256(first));
  store(4, _mm512_extracti64x4_epi64(first, 1));
  store(8, _mm512_castsi512_si256(second));
  store(12, _mm512_extracti64x4_epi64(second, 1));
}

ASSAY_INLINE void store_digests(const Word* s, std::uint8_t* out) noexcept {
  for (int half = 0; half < 2; ++half, out += 32 * 16) {
    Row x[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) x[i] = swap_bytes(half == 0 ? s[i].low : s[i].high);
    transpose_quarters(x[0], x[1], x[2], x[3]);
    transpose_quarters(x[4], x[5], x[6], x[7]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) store_four(x[i], x[4 + i], out + 32 * i);
  }
}

}  // namespace sha256_lanes
ASSAY_ISA_END

#include "hash/sha256_lanes.h"

namespace assay {
const Sha256Lanes kSha256Avx512 = {"avx512", avx512::sha256_lanes::kLanes, avx512::sha256_lanes::pairs,
                                   avx512::sha256_lanes::messages, avx512::sha256_lanes::roots};
}  // namespace assay
