// SHA-256 compression with AVX2 and BMI2: rounds on general registers, the message schedules of two blocks beside them.
//
// Source: J. Guilford, K. Yap, V. Gopal (Intel), "Fast SHA-256 Implementations on Intel Architecture Processors"
// (2012): four words of the schedule at once; two of them depend on the other two, so that s1 is taken in two halves. A
// 256-bit register holds four words of block 0 in its lower half and four of block 1 in its upper half. While block 0
// goes through its rounds the sums of schedule and round constants are stored, and block 1 then takes its own from
// there.
//
// Cost: 24 instructions a round, 33 for four words of two blocks: 1750 a block, 6.8 cycles a byte at four a cycle.
#include <immintrin.h>

#include "base/zeroize.h"
#include "hash/sha256.h"

#define ASSAY_INLINE [[gnu::always_inline]] inline

namespace assay {
namespace {

using Row = __m256i;

// Round i of those that start with letter a in s[0]. `bc` is b xor c, and then a xor b, which is that of the next
// round:
//   choose(e, f, g) = (e and f) + (not e and g),  majority(a, b, c) = b xor ((a xor b) and (b xor c))
// Written as instructions: the compiler would add in another order, and a sum waits for the last of its terms.
template <std::size_t i>
ASSAY_INLINE void round(std::uint32_t (&s)[8], std::uint32_t& bc, const std::uint32_t& kw) noexcept {
  constexpr auto at = [](std::size_t letter) { return (letter - i) & 7; };
  std::uint32_t x, y, z, ab;
  asm volatile(
      "addl %[kw], %[h]\n\t"
      "rorxl $25, %[e], %[x]\n\t"
      "rorxl $11, %[e], %[y]\n\t"
      "andnl %[g], %[e], %[z]\n\t"
      "xorl %[y], %[x]\n\t"
      "rorxl $6, %[e], %[y]\n\t"
      "leal (%q[h],%q[z]), %k[h]\n\t"
      "movl %[f], %[z]\n\t"
      "andl %[e], %[z]\n\t"
      "xorl %[y], %[x]\n\t"
      "leal (%q[h],%q[z]), %k[h]\n\t"
      "leal (%q[h],%q[x]), %k[h]\n\t"
      "rorxl $22, %[a], %[x]\n\t"
      "rorxl $13, %[a], %[y]\n\t"
      "movl %[a], %[ab]\n\t"
      "leal (%q[d],%q[h]), %k[d]\n\t"
      "xorl %[b], %[ab]\n\t"
      "xorl %[y], %[x]\n\t"
      "rorxl $2, %[a], %[y]\n\t"
      "andl %[ab], %[bc]\n\t"
      "xorl %[y], %[x]\n\t"
      "xorl %[b], %[bc]\n\t"
      "leal (%q[h],%q[x]), %k[h]\n\t"
      "leal (%q[h],%q[bc]), %k[h]\n\t"
      :
      [h] "+&r"(s[at(7)]), [d] "+&r"(s[at(3)]), [bc] "+&r"(bc), [ab] "=&r"(ab), [x] "=&r"(x), [y] "=&r"(y), [z] "=&r"(z)
      : [a] "r"(s[at(0)]), [b] "r"(s[at(1)]), [e] "r"(s[at(4)]), [f] "r"(s[at(5)]), [g] "r"(s[at(6)]), [kw] "m"(kw)
      : "cc");
  bc = ab;
}

// s0 of section 4.1.2 in each word.
ASSAY_INLINE Row small0(Row x) noexcept {
  const Row right = _mm256_xor_si256(_mm256_srli_epi32(x, 7), _mm256_srli_epi32(x, 18));
  const Row left = _mm256_xor_si256(_mm256_slli_epi32(x, 25), _mm256_slli_epi32(x, 14));
  return _mm256_xor_si256(_mm256_xor_si256(right, left), _mm256_srli_epi32(x, 3));
}
// s1 in words 0 and 2 of each half of x, where each word is there twice.
ASSAY_INLINE Row small1_of_pairs(Row x) noexcept {
  const Row rotated = _mm256_xor_si256(_mm256_srli_epi64(x, 17), _mm256_srli_epi64(x, 19));
  return _mm256_xor_si256(rotated, _mm256_srli_epi32(x, 10));
}

// W(t + 16) .. W(t + 19) from the sixteen words w0 .. w3 that begin with W(t), in three parts: without s1; with s1 of
// the two words that are known; with s1 of those two.
ASSAY_INLINE Row without_small1(Row w0, Row w1, Row w2, Row w3) noexcept {
  return _mm256_add_epi32(_mm256_add_epi32(w0, _mm256_alignr_epi8(w3, w2, 4)), small0(_mm256_alignr_epi8(w1, w0, 4)));
}
ASSAY_INLINE Row with_low_small1(Row sum, Row w3) noexcept {
  const Row low_half = _mm256_broadcastsi128_si256(_mm_set_epi32(-1, -1, 0x0b0a0908, 0x03020100));
  return _mm256_add_epi32(sum, _mm256_shuffle_epi8(small1_of_pairs(_mm256_shuffle_epi32(w3, 0xfa)), low_half));
}
ASSAY_INLINE Row with_high_small1(Row sum) noexcept {
  const Row high_half = _mm256_broadcastsi128_si256(_mm_set_epi32(0x0b0a0908, 0x03020100, -1, -1));
  return _mm256_add_epi32(sum, _mm256_shuffle_epi8(small1_of_pairs(_mm256_shuffle_epi32(sum, 0x50)), high_half));
}

ASSAY_INLINE Row load_words(const std::uint8_t* block0, const std::uint8_t* block1) noexcept {
  const Row swap = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block0));
  const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block1));
  return _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1), swap);
}

