#include "ceremony/chacha.h"

#include <bit>

#include "base/bytes.h"

namespace assay {
namespace {

void quarter_round(std::uint32_t* x, int a, int b, int c, int d) noexcept {
  x[a] += x[b], x[d] = std::rotl(x[d] ^ x[a], 16);
  x[c] += x[d], x[b] = std::rotl(x[b] ^ x[c], 12);
  x[a] += x[b], x[d] = std::rotl(x[d] ^ x[a], 8);
  x[c] += x[d], x[b] = std::rotl(x[b] ^ x[c], 7);
}

}  // namespace

Chacha20::Chacha20(const std::uint8_t* seed) noexcept
    : state_{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, block_{} {
  for (std::size_t i = 0; i < 8; ++i) state_[4 + i] = load_be32(seed + 4 * i);
}

std::uint32_t Chacha20::next_u32() noexcept {
  if (used_ == 16) refill();
  return block_[used_++];
}

void Chacha20::refill() noexcept {
  for (std::size_t i = 0; i < 16; ++i) block_[i] = state_[i];
  for (int round = 0; round < 10; ++round) {
    quarter_round(block_, 0, 4, 8, 12);
    quarter_round(block_, 1, 5, 9, 13);
    quarter_round(block_, 2, 6, 10, 14);
    quarter_round(block_, 3, 7, 11, 15);
    quarter_round(block_, 0, 5, 10, 15);
    quarter_round(block_, 1, 6, 11, 12);
    quarter_round(block_, 2, 7, 8, 13);
    quarter_round(block_, 3, 4, 9, 14);
  }
  for (std::size_t i = 0; i < 16; ++i) block_[i] += state_[i];
  used_ = 0;
  for (std::size_t i = 12; i < 16; ++i)
    if (++state_[i] != 0) break;
}

}  // namespace assay
