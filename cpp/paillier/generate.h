// New private keys, and a look at primes that come from elsewhere.
//
// p and q: random primes of bits / 2 bits with their two top bits set, so that N has exactly `bits` bits, both 3 mod 4
// and gcd(p - 1, q - 1) = 2: the group of -x^2 that short exponents draw from is then all units of Jacobi symbol 1
// (Damgard, Jurik, Nielsen, Int. J. Inf. Secur. 9 (2010), section 4). Primes nearer than 2^(bits / 2 - 100) are thrown
// away (FIPS 186-5, A.1.3). Constant time as far as primes/generate.h is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "paillier/private_key.h"
#include "parallel/pool.h"

namespace assay::paillier {

// out_of_range unless bits is even and from kMinBits to kMaxBits.
Status generate(unsigned bits, PrivateKey& key, JobControl* control) noexcept;

// prime <- are both prime? Rows of `words` words, at least 256 bits each, however they were chosen: Baillie-PSW and 64
// random bases. Constant time in p and q as far as primes/lucas.h is.
Status are_prime(const std::uint64_t* p, const std::uint64_t* q, std::size_t words, bool& prime,
                 JobControl* control) noexcept;

}  // namespace assay::paillier
