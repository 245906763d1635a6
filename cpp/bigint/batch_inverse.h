// out_i = a_i^-1 mod N for one modulus, with one inversion for many numbers.
//
//   P_i = a_0 a_1 ... a_i,   a_i^-1 = P_(i-1) (a_i ... a_k)^-1 (a_(i+1) ... a_k)
//
// Source: Montgomery, Math. Comp. 48 (1987), section 10.3.1. Chunks of numbers go to the threads, each with an
// inversion of its own. If one has a factor in common with N, the chunk's product has none, and the chunk is inverted
// number by number: out_i is then zero where there is no inverse, status not_invertible, and *first_bad the least such
// i. batch_inverse is constant time in the numbers and N as long as all are invertible; batch_inverse_var is for public
// ones. Cost a number: 5 products, and its share of an inversion (bigint/inverse.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "bigint/modulus.h"
#include "parallel/pool.h"

namespace assay {

// values, out: rows of `words` words, words >= modulus.size() (invalid_length); values need not be below N. out may be
// values.
Status batch_inverse(const Modulus& modulus, const std::uint64_t* values, std::size_t count, std::size_t words,
                     std::uint64_t* out, std::size_t* first_bad, JobControl* control) noexcept;
Status batch_inverse_var(const Modulus& modulus, const std::uint64_t* values, std::size_t count, std::size_t words,
                         std::uint64_t* out, std::size_t* first_bad, JobControl* control) noexcept;

}  // namespace assay
