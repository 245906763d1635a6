// Many messages hashed side by side: what the kernels of each level share. Included by their files only, which define
// Word and, beside what sha256_rounds.h asks for,
//   kLanes                          messages side by side
//   splat(x)                        x in each lane
//   load_block(rows, stride, w)     w[0 .. 15] <- the big-endian words of `kLanes` rows of 64 bytes, `stride` apart
//   store_digests(s, out)           kLanes rows of 32 bytes, back to back
#pragma once

#include <cstring>

#include "base/zeroize.h"
#include "hash/sha256_batch.h"
#include "hash/sha256_rounds.h"

ASSAY_ISA_BEGIN
namespace sha256_lanes {

constexpr std::uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

[[gnu::always_inline]] inline void initialise(Word (&s)[8]) noexcept {
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) s[i] = splat(kInitial[i]);
}

[[gnu::always_inline]] inline void copy(Word* to, const Word* from) noexcept {
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) to[i] = from[i];
}

// w[0 .. 15] is a message of 64 bytes; w[0 .. 7] <- its digest. The second block is padding alone.
[[gnu::noinline]] inline void digest_64(Word* w) noexcept {
  Word s[8];
  initialise(s);
  sha256_rounds::compress(s, w, kSha256RoundConstants.w);
  sha256_rounds::compress_constant(s, kSha256PaddingAfter64.w);
  copy(w, s);
}

// state <- compression of the block w[0 .. 15]
[[gnu::noinline]] inline void compress(Word* state, Word* w) noexcept {
  Word s[8];
  copy(s, state);
  sha256_rounds::compress(s, w, kSha256RoundConstants.w);
  copy(state, s);
}

struct Schedule {
  Word w[64];
  ~Schedule() { zeroize(this, sizeof *this); }
};

inline void pairs(const std::uint8_t* in, std::size_t groups, std::uint8_t* out) noexcept {
  Schedule schedule;
  for (; groups > 0; --groups, in += 64 * kLanes, out += 32 * kLanes) {
    load_block(in, 64, schedule.w);
    digest_64(schedule.w);
    store_digests(schedule.w, out);
  }
}

inline void messages(const std::uint8_t* in, std::size_t length, std::size_t groups, std::uint8_t* out) noexcept {
  Schedule schedule;
  Word* const w = schedule.w;
  const std::size_t whole = length / 64, rest = length % 64, last = rest < 56 ? 64 : 128;
  std::uint8_t tails[kLanes][128] = {};  // the end of each message and its padding
  for (auto& tail : tails) {
    tail[rest] = 0x80;
    for (int i = 0; i < 8; ++i) tail[last - 1 - i] = static_cast<std::uint8_t>(std::uint64_t{8} * length >> (8 * i));
  }
  for (; groups > 0; --groups, in += kLanes * length, out += 32 * kLanes) {
    Word s[8];
    initialise(s);
    for (std::size_t block = 0; block < whole; ++block) {
      load_block(in + 64 * block, length, w);
      compress(s, w);
    }
    if (rest > 0)
      for (std::size_t lane = 0; lane < kLanes; ++lane) std::memcpy(tails[lane], in + lane * length + 64 * whole, rest);
    for (std::size_t at = 0; at < last; at += 64) {
      load_block(tails[0] + at, sizeof tails[0], w);
      compress(s, w);
    }
    store_digests(s, out);
  }
  zeroize(tails, sizeof tails);
}

// Depth first: a node is hashed as soon as both children are there, so that words pass from level to level as they lie.
// finished[h] is the left node of height h that waits for its sibling.
inline void roots(const std::uint8_t* leaves, std::size_t leaves_each, std::uint8_t* out) noexcept {
  Schedule schedule;
  Word* const w = schedule.w;
  Word finished[kSha256MaxHeight + 1][8];
  for (std::size_t i = 0; i < leaves_each / 2; ++i) {
    const std::uint8_t* const pair = leaves + 64 * i;
    load_block(pair, 32 * leaves_each, w);
    if (i + 2 < leaves_each / 2)
      for (std::size_t lane = 0; lane < kLanes; ++lane) __builtin_prefetch(pair + 128 + 32 * leaves_each * lane);
    digest_64(w);
    std::size_t height = 1;
    for (std::size_t rest = i; (rest & 1) == 1; rest >>= 1, ++height) {
      copy(w + 8, w);
      copy(w, finished[height]);
      digest_64(w);
    }
    copy(finished[height], w);
  }
  store_digests(w, out);
}

}  // namespace sha256_lanes
ASSAY_ISA_END
