// Products of powers: out_i = prod_j base_ij ^ exponent_ij mod N, j < terms.
//
// Few terms (Straus, Amer. Math. Monthly 71 (1964), with sliding windows): tables of the odd powers below 2^w of each
// base, and one chain of squarings for all: 2^(w-1) products a term for the table, bits / (w + 1) to use it, `bits`
// squarings. Many terms (Pippenger, SIAM J. Comput. 9 (1980), with buckets): for each window of c bits, one product a
// term into the bucket of its digit, and 2^(c+1) to add the buckets up with their weights. Whichever takes fewer
// products by that count is taken, with the best w or c. Tables of shared bases are made once for all outputs.
//
// Variable time: for public bases and exponents. Exponents are not negative: whoever has signed ones inverts the bases
// (bigint/batch_inverse.h). x^0 = 1 for every x. No terms: 1. Long lists are cut into pieces for the threads, each with
// its own chain of squarings.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "bigint/modulus.h"
#include "parallel/pool.h"

namespace assay {

struct MultiPowerBatch {
  std::size_t count = 0, terms = 0, words = 0;  // outputs; terms of each; words of a row of bases and out
  const Modulus* modulus = nullptr;             // words >= its size
  const std::uint64_t* bases = nullptr;         // [terms] rows, or [count][terms]
  std::size_t base_step = 0;                    // 0: the same bases for all outputs, 1: their own
  const std::uint64_t* exponents = nullptr;     // [count][terms] rows of exponent_words words
  std::size_t exponent_words = 0;
  std::uint64_t* out = nullptr;  // [count] rows, which overlap no operand
};

Status multi_power_var(const MultiPowerBatch& batch, JobControl* control) noexcept;

}  // namespace assay
