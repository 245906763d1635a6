// What only who knows p and q can do: decrypt, and blind at an eighth of the cost.
//
//   decryption, modulo p (and q alike), then the Chinese remainder theorem:
//     m = L_p(c^(p - 1) mod p^2) h_p mod p,   L_p(x) = (x - 1) / p,   h_p = (-q)^-1 mod p
//   (Paillier, EUROCRYPT 1999, section 7, with the base 1 + N, for which L_p((1 + N)^(p - 1)) = -q mod p)
//   blinding: r^N = (r^q)^p is uniform among the p-th powers modulo p^2, and so is x^p for x uniform in [1, p): r ->
//   r^q permutes the units modulo p as gcd(N, phi(N)) = 1. Alike modulo q^2.
//
// Constant time in p, q, plaintexts and randomness; wiped when freed. Cost of each: one power modulo p^2 and one
// modulo q^2 with exponents of |N| / 2 bits, of numbers half as long as those of the public side.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/words.h"
#include "bigint/modulus.h"
#include "paillier/public_key.h"
#include "parallel/pool.h"

namespace assay::paillier {

class PrivateKey {
 public:
  // p and q: rows of `words` words, odd primes (see are_prime of generate.h), in any order. out_of_range: p = q, a
  // product outside the lengths of a PublicKey, lengths of p and q that differ by more than 8 bits. not_invertible: q
  // is no unit modulo p^2, or gcd(p q, (p - 1)(q - 1)) > 1, or a factor is not prime in a way that shows. *this is then
  // empty.
  Status assign(const std::uint64_t* p, const std::uint64_t* q, std::size_t words) noexcept;

  const PublicKey& public_key() const noexcept { return public_; }
  // Words of each of p and q as they are handed out, the larger first.
  std::size_t prime_words() const noexcept { return half_; }
  const std::uint64_t* larger() const noexcept { return p_.exponent.data(); }
  const std::uint64_t* smaller() const noexcept { return q_.exponent.data(); }

  // One side of the Chinese remainder theorem.
  struct Side {
    Modulus prime, square;
    Words exponent;    // p
    Words minus_one;   // p - 1
    Words exact;       // p^-1 mod 2^(64 half)
    Words correction;  // h_p, as a residue of Montgomery's
  };
  const Side& larger_side() const noexcept { return p_; }
  const Side& smaller_side() const noexcept { return q_; }
  const std::uint64_t* q_inverse() const noexcept { return q_inverse_.data(); }
  const std::uint64_t* q_square_inverse() const noexcept { return q_square_inverse_.data(); }

 private:
  Status derive() noexcept;

  PublicKey public_;
  Side p_, q_;              // p > q
  Words q_inverse_;         // q^-1 mod p, as a residue
  Words q_square_inverse_;  // q^-2 mod p^2, as a residue
  std::size_t half_ = 0;
};

// out: `count` plaintexts of k words, in [0, N), or, centered, in (-N / 2, N / 2) in two's complement. The ciphertexts
// must have passed check_var() of ciphertext.h, else some rows of out mean nothing.
Status decrypt(const PrivateKey& key, std::size_t count, const std::uint64_t* ciphertexts, bool centered,
               std::uint64_t* out, JobControl* control) noexcept;

// out_i = r_i^N mod N^2, distributed as blind_exact's.
Status blind_keyholder(const PrivateKey& key, std::size_t count, std::uint64_t* out, JobControl* control) noexcept;

}  // namespace assay::paillier
