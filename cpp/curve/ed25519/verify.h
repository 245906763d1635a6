// Verification of Ed25519 signatures (R, s) on messages M under public keys A (RFC 8032, section 5.1.7, without
// cofactor):
//
//   s < L,  A decodes,  and  [s]B - [k]A encodes to exactly the bytes R,   k = SHA-512(R || A || M) mod L
//
// A decodes as in ref10 and OpenSSL: y is reduced modulo p, x = 0 may carry a sign, any order is taken. All levels, and
// OpenSSL, judge every input alike.
//
// [s]B - [k]A by shared doublings with signed windows: five bits of k over a table of the 16 first multiples of -A, ten
// bits of s over a table of 512 multiples of B made once (Straus; Moeller, "Algorithms for multi-exponentiation", SAC
// 2001). Signatures of a block share one inversion. Variable time: everything here is public.
// Cost of a signature: 250 doublings, 66 additions of a Cached and 26 of a Step, one square root, a fourth of an
// inversion: 1,500 products and 1,320 squares in F_p. Eight in lanes at level avx512 take 490,000 vector instructions,
// so no less than 30,500 cycles a signature at two a cycle; Cascade Lake takes 41,000 (16.4 us), 131,000 one by one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace assay::ed25519 {

constexpr std::size_t kPublicKeyBytes = 32, kSignatureBytes = 64, kDigestBytes = 64;

// verdicts[i] <- 1 where signature i verifies, else 0. public_keys [n, 32], signatures [n, 64]; message i is the bytes
// offsets[i] to offsets[i + 1] of `messages`. In parallel. out_of_memory if the table of B cannot be made.
Status verify(const std::uint8_t* public_keys, const std::uint8_t* messages, const std::uint64_t* offsets,
              const std::uint8_t* signatures, std::size_t n, std::uint8_t* verdicts) noexcept;

// One level: n signatures on the calling thread, with base_table(). digests [n, 64]: SHA-512 of R || A || M.
struct Kernel {
  void (*verify)(const std::uint64_t* base, const std::uint8_t* public_keys, const std::uint8_t* digests,
                 const std::uint8_t* signatures, std::size_t n, std::uint8_t* verdicts) noexcept;
};

extern const Kernel kPortable;
#if defined(ASSAY_X86)
extern const Kernel kAdx, kAvx512, kIfma;
#endif

}  // namespace assay::ed25519
