// Encryption under a public key N: c = (1 + N)^m r^N mod N^2 = (1 + m N) r^N mod N^2.
//
// Source: Paillier, EUROCRYPT 1999; the base 1 + N: Damgard, Jurik, PKC 2001. The factor r^N is the *blinding*: it does
// not depend on m, can be made beforehand, and must hide one plaintext only.
//
// With k = words() a plaintext is a row of k words or fewer, signed (two's complement, |m| < N), a ciphertext or a
// blinding a row of 2 k words below N^2. All is constant time in m and r; N is public. Cost: an embedding one product
// of k words; a blinding one power modulo N^2 with an exponent of |N| bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "bigint/modulus.h"
#include "parallel/pool.h"

namespace assay::paillier {

constexpr unsigned kMinBits = 2048, kMaxBits = 4096;

class PublicKey {
 public:
  // out_of_range unless N is odd and of kMinBits to kMaxBits bits. What else N must be is not looked at here.
  Status assign(const std::uint64_t* n, std::size_t words) noexcept;

  std::size_t words() const noexcept { return n_.size(); }
  std::size_t cipher_words() const noexcept { return 2 * n_.size(); }
  const Modulus& modulus() const noexcept { return n_; }
  const Modulus& square() const noexcept { return square_; }

 private:
  Modulus n_, square_;
};

// out_i = 1 + m_i N mod N^2. `plain_words` from 1 to k.
Status embed(const PublicKey& key, std::size_t count, const std::uint64_t* plain, std::size_t plain_words,
             std::uint64_t* out) noexcept;

// out_i = (1 + m_i N) factor_i mod N^2: an encryption if factor is a blinding, m added to what a ciphertext holds. out
// may be factor.
Status add_plain(const PublicKey& key, std::size_t count, const std::uint64_t* plain, std::size_t plain_words,
                 const std::uint64_t* factor, std::uint64_t* out, JobControl* control) noexcept;

// out_i = r_i^N mod N^2 with fresh r_i, uniform in [1, N).
Status blind_exact(const PublicKey& key, std::size_t count, std::uint64_t* out, JobControl* control) noexcept;

}  // namespace assay::paillier
