#include <immintrin.h>

#include "hash/sha256.h"
#include "hash/sha256_rounds_shani.h"

namespace assay {
namespace {

struct Processor {
  static __m128i rounds2(__m128i cdgh, __m128i abef, __m128i wk) noexcept {
    return _mm_sha256rnds2_epu32(cdgh, abef, wk);
  }
  static __m128i msg1(__m128i a, __m128i b) noexcept { return _mm_sha256msg1_epu32(a, b); }
  static __m128i msg2(__m128i a, __m128i b) noexcept { return _mm_sha256msg2_epu32(a, b); }
};

}  // namespace

void sha256_compress_shani(std::uint32_t* h, const std::uint8_t* data, std::size_t blocks) noexcept {
  sha256_detail::compress<Processor>(h, data, blocks, kSha256RoundConstants);
}

}  // namespace assay
