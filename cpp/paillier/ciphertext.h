// Ciphertexts as rows modulo N^2: which are sound, and their inverses.
//
// All is variable time: ciphertexts and N are public.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "paillier/public_key.h"
#include "parallel/pool.h"

namespace assay::paillier {

enum class Flaw : int { none, zero, too_large, shares_factor };

// Is 0 < c_i < N^2 and gcd(c_i, N) = 1 for all? `flaw` and `first` tell of the first that fails. Cost: about three
// products modulo N a ciphertext and one gcd for all of them (of their product); where that fails, a gcd each.
Status check_var(const PublicKey& key, std::size_t count, const std::uint64_t* ciphertexts, Flaw& flaw,
                 std::size_t& first, JobControl* control) noexcept;

// out_i = c_i^-1 mod N^2, by bigint/batch_inverse.h. out may be ciphertexts. not_invertible where one shares a factor
// with N.
Status invert_var(const PublicKey& key, std::size_t count, const std::uint64_t* ciphertexts, std::uint64_t* out,
                  JobControl* control) noexcept;

}  // namespace assay::paillier
