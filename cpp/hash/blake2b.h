// BLAKE2b with 64-byte digests and no key (RFC 7693), whose unfinished state can be stored and resumed.
//
// A `.ptau` file keeps, for each contribution, the state before its last update (216 bytes, all little-endian):
//   128 bytes block, of which the first `used` are pending and the rest is meaningless; 8 u64 h; u64 bytes compressed;
//   u64 used; 8 bytes zero. Source of that layout: mafintosh/blake2b-wasm, by way of snarkjs (misc.js).
// Constant time in the content. A full block stays pending until more follows it. Cost: one compression for 128 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace assay {

constexpr std::size_t kBlake2bBytes = 64;
constexpr std::size_t kBlake2bBlock = 128;
constexpr std::size_t kBlake2bStateBytes = 216;

class Blake2b {
 public:
  Blake2b() noexcept;

  Blake2b& update(const void* data, std::size_t bytes) noexcept;
  // Writes 64 bytes. The object is spent.
  void finish(std::uint8_t* digest) noexcept;

  // The meaningless bytes are written as zeros.
  void save(std::uint8_t* state) const noexcept;
  // malformed unless used <= 128, the compressed bytes are whole blocks, and the last 8 bytes are zero
  Status resume(const std::uint8_t* state) noexcept;
  std::uint64_t length() const noexcept { return compressed_ + used_; }

 private:
  void compress(const std::uint8_t* block, std::uint64_t length, bool last) noexcept;

  std::uint64_t h_[8];
  std::uint64_t compressed_ = 0, used_ = 0;
  std::uint8_t block_[kBlake2bBlock] = {};
};

}  // namespace assay
