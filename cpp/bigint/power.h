// Modular exponentiation and multiplication in batches: row i of the result belongs to row i of every operand.
//
//   power:     out_i = base_i ^ exponent_i mod N_i        multiply:  out_i = a_i b_i mod N_i
//
// Source: fixed windows, all entries of the table read for each (Brickell, Gordon, McCurley, Wilson, EUROCRYPT 92, and
// Gueron, J. Cryptogr. Eng. 2 (2012), for the scan); sliding windows: Menezes, van Oorschot, Vanstone, Handbook of
// Applied Cryptography, 14.85. x^0 = 1 for every x, 0 included, as Python's pow has it.
//
// Rows are little-endian words of 64 bits, a batch is C-contiguous. Values of a row need not be below the modulus, they
// are reduced; results are below it. `words` must be at least the size of each modulus (invalid_length), no modulus may
// be empty (out_of_range). Moduli of a batch may differ in value and in size. out may be the very array of an operand,
// and overlaps it otherwise not at all.
//
// power and multiply are constant time in bases, exponents and moduli: time and addresses depend on count, words,
// exponent_words, the sizes of the moduli and the level alone. power_var looks at the exponents: for public ones only
// (it is still constant time in bases and moduli of a given size). What the kernels kept of the operands is wiped.
//
// Work runs on the pool; `control` may be null, is asked between rows and within long exponents, and after `cancelled`
// the result is unspecified. Levels with lanes take eight rows at once: a batch that is no multiple of eight costs at
// most what the next multiple costs. Cost of a power with an exponent of e bits and windows of w: e squarings and
// e / w + 2^w products, see docs/bigint.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "bigint/modulus.h"
#include "parallel/pool.h"

namespace assay {

struct PowerBatch {
  std::size_t count = 0, words = 0;  // rows; words of a row of bases and out
  const Modulus* moduli = nullptr;
  std::size_t modulus_step = 0;  // 0: one modulus for all; 1: one each
  const std::uint64_t* bases = nullptr;
  const std::uint64_t* exponents = nullptr;
  std::size_t exponent_words = 0, exponent_step = 0;  // step 0: one exponent for all; 1: one each. 0 words: exponent 0
  std::uint64_t* out = nullptr;
};

Status power(const PowerBatch& batch, JobControl* control) noexcept;
Status power_var(const PowerBatch& batch, JobControl* control) noexcept;

struct MultiplyBatch {
  std::size_t count = 0, words = 0;
  const Modulus* moduli = nullptr;
  std::size_t modulus_step = 0;
  const std::uint64_t *a = nullptr, *b = nullptr;
  std::uint64_t* out = nullptr;
};

Status multiply(const MultiplyBatch& batch, JobControl* control) noexcept;

}  // namespace assay
