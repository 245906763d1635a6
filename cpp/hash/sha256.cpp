#include "hash/sha256.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace assay {
namespace {

constexpr std::uint32_t rotr(std::uint32_t x, int n) noexcept { return (x >> n) | (x << (32 - n)); }

// w[16 .. 63] from w[0 .. 15]
constexpr void extend(std::uint32_t (&w)[64]) noexcept {
  for (int i = 16; i < 64; ++i) {
    const std::uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const std::uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
}

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr Sha256Constants kConstants = {
    {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
     0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
     0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
     0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
     0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
     0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
     0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
     0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2}};

constexpr Sha256Constants padding_after_64() noexcept {
  Sha256Constants sum{{0x80000000}};
  sum.w[15] = 8 * 64;
  extend(sum.w);
  for (int i = 0; i < 64; ++i) sum.w[i] += kConstants.w[i];
  return sum;
}

// One round; kw is the sum of the round's constant and message word.
inline void round(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t& d, std::uint32_t e, std::uint32_t f,
                  std::uint32_t g, std::uint32_t& h, std::uint32_t kw) noexcept {
  const std::uint32_t sum1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25), choose = g ^ (e & (f ^ g));
  const std::uint32_t sum0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22), majority = (a & b) | (c & (a | b));
  const std::uint32_t t = h + sum1 + choose + kw;
  d += t;
  h = t + sum0 + majority;
}

}  // namespace

const Sha256Constants kSha256RoundConstants = kConstants;
const Sha256Constants kSha256PaddingAfter64 = padding_after_64();

void sha256_compress_portable(std::uint32_t* h, const std::uint8_t* data, std::size_t blocks) noexcept {
  std::uint32_t w[64];
  for (; blocks > 0; --blocks, data += 64) {
    for (int i = 0; i < 16; ++i) w[i] = load_be32(data + 4 * i);
    extend(w);
    std::uint32_t s[8];
    std::memcpy(s, h, sizeof s);
    for (int i = 0; i < 64; i += 8) {  // the letters move down by one a round: after eight rounds they are back
      const std::uint32_t *k = kConstants.w + i, *x = w + i;
      round(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], k[0] + x[0]);
      round(s[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], k[1] + x[1]);
      round(s[6], s[7], s[0], s[1], s[2], s[3], s[4], s[5], k[2] + x[2]);
      round(s[5], s[6], s[7], s[0], s[1], s[2], s[3], s[4], k[3] + x[3]);
      round(s[4], s[5], s[6], s[7], s[0], s[1], s[2], s[3], k[4] + x[4]);
      round(s[3], s[4], s[5], s[6], s[7], s[0], s[1], s[2], k[5] + x[5]);
      round(s[2], s[3], s[4], s[5], s[6], s[7], s[0], s[1], k[6] + x[6]);
      round(s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[0], k[7] + x[7]);
    }
    for (int i = 0; i < 8; ++i) h[i] += s[i];
    zeroize(s, sizeof s);
  }
  zeroize(w, sizeof w);
}

Sha256::Sha256(Sha256Compress compress) noexcept
    : compress_(compress),
      h_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

Sha256& Sha256::update(const void* data, std::size_t bytes) noexcept {
  const auto* p = static_cast<const std::uint8_t*>(data);
  const std::size_t held = length_ % 64;
  length_ += bytes;
  if (held > 0) {
    const std::size_t take = std::min(bytes, 64 - held);
    if (take > 0) std::memcpy(block_ + held, p, take);
    p += take;
    bytes -= take;
    if (held + take < 64) return *this;
    compress_(h_, block_, 1);
  }
  compress_(h_, p, bytes / 64);
  if (bytes % 64 > 0) std::memcpy(block_, p + bytes / 64 * 64, bytes % 64);
  return *this;
}

void Sha256::finish(std::uint8_t* digest) noexcept {
  const std::uint64_t bits = 8 * length_;
  const std::uint8_t padding[64] = {0x80};
  update(padding, 1 + (119 - length_ % 64) % 64);
  std::uint8_t tail[8];
  store_be64(tail, bits);
  update(tail, 8);
  for (int i = 0; i < 8; ++i) {
    const std::uint32_t word = h_[i];
    for (int j = 0; j < 4; ++j) digest[4 * i + j] = static_cast<std::uint8_t>(word >> (24 - 8 * j));
  }
}

}  // namespace assay
