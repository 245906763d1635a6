// SHA-256 of eight messages, one in each lane of 256-bit words.
//
// A rotation is two shifts and a sum of logic: about 36 instructions a round and 21 a word of the message schedule.
#include <immintrin.h>

#include "hash/sha256_batch.h"
#include "hash/sha256_rounds.h"

#define ASSAY_INLINE [[gnu::always_inline]] inline

ASSAY_ISA_BEGIN
namespace sha256_lanes {

using Row = __m256i;
constexpr std::size_t kLanes = 8;

struct Word {
  Row row;
};
ASSAY_INLINE const Word& fetch(const Word* memory) noexcept { return *memory; }

ASSAY_INLINE Word operator+(const Word& a, const Word& b) noexcept { return {_mm256_add_epi32(a.row, b.row)}; }
ASSAY_INLINE Word plus_constant(const Word& a, const std::uint32_t* k) noexcept {
  return {_mm256_add_epi32(a.row, _mm256_set1_epi32(static_cast<int>(*k)))};
}
template <int n>
ASSAY_INLINE Word rotate(const Word& a) noexcept {
  return {_mm256_or_si256(_mm256_srli_epi32(a.row, n), _mm256_slli_epi32(a.row, 32 - n))};
}
template <int n>
ASSAY_INLINE Word shift(const Word& a) noexcept {
  return {_mm256_srli_epi32(a.row, n)};
}
ASSAY_INLINE Word xor3(const Word& a, const Word& b, const Word& c) noexcept {
  return {_mm256_xor_si256(_mm256_xor_si256(a.row, b.row), c.row)};
}
ASSAY_INLINE Word choose(const Word& e, const Word& f, const Word& g) noexcept {
  return {_mm256_xor_si256(g.row, _mm256_and_si256(e.row, _mm256_xor_si256(f.row, g.row)))};
}
ASSAY_INLINE Word majority(const Word& a, const Word& b, const Word& c) noexcept {
  return {_mm256_or_si256(_mm256_and_si256(a.row, b.row), _mm256_and_si256(c.row, _mm256_or_si256(a.row, b.row)))};
}
ASSAY_INLINE Word splat(std::uint32_t x) noexcept { return {_mm256_set1_epi32(static_cast<int>(x))}; }

// The bytes of each 32-bit word in reverse.
ASSAY_INLINE Row swap_bytes(Row a) noexcept {
  alignas(16) static constexpr std::uint8_t kOrder[16] = {3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12};
  const __m128i order = _mm_load_si128(reinterpret_cast<const __m128i*>(kOrder));
  return _mm256_shuffle_epi8(a, _mm256_broadcastsi128_si256(order));
}

// Transposes the 4 x 4 words in each half of four rows.
ASSAY_INLINE void transpose_halves(Row& a, Row& b, Row& c, Row& d) noexcept {
  const Row ab_low = _mm256_unpacklo_epi32(a, b), ab_high = _mm256_unpackhi_epi32(a, b);
  const Row cd_low = _mm256_unpacklo_epi32(c, d), cd_high = _mm256_unpackhi_epi32(c, d);
  a = _mm256_unpacklo_epi64(ab_low, cd_low);
  b = _mm256_unpackhi_epi64(ab_low, cd_low);
  c = _mm256_unpacklo_epi64(ab_high, cd_high);
  d = _mm256_unpackhi_epi64(ab_high, cd_high);
}

ASSAY_INLINE void load_block(const std::uint8_t* rows, std::size_t stride, Word* w) noexcept {
  const auto half = [&](std::size_t row, int column) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows + row * stride + 16 * column));
  };
  for (int column = 0; column < 4; ++column) {
    Row x[4];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i)
      x[i] = swap_bytes(_mm256_inserti128_si256(_mm256_castsi128_si256(half(i, column)), half(i + 4, column), 1));
    transpose_halves(x[0], x[1], x[2], x[3]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) w[4 * column + i].row = x[i];
  }
}

ASSAY_INLINE void store_digests(const Word* s, std::uint8_t* out) noexcept {
  for (int side = 0; side < 2; ++side) {  // words 0 .. 3 and 4 .. 7
    Row x[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) x[i] = swap_bytes(s[4 * side + i].row);
    transpose_halves(x[0], x[1], x[2], x[3]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      auto* const at = reinterpret_cast<__m128i*>(out + 32 * i + 16 * side);
      _mm_storeu_si128(at, _mm256_castsi256_si128(x[i]));
      _mm_storeu_si128(at + 8, _mm256_extracti128_si256(x[i], 1));
    }
  }
}

}  // namespace sha256_lanes
ASSAY_ISA_END

#include "hash/sha256_lanes.h"

namespace assay {
const Sha256Lanes kSha256Avx2 = {"avx2", avx2::sha256_lanes::kLanes, avx2::sha256_lanes::pairs,
                                 avx2::sha256_lanes::messages, avx2::sha256_lanes::roots};
}  // namespace assay
