// The ChaCha20 key stream as a source of 32-bit words: what a contribution draws its secrets and points from.
//
// The block function is that of RFC 8439, section 2.3, with the 256-bit key as given, nonce and counter starting at
// zero; words come out in the order of the block. The counter has 128 bits. Source of the use: ffjavascript, chacha.js,
// whose seed words are the key words in order. Constant time. The state is wiped when the object goes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/zeroize.h"

namespace assay {

inline constexpr std::size_t kChachaSeedBytes = 32;

class Chacha20 {
 public:
  // seed: eight big-endian words, as snarkjs reads them from a hash
  explicit Chacha20(const std::uint8_t* seed) noexcept;
  ~Chacha20() { zeroize(this, sizeof *this); }
  Chacha20(const Chacha20&) = delete;
  Chacha20& operator=(const Chacha20&) = delete;

  std::uint32_t next_u32() noexcept;
  // the earlier word is the upper half
  std::uint64_t next_u64() noexcept {
    const std::uint64_t high = next_u32();
    return high << 32 | next_u32();
  }

 private:
  void refill() noexcept;

  std::uint32_t state_[16];
  std::uint32_t block_[16];
  std::size_t used_ = 16;
};

}  // namespace assay
