// The body of the R1CS kernels, compiled once for each level (r1cs_portable.cpp, r1cs_adx.cpp).
#pragma once

#include "circuit/r1cs.h"
#include "field/fe.h"

ASSAY_ISA_BEGIN
namespace r1cs_kernel {

inline Fr dot(const SparseRowsView& m, std::size_t row, const std::uint32_t* wires, const Fr* coefficients,
              const Fr* w) noexcept {
  Fr sum = Fr::zero();
  for (std::uint32_t k = m.offsets[row]; k < m.offsets[row + 1]; ++k) {
    const Fr& x = w[wires ? wires[m.columns[k]] : m.columns[k]];
    const std::uint32_t coefficient = m.coefficients[k];
    if (coefficient == R1cs::kOne) {
      sum += x;
    } else if (coefficient == R1cs::kMinusOne) {
      sum -= x;
    } else {
      sum += coefficients[coefficient] * x;
    }
  }
  return sum;
}

inline void evaluate(SparseRowsView m, const std::uint32_t* wires, const std::uint64_t* coefficients,
                     const std::uint64_t* w, std::uint64_t* out, std::size_t begin, std::size_t end) noexcept {
  Fr* result = reinterpret_cast<Fr*>(out);
  for (std::size_t row = begin; row < end; ++row)
    result[row] = dot(m, row, wires, reinterpret_cast<const Fr*>(coefficients), reinterpret_cast<const Fr*>(w));
}

inline std::size_t check(const SparseRowsView* abc, const std::uint32_t* wires, const std::uint64_t* coefficients,
                         const std::uint64_t* w, ScalarForm form, std::size_t begin, std::size_t end) noexcept {
  const Fr one = Fr::raw({1});  // a canonical row holds if (A w)(B w) / R = C w / R
  const Fr* c = reinterpret_cast<const Fr*>(coefficients);
  const Fr* x = reinterpret_cast<const Fr*>(w);
  for (std::size_t row = begin; row < end; ++row) {
    const Fr product = dot(abc[0], row, wires, c, x) * dot(abc[1], row, wires, c, x);
    const Fr right = dot(abc[2], row, wires, c, x);
    if (!(product == (form == ScalarForm::montgomery ? right : right * one))) return row;
  }
  return end;
}

}  // namespace r1cs_kernel
ASSAY_ISA_END
