// out_i = a_i^-1 mod m_i for odd m_i.
//
// Source: the division steps of Bernstein and Yang (base/division_steps.h). a may be any number below 2^(64 words);
// out lies in [0, m) and may be a. Where gcd(a_i, m_i) is not 1 (so where a_i = 0, unless m_i = 1) out_i is zero, the
// others are computed all the same, and the status is not_invertible; *first_bad is the least such i.
// inverse() is constant time in a and m: for `words` words every number takes (49 64 words + 57) / 17 steps, whether or
// not it is invertible; that one bit is told. inverse_var() stops when it is done: public numbers only, two to three
// times as fast. Cost: about 190 words^2 products of 64 bits a number, in variable time a third of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "parallel/pool.h"

namespace assay {

struct InverseBatch {
  std::size_t count, words;
  const std::uint64_t* moduli;  // rows of `words` words, odd
  std::size_t modulus_step;     // 0: one for all, 1: one each
  const std::uint64_t* values;
  std::uint64_t* out;
};

// out_of_range: an even modulus (*first_bad tells which), or words is 0 or above 256.
Status inverse(const InverseBatch& batch, std::size_t* first_bad, JobControl* control) noexcept;
Status inverse_var(const InverseBatch& batch, std::size_t* first_bad, JobControl* control) noexcept;

}  // namespace assay
