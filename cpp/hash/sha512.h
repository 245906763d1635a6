// SHA-512 (FIPS 180-4, section 6.4), streaming.
//
// Limits: messages up to 2^61 - 1 bytes. Constant time in the content, not in the length. Cost: one compression for 128
// bytes, about 9 cycles a byte. One portable implementation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/zeroize.h"

namespace assay {

constexpr std::size_t kSha512Bytes = 64;

// Wiped when it goes out of scope: it may have seen secrets.
class Sha512 {
 public:
  Sha512() noexcept;
  ~Sha512() { zeroize(this, sizeof *this); }
  Sha512(const Sha512&) = default;
  Sha512& operator=(const Sha512&) = default;

  Sha512& update(const void* data, std::size_t bytes) noexcept;
  // Writes 64 bytes. The object is spent.
  void finish(std::uint8_t* digest) noexcept;

 private:
  static constexpr std::size_t kBlock = 128;
  std::uint64_t h_[8];
  std::uint64_t length_ = 0;  // bytes
  std::uint8_t buffer_[kBlock];
};

}  // namespace assay