// kw[q]: words 4 q .. 4 q + 3 plus their constants, of block 0 and then of block 1.
struct alignas(32) Sums {
  std::uint32_t kw[16][2][4];
};

ASSAY_INLINE void store_sums(Sums& sums, int quad, Row words) noexcept {
  const __m128i k = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kSha256RoundConstants.w + 4 * quad));
  _mm256_store_si256(reinterpret_cast<__m256i*>(sums.kw[quad]),
                     _mm256_add_epi32(words, _mm256_broadcastsi128_si256(k)));
}

template <std::size_t first>
ASSAY_INLINE void four_rounds(std::uint32_t (&s)[8], std::uint32_t& bc, const std::uint32_t (&kw)[4]) noexcept {
  round<first>(s, bc, kw[0]);
  round<first + 1>(s, bc, kw[1]);
  round<first + 2>(s, bc, kw[2]);
  round<first + 3>(s, bc, kw[3]);
}

// Four rounds of block 0 and, between them, the words sixteen rounds later of both blocks in the place of w0.
template <std::size_t first>
ASSAY_INLINE void four_rounds(std::uint32_t (&s)[8], std::uint32_t& bc, Sums& sums, int quad, Row& w0, Row w1, Row w2,
                              Row w3) noexcept {
  const std::uint32_t (&kw)[4] = sums.kw[quad][0];
  w0 = without_small1(w0, w1, w2, w3);
  round<first>(s, bc, kw[0]);
  w0 = with_low_small1(w0, w3);
  round<first + 1>(s, bc, kw[1]);
  w0 = with_high_small1(w0);
  round<first + 2>(s, bc, kw[2]);
  store_sums(sums, quad + 4, w0);
  round<first + 3>(s, bc, kw[3]);
}

// s <- the state after a block: h plus the letters. h <- the same.
ASSAY_INLINE void close_block(std::uint32_t* h, std::uint32_t (&s)[8]) noexcept {
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) h[i] = s[i] += h[i];
}

ASSAY_INLINE void first_block(std::uint32_t* h, std::uint32_t (&s)[8], const std::uint8_t* block0,
                              const std::uint8_t* block1, Sums& sums) noexcept {
  std::uint32_t bc = s[1] ^ s[2];
  Row w[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    w[i] = load_words(block0 + 16 * i, block1 + 16 * i);
    store_sums(sums, i, w[i]);
  }
  for (int quad = 0; quad < 12; quad += 4) {
    four_rounds<0>(s, bc, sums, quad, w[0], w[1], w[2], w[3]);
    four_rounds<4>(s, bc, sums, quad + 1, w[1], w[2], w[3], w[0]);
    four_rounds<0>(s, bc, sums, quad + 2, w[2], w[3], w[0], w[1]);
    four_rounds<4>(s, bc, sums, quad + 3, w[3], w[0], w[1], w[2]);
  }
  for (int quad = 12; quad < 16; quad += 2) {
    four_rounds<0>(s, bc, sums.kw[quad][0]);
    four_rounds<4>(s, bc, sums.kw[quad + 1][0]);
  }
  close_block(h, s);
}

ASSAY_INLINE void second_block(std::uint32_t* h, std::uint32_t (&s)[8], const Sums& sums) noexcept {
  std::uint32_t bc = s[1] ^ s[2];
  for (int quad = 0; quad < 16; quad += 2) {
    four_rounds<0>(s, bc, sums.kw[quad][1]);
    four_rounds<4>(s, bc, sums.kw[quad + 1][1]);
  }
  close_block(h, s);
}

}  // namespace

void sha256_compress_avx2(std::uint32_t* h, const std::uint8_t* data, std::size_t blocks) noexcept {
  Sums sums;
  std::uint32_t s[8] = {h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]};
  for (; blocks > 0; blocks -= 2, data += 128) {
    first_block(h, s, data, blocks > 1 ? data + 64 : data, sums);
    if (blocks == 1) break;
    second_block(h, s, sums);
  }
  zeroize(&sums, sizeof sums);
}

}  // namespace assay
