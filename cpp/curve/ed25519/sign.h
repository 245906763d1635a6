// Ed25519 signatures (RFC 8032, sections 5.1.5 and 5.1.6). With h = SHA-512(seed), a its lower half with bits 0 to 2
// and 255 cleared and bit 254 set, prefix its upper half:
//
//   A = [a]B,   r = SHA-512(prefix || M) mod L,   R = [r]B,   k = SHA-512(R || A || M) mod L,   s = r + k a mod L
//
// [r]B in signed digits of four bits: sum over i of digit 2 i + 1 of 256^i B, four doublings, then the digits 2 i
// (Bernstein, Duif, Lange, Schwabe, Yang 2012, section 4). The public key is kept with the secret one: a signature
// under another A would give a away.
//
// Constant time in the seed and all that follows from it, not in the length of the message; what the kernels kept is
// wiped. Cost of [r]B: 64 additions of a Step, each read from a row of eight whole, 4 doublings, one inversion: 474
// products, 270 squares. Cascade Lake takes 46,000 cycles for a message of 32 bytes, 42,000 of them in [r]B: 10,500 for
// the inverse, 5,700 to read the rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/zeroize.h"
#include "curve/ed25519/verify.h"

namespace assay::ed25519 {

constexpr std::size_t kSeedBytes = 32;

// What follows from a seed. Wiped when it goes.
class SecretKey {
 public:
  SecretKey() = default;
  ~SecretKey() { zeroize(this, sizeof *this); }
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;

  // out_of_memory if the table of B cannot be made; the key is then not to be used
  Status assign(const std::uint8_t* seed) noexcept;
  const std::uint8_t* public_key() const noexcept { return public_; }
  // signature <- R || s, 64 bytes; the message may not overlap it
  void sign(const std::uint8_t* message, std::size_t bytes, std::uint8_t* signature) const noexcept;

 private:
  std::uint8_t prefix_[32], public_[kPublicKeyBytes];
  std::uint64_t scalar_[4];
};

// One level: encoded <- the 32 bytes of [scalar]B, for a scalar of four words below 2^255, with comb_table().
struct SignKernel {
  void (*multiply_base)(const std::uint64_t* comb, const std::uint64_t* scalar, std::uint8_t* encoded) noexcept;
};

extern const SignKernel kSignPortable;
#if defined(ASSAY_X86)
extern const SignKernel kSignAdx;
#endif

}  // namespace assay::ed25519
