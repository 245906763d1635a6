// LtHash of eight elements side by side: word w of lane i belongs to element i.
//
// The shorter elements of eight begin later, so that all give their first block of output together. Each lane has
// accumulators of its own, which are summed at the end.

// gcc 12 takes the undefined pass-through of unmasked intrinsics for a use of it (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include "hash/lthash.h"
#include "hash/shake128.h"

ASSAY_ISA_BEGIN
namespace lthash {

struct Row {
  __m512i v;
};
constexpr std::size_t kLanes = 8, kWords = kLtHashBytes / 8;

// Bit 4 a + 2 b + c of the table for bits a, b, c.
[[gnu::always_inline]] inline Row parity(Row a, Row b, Row c) noexcept {
  return {_mm512_ternarylogic_epi64(a.v, b.v, c.v, 0x96)};
}
[[gnu::always_inline]] inline Row chi(Row a, Row b, Row c) noexcept {
  return {_mm512_ternarylogic_epi64(a.v, b.v, c.v, 0xd2)};
}
[[gnu::always_inline]] inline Row mix(Row a, Row b) noexcept { return {_mm512_xor_si512(a.v, b.v)}; }
[[gnu::always_inline]] inline Row mix(Row a, std::uint64_t constant) noexcept {
  return {_mm512_xor_si512(a.v, _mm512_set1_epi64(static_cast<long long>(constant)))};
}
template <int n>
[[gnu::always_inline]] inline Row rol(Row a) noexcept {
  return n == 0 ? a : Row{_mm512_rol_epi64(a.v, n)};
}

[[gnu::noinline]] inline void permute(Row* state) noexcept { shake128::permute(state); }

struct Signs {
  __mmask32 comes = 0, goes = 0;  // four bits for each lane
};

inline void absorb(const LtHashElement* const* elements, std::size_t n, Row* state) noexcept {
  std::size_t most = 0;
  for (std::size_t lane = 0; lane < n; ++lane) {
    const std::size_t blocks = shake128::blocks_of(elements[lane]->bytes);
    if (blocks > most) most = blocks;
  }
  for (int w = 0; w < 25; ++w) state[w].v = _mm512_setzero_si512();
  for (std::size_t step = 0; step < most; ++step) {
    for (std::size_t lane = 0; lane < n; ++lane) {
      const LtHashElement& element = *elements[lane];
      const std::size_t first = most - shake128::blocks_of(element.bytes);
      if (step < first) continue;
      std::uint64_t words[25] = {}, *const column = reinterpret_cast<std::uint64_t*>(state) + lane;
      shake128::load_block(element.data, element.bytes, step - first, words);
      for (std::size_t w = 0; w < 25; ++w)
        column[kLanes * w] = step == first ? words[w] : column[kLanes * w] ^ words[w];
    }
    permute(state);
  }
}

inline void squeeze(Row* state, Signs signs, Row* sums) noexcept {
  for (std::size_t at = 0;;) {
    for (std::size_t w = 0; w < shake128::kRateWords && at < kWords; ++w, ++at) {
      const __m512i added = _mm512_mask_add_epi16(sums[at].v, signs.comes, sums[at].v, state[w].v);
      sums[at].v = _mm512_mask_sub_epi16(added, signs.goes, added, state[w].v);
    }
    if (at == kWords) return;
    permute(state);
  }
}

// lanes += the sum over the eight lanes of each row
inline void collect(const Row* sums, std::uint8_t* lanes) noexcept {
  for (std::size_t w = 0; w < kWords; ++w) {
    const __m256i four = _mm256_add_epi16(_mm512_castsi512_si256(sums[w].v), _mm512_extracti64x4_epi64(sums[w].v, 1));
    const __m128i two = _mm_add_epi16(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    const __m128i one = _mm_add_epi16(two, _mm_unpackhi_epi64(two, two));
    const __m128i before = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(lanes + 8 * w));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(lanes + 8 * w), _mm_add_epi16(before, one));
  }
}

}  // namespace lthash
ASSAY_ISA_END

namespace assay {

void lthash_avx512(const LtHashElement* const* elements, std::size_t n, std::uint8_t* lanes) noexcept {
  using namespace lthash;
  Row sums[kWords];
  std::memset(static_cast<void*>(sums), 0, sizeof sums);
  for (std::size_t at = 0; at < n; at += kLanes) {
    const std::size_t live = n - at < kLanes ? n - at : kLanes;
    Signs signs;
    for (std::size_t lane = 0; lane < live; ++lane)
      (elements[at + lane]->goes ? signs.goes : signs.comes) |= 0xfu << (4 * lane);
    Row state[25];
    absorb(elements + at, live, state);
    squeeze(state, signs, sums);
  }
  collect(sums, lanes);
}

}  // namespace assay
