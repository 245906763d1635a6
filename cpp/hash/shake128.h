// Keccak-f[1600] and the input blocks of SHAKE-128, over a word type: uint64_t for one message, a row of lanes for
// many.
//
//   theta  c_x = a_x0 ^ ... ^ a_x4,  d_x = c_(x-1) ^ rol(c_(x+1), 1)
//   rho pi b_(X,Y) = rol(a_(x,y) ^ d_x, r_(x,y))  with y = X, x = X + 3 Y mod 5
//   chi    e_(X,Y) = b_(X,Y) ^ (~b_(X+1,Y) & b_(X+2,Y));   iota  e_(0,0) ^= constant of the round
//
// Source: FIPS 202 (SHA-3), sections 3.2 and 6.2; word x + 5 y is lane (x, y). The word type brings parity(a, b, c) =
// a ^ b ^ c, chi(a, b, c) = a ^ (~b & c), rol<n>(a), mix(a, b) = a ^ b and mix(a, constant). Constant time in the
// content. Cost: 95 instructions a round where each of these is one, 24 rounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/isa.h"

ASSAY_ISA_BEGIN
namespace shake128 {

constexpr std::size_t kRate = 168;  // bytes of a block
constexpr std::size_t kRateWords = kRate / 8;

inline constexpr std::uint64_t kRoundConstants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};
constexpr int kRotations[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

template <int row, int column, class Word>
[[gnu::always_inline]] inline Word moved(const Word* a, const Word* d) noexcept {
  constexpr int x = (column + 3 * row) % 5, from = x + 5 * column;
  return rol<kRotations[from]>(mix(a[from], d[x]));
}

template <int row, class Word>
[[gnu::always_inline]] inline void make_row(const Word* a, const Word* d, Word* e) noexcept {
  const Word b0 = moved<row, 0>(a, d), b1 = moved<row, 1>(a, d), b2 = moved<row, 2>(a, d), b3 = moved<row, 3>(a, d),
             b4 = moved<row, 4>(a, d);
  e[5 * row] = chi(b0, b1, b2);
  e[5 * row + 1] = chi(b1, b2, b3);
  e[5 * row + 2] = chi(b2, b3, b4);
  e[5 * row + 3] = chi(b3, b4, b0);
  e[5 * row + 4] = chi(b4, b0, b1);
}

// e <- one round of a
template <class Word>
[[gnu::always_inline]] inline void round(const Word* a, Word* e, std::uint64_t constant) noexcept {
  Word c[5], d[5];
#pragma GCC unroll 5
  for (int x = 0; x < 5; ++x) c[x] = parity(parity(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
#pragma GCC unroll 5
  for (int x = 0; x < 5; ++x) d[x] = mix(c[(x + 4) % 5], rol<1>(c[(x + 1) % 5]));
  make_row<0>(a, d, e);
  make_row<1>(a, d, e);
  make_row<2>(a, d, e);
  make_row<3>(a, d, e);
  make_row<4>(a, d, e);
  e[0] = mix(e[0], constant);
}

template <class Word>
inline void permute(Word* state) noexcept {
  Word a[25], e[25];
#pragma GCC unroll 25
  for (int i = 0; i < 25; ++i) a[i] = state[i];
  for (int i = 0; i < 24; i += 2) {
    round(a, e, kRoundConstants[i]);
    round(e, a, kRoundConstants[i + 1]);
  }
#pragma GCC unroll 25
  for (int i = 0; i < 25; ++i) state[i] = a[i];
}

// Blocks of a message, padding included.
inline std::size_t blocks_of(std::size_t bytes) noexcept { return bytes / kRate + 1; }

// words <- block number `block` of the message; the last one carries the padding 1111 10*1 of SHAKE.
inline void load_block(const std::uint8_t* message, std::size_t bytes, std::size_t block,
                       std::uint64_t* words) noexcept {
  std::uint8_t padded[kRate] = {};
  const std::uint8_t* from = message + kRate * block;
  if (block == bytes / kRate) {
    const std::size_t rest = bytes % kRate;
    if (rest > 0) std::memcpy(padded, from, rest);
    padded[rest] = 0x1f;
    padded[kRate - 1] |= 0x80;
    from = padded;
  }
  std::memcpy(words, from, kRate);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  for (std::size_t i = 0; i < kRateWords; ++i) words[i] = __builtin_bswap64(words[i]);
#endif
}

}  // namespace shake128
ASSAY_ISA_END
