// SHA-256 (FIPS 180-4, section 6.2), streaming and in one call.
//
// Limits: messages up to 2^61 - 1 bytes. Constant time in the content, not in the length. Cost: one compression for 64
// bytes. Compression functions: with the SHA extensions, with AVX2 and BMI2, portable; the first that the processor has
// and whose known answers (FIPS 180-2) come out. Cycles a byte (Cascade Lake): 7.9 with AVX2, 14 portable. Many
// messages at once: hash/sha256_batch.h.
//
// Tested at every level; where the processor lacks the SHA extensions, on its instructions emulated one by one
// (tests/support/trap.py).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/zeroize.h"

namespace assay {

constexpr std::size_t kSha256Bytes = 32;

// h <- the compression of `blocks` blocks of 64 bytes into the state of 8 words
using Sha256Compress = void (*)(std::uint32_t* h, const std::uint8_t* data, std::size_t blocks) noexcept;
void sha256_compress_portable(std::uint32_t* h, const std::uint8_t* data, std::size_t blocks) noexcept;
#if defined(ASSAY_X86)
void sha256_compress_avx2(std::uint32_t* h, const std::uint8_t* data, std::size_t blocks) noexcept;
void sha256_compress_shani(std::uint32_t* h, const std::uint8_t* data, std::size_t blocks) noexcept;
#endif
// SHA-256("abc") and a message of two blocks by this compression function, compared with FIPS 180-2, appendix B.
bool sha256_known_answer(Sha256Compress compress) noexcept;

struct Sha256Implementation {
  const char* name;  // portable, avx2 or sha_ni
  Sha256Compress compress;
};
// At level portable the portable one; else the best that the processor has.
const Sha256Implementation& sha256_in_force() noexcept;
// The one of that name, at any level; null if it does not run here.
const Sha256Implementation* sha256_named(std::string_view name) noexcept;

struct Sha256Constants {
  std::uint32_t w[64];
};
extern const Sha256Constants kSha256RoundConstants;
// Round constants plus message schedule of the block that pads a message of 64 bytes.
extern const Sha256Constants kSha256PaddingAfter64;

// Wiped when it goes out of scope: it may have seen secrets.
class Sha256 {
 public:
  Sha256() noexcept : Sha256(sha256_in_force().compress) {}
  explicit Sha256(Sha256Compress compress) noexcept;
  ~Sha256() { zeroize(this, sizeof *this); }
  Sha256(const Sha256&) = default;
  Sha256& operator=(const Sha256&) = default;

  Sha256& update(const void* data, std::size_t bytes) noexcept;
  // Writes 32 bytes. The object is spent.
  void finish(std::uint8_t* digest) noexcept;

 private:
  Sha256Compress compress_;
  std::uint32_t h_[8];
  std::uint64_t length_ = 0;
  std::uint8_t block_[64];
};

inline void sha256(const void* data, std::size_t bytes, std::uint8_t* digest) noexcept {
  Sha256().update(data, bytes).finish(digest);
}

}  // namespace assay
