// SHA-256 of many messages of one length at once, and of the inner nodes of Merkle trees.
//
//   pairs:     out_i = SHA-256(in_i), 64 bytes each: left child, right child
//   messages:  out_i = SHA-256(in_i), `length` bytes each
//   prefixed:  out_i = SHA-256(prefix || in_i), of any lengths
//   roots:     complete binary trees, node = SHA-256(left || right)
//
// Source: FIPS 180-4; messages side by side after S. Gueron, V. Krasnov, "Simultaneous hashing of multiple messages"
// (2012). Levels: 32 messages at avx512, eight with AVX2 at adx where the processor has no SHA extensions, else one by
// one. The padding of a message of 64 bytes is a block by itself, whose message schedule is a constant: a fifth of the
// work of a pair is saved.
//
// Ranges: any length and count, any alignment. Aliasing: none, but `out` of pairs may be `in`. Constant time in the
// content. Cost of a pair at avx512: 166 instructions, 2656 of 16 lanes for 16 pairs, beside the transposition.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "hash/sha256.h"
#include "parallel/pool.h"

namespace assay {

constexpr std::size_t kSha256MaxHeight = 12;  // of a complete tree in a lane

struct Sha256Lanes {
  const char* name;
  std::size_t lanes;
  // groups x lanes messages
  void (*pairs)(const std::uint8_t* in, std::size_t groups, std::uint8_t* out) noexcept;
  void (*messages)(const std::uint8_t* in, std::size_t length, std::size_t groups, std::uint8_t* out) noexcept;
  // `lanes` complete trees over leaves_each leaves of 32 bytes, one after the other; leaves_each is a power of two,
  // 2 to 2^kSha256MaxHeight. out: their roots.
  void (*roots)(const std::uint8_t* leaves, std::size_t leaves_each, std::uint8_t* out) noexcept;
};
#if defined(ASSAY_X86)
extern const Sha256Lanes kSha256Avx512, kSha256Avx2;
#endif

// What runs at the level in force, its known answers checked; null if messages are hashed one by one.
const Sha256Lanes* sha256_lanes() noexcept;
// "avx512", "avx2", or the name of the compression function.
const char* sha256_batch_implementation() noexcept;

// n pairs, on the calling thread. out may be `in`.
void sha256_pairs(const std::uint8_t* in, std::size_t n, std::uint8_t* out) noexcept;
// n messages of `length` bytes, back to back, on the calling thread.
void sha256_messages(const std::uint8_t* in, std::size_t length, std::size_t n, std::uint8_t* out) noexcept;
// The same in the pool. cancelled: out is then unspecified.
Status sha256_messages(const std::uint8_t* in, std::size_t length, std::size_t n, std::uint8_t* out,
                       JobControl* control) noexcept;

// n messages wherever they lie, of any lengths, each after the same prefix, on the calling thread. Those of one length
// are hashed side by side: copied for it up to 64 KiB each, into up to 2 MiB in all. out_of_memory.
Status sha256_prefixed(const std::uint8_t* prefix, std::size_t prefix_length, const std::uint8_t* const* in,
                       const std::size_t* lengths, std::size_t n, std::uint8_t* out) noexcept;

}  // namespace assay
