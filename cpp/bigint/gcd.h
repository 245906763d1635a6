// gcd(a_i, b_i), and the Jacobi symbol (a_i / n_i).
//
// gcd: the division steps of Bernstein and Yang (base/division_steps.h); gcd(0, 0) = 0. gcd() is constant time in
// both for `words` words, and takes an odd b. gcd_var() takes any two numbers, in time that depends on them.
//
// Jacobi, in variable time, for odd n > 0: from the symbol's laws
//   (2 / n) = -1 if n = 3, 5 mod 8,   (a / n) = (n / a) (-1)^((a - 1) / 2 (n - 1) / 2) for odd a,   (a / n) = (a - n /
//   n)
// by subtraction and shifts alone (Cohen, A Course in Computational Algebraic Number Theory, section 1.4, in its binary
// form): about 0.7 subtractions of `words` words a bit. 0 where gcd(a, n) > 1.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "parallel/pool.h"

namespace assay {

struct PairBatch {
  std::size_t count, words;
  const std::uint64_t* a;
  const std::uint64_t* b;  // rows of `words` words
  std::size_t b_step;      // 0: one for all, 1: one each
};

// out: rows of `words` words; may be a. out_of_range: an even b, of which *first_bad tells the first (gcd only), or
// words is 0 or above 256.
Status gcd(const PairBatch& batch, std::uint64_t* out, std::size_t* first_bad, JobControl* control) noexcept;
Status gcd_var(const PairBatch& batch, std::uint64_t* out, JobControl* control) noexcept;

// out: (a / b) as -1, 0 or 1. out_of_range as gcd.
Status jacobi_var(const PairBatch& batch, std::int8_t* out, std::size_t* first_bad, JobControl* control) noexcept;

// (a / n) for one pair of `words` words; destroys both. n odd, words >= 1.
int jacobi_inplace_var(std::uint64_t* a, std::uint64_t* n, std::size_t words) noexcept;
// (a / n) for single words, n odd
int jacobi_word_var(std::uint64_t a, std::uint64_t n) noexcept;

}  // namespace assay
