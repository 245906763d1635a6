#include "hash/blake2b.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"

namespace assay {
namespace {

// RFC 7693, section 2.6 and 2.7
constexpr std::uint64_t kInitial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                       0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::uint8_t kOrder[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
constexpr int kRounds = 12;

[[gnu::always_inline]] inline void mix(std::uint64_t* v, int a, int b, int c, int d, std::uint64_t x,
                                       std::uint64_t y) noexcept {
  v[a] += v[b] + x, v[d] = std::rotr(v[d] ^ v[a], 32);
  v[c] += v[d], v[b] = std::rotr(v[b] ^ v[c], 24);
  v[a] += v[b] + y, v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d], v[b] = std::rotr(v[b] ^ v[c], 63);
}

}  // namespace

Blake2b::Blake2b() noexcept {
  std::copy_n(kInitial, 8, h_);
  h_[0] ^= 0x01010000 ^ kBlake2bBytes;  // fan-out 1, depth 1, no key
}

void Blake2b::compress(const std::uint8_t* block, std::uint64_t length, bool last) noexcept {
  std::uint64_t v[16], m[16];
  for (int i = 0; i < 8; ++i) v[i] = h_[i], v[8 + i] = kInitial[i];
  v[12] ^= length;
  if (last) v[14] = ~v[14];
  for (int i = 0; i < 16; ++i) m[i] = load_le64(block + 8 * i);
#pragma GCC unroll 12
  for (int round = 0; round < kRounds; ++round) {
    const std::uint8_t* s = kOrder[round % 10];
    mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
    mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
    mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
    mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
    mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
    mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
    mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
    mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; ++i) h_[i] ^= v[i] ^ v[8 + i];
}

Blake2b& Blake2b::update(const void* data, std::size_t bytes) noexcept {
  const auto* in = static_cast<const std::uint8_t*>(data);
  while (bytes > 0) {
    if (used_ == kBlake2bBlock) {
      compressed_ += kBlake2bBlock;
      compress(block_, compressed_, false);
      used_ = 0;
    }
    const std::size_t take = std::min<std::size_t>(bytes, kBlake2bBlock - used_);
    std::memcpy(block_ + used_, in, take);
    used_ += take;
    in += take;
    bytes -= take;
  }
  return *this;
}

void Blake2b::finish(std::uint8_t* digest) noexcept {
  std::memset(block_ + used_, 0, kBlake2bBlock - used_);
  compress(block_, length(), true);
  for (int i = 0; i < 8; ++i) store_le64(digest + 8 * i, h_[i]);
}

void Blake2b::save(std::uint8_t* state) const noexcept {
  std::memset(state, 0, kBlake2bStateBytes);
  std::memcpy(state, block_, used_);
  std::uint8_t* words = state + kBlake2bBlock;
  for (int i = 0; i < 8; ++i) store_le64(words + 8 * i, h_[i]);
  store_le64(words + 64, compressed_);
  store_le64(words + 72, used_);
}

Status Blake2b::resume(const std::uint8_t* state) noexcept {
  const std::uint8_t* words = state + kBlake2bBlock;
  const std::uint64_t compressed = load_le64(words + 64), used = load_le64(words + 72);
  if (used > kBlake2bBlock || compressed % kBlake2bBlock != 0 || load_le64(words + 80) != 0) return Status::malformed;
  for (int i = 0; i < 8; ++i) h_[i] = load_le64(words + 8 * i);
  compressed_ = compressed;
  used_ = used;
  std::memcpy(block_, state, used);
  return Status::ok;
}

}  // namespace assay
