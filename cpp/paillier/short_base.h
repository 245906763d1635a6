// Blindings from short exponents: g^a mod N^2 with g = h^N, h = -x^2 mod N, by a table of powers of g.
//
// Source: Damgard, Jurik, Nielsen, A generalization of Paillier's public-key system with applications to electronic
// voting, Int. J. Inf. Secur. 9 (2010), section 4.2. x is drawn here, by who encrypts: nobody has to be trusted for h.
// Assumption, beside Paillier's own: g^a with a of `exponent_bits` random bits cannot be told from a random power of g.
// With |N| / 2 bits that follows from factoring being hard (Goldreich, Rosen, J. Cryptology 16 (2003)); with fewer it
// is the short-exponent assumption, an assumption of its own; 256 bits are the least against generic attacks of 2^128
// work.
//
// Constant time in the exponents (bigint/fixed_base.h, which tells cost and memory).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "bigint/fixed_base.h"
#include "paillier/public_key.h"
#include "parallel/pool.h"

namespace assay::paillier {

class ShortBase {
 public:
  static constexpr unsigned kMinExponentBits = 256;
  static constexpr unsigned kWindow = 5;  // one bit more saves a sixth of the products and reads twice as much

  // out_of_range unless exponent_bits is from 256 to |N|. The key must outlive this.
  Status assign(const PublicKey& key, unsigned exponent_bits, JobControl* control) noexcept;
  std::size_t table_bytes() const noexcept { return table_.bytes(); }
  std::size_t exponent_words() const noexcept { return (table_.exponent_bits() + 63) / 64; }

  // out_i = g^a_i mod N^2 with fresh a_i, uniform in [0, 2^exponent_bits).
  Status blind(std::size_t count, std::uint64_t* out, JobControl* control) const noexcept;
  // out_i = g^a_i mod N^2 for given a_i, rows of exponent_words() words below 2^exponent_bits.
  Status power(std::size_t count, const std::uint64_t* exponents, std::uint64_t* out,
               JobControl* control) const noexcept;

 private:
  const PublicKey* key_ = nullptr;
  FixedBase table_;
};

}  // namespace assay::paillier
