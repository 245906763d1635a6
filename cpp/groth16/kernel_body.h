// The body of the kernels, compiled once for each level (kernel_portable.cpp, kernel_adx.cpp).
#pragma once

#include "field/fe.h"
#include "groth16/kernel.h"

ASSAY_ISA_BEGIN
namespace groth16_kernels {

inline Fr* elements(std::uint64_t* p) noexcept { return reinterpret_cast<Fr*>(p); }
inline const Fr* elements(const std::uint64_t* p) noexcept { return reinterpret_cast<const Fr*>(p); }

inline void add_columns(SparseRowsView m, std::size_t rows, const std::uint32_t* wires,
                        const std::uint64_t* coefficients, const std::uint64_t* lagrange, std::uint64_t* out,
                        std::size_t begin, std::size_t end) noexcept {
  const Fr *values = elements(coefficients), *basis = elements(lagrange);
  Fr* column = elements(out);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::uint32_t k = m.offsets[row]; k < m.offsets[row + 1]; ++k) {
      const std::size_t wire = wires ? wires[m.columns[k]] : m.columns[k];
      if (wire < begin || wire >= end) continue;
      const std::uint32_t coefficient = m.coefficients[k];
      if (coefficient == R1cs::kOne) {
        column[wire] += basis[row];
      } else if (coefficient == R1cs::kMinusOne) {
        column[wire] -= basis[row];
      } else {
        column[wire] += values[coefficient] * basis[row];
      }
    }
  }
}

inline void combine(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* c, const std::uint64_t* alpha,
                    const std::uint64_t* beta, const std::uint64_t* scale, std::size_t begin,
                    std::size_t end) noexcept {
  const Fr x = *elements(alpha), y = *elements(beta), z = *elements(scale);
  for (std::size_t i = begin; i < end; ++i)
    elements(c)[i] = (y * elements(a)[i] + x * elements(b)[i] + elements(c)[i]) * z;
}

inline void scale(std::uint64_t* x, const std::uint64_t* factor, std::size_t begin, std::size_t end) noexcept {
  const Fr f = *elements(factor);
  for (std::size_t i = begin; i < end; ++i) elements(x)[i] *= f;
}

inline bool canonical(const std::uint64_t* x, std::size_t begin, std::size_t end) noexcept {
  Fr ignored;
  bool good = true;
  for (std::size_t i = begin; i < end; ++i) good &= Fr::from_limbs(ignored, x + 4 * i) == Status::ok;
  return good;
}

// a b / R times R^2 / R
inline void multiply(std::uint64_t* a, const std::uint64_t* b, std::size_t begin, std::size_t end) noexcept {
  const Fr r_squared = Fr::raw(Montgomery<Bn254FrParams>::r_squared);
  for (std::size_t i = begin; i < end; ++i) elements(a)[i] = elements(a)[i] * elements(b)[i] * r_squared;
}

inline void subtract(std::uint64_t* a, const std::uint64_t* b, std::size_t begin, std::size_t end) noexcept {
  for (std::size_t i = begin; i < end; ++i) elements(a)[i] -= elements(b)[i];
}

inline constexpr Groth16Kernel kTable = {add_columns, combine, scale, canonical, multiply, subtract};

}  // namespace groth16_kernels
ASSAY_ISA_END
