// The loops over Fr that set-up and prover run for each wire and each row, behind the instruction-set dispatch.
//
// Elements are four Montgomery limbs unless said. Constant time in the values. Ranges [begin, end) let callers split
// the work.
#pragma once

#include <cstddef>
#include <cstdint>

#include "circuit/r1cs.h"

namespace assay {

struct Groth16Kernel {
  // out[wire] += coefficient * lagrange[row] for the entries of `rows` rows whose wire lies in [begin, end); `wires`
  // maps local columns to wires (null: identity)
  void (*add_columns)(SparseRowsView m, std::size_t rows, const std::uint32_t* wires, const std::uint64_t* coefficients,
                      const std::uint64_t* lagrange, std::uint64_t* out, std::size_t begin, std::size_t end) noexcept;
  // c <- (beta a + alpha b + c) * scale
  void (*combine)(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* c, const std::uint64_t* alpha,
                  const std::uint64_t* beta, const std::uint64_t* scale, std::size_t begin, std::size_t end) noexcept;
  // x <- x * factor
  void (*scale)(std::uint64_t* x, const std::uint64_t* factor, std::size_t begin, std::size_t end) noexcept;
  // whether all x are below r
  bool (*canonical)(const std::uint64_t* x, std::size_t begin, std::size_t end) noexcept;
  // a <- a b and a <- a - b, all in canonical form
  void (*multiply)(std::uint64_t* a, const std::uint64_t* b, std::size_t begin, std::size_t end) noexcept;
  void (*subtract)(std::uint64_t* a, const std::uint64_t* b, std::size_t begin, std::size_t end) noexcept;
};

extern const Groth16Kernel kGroth16Portable;
#if defined(ASSAY_X86)
extern const Groth16Kernel kGroth16Adx;
#endif

// The one for this processor.
const Groth16Kernel& groth16_kernel() noexcept;

}  // namespace assay
