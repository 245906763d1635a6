// The body of the kernels of lagrange_setup.h, compiled once for each level.
#pragma once

#include "curve/multiply.h"
#include "groth16/lagrange_setup.h"
#include "groth16/points.h"

ASSAY_ISA_BEGIN
namespace groth16_lagrange {

template <class F>
inline void add_columns(SparseRowsView m, std::size_t rows, const std::uint32_t* wires, const SignedScalar* scalars,
                        const std::uint64_t* bases, std::uint64_t* sums, std::size_t begin, std::size_t end) noexcept {
  const auto* points = reinterpret_cast<const Affine<F>*>(bases);
  auto* sum = reinterpret_cast<Jacobian<F>*>(sums);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::uint32_t i = m.offsets[row]; i < m.offsets[row + 1]; ++i) {
      const std::size_t wire = wires ? wires[m.columns[i]] : m.columns[i];
      if (wire < begin || wire >= end) continue;
      Jacobian<F>& s = sum[wire - begin];
      const SignedScalar& k = scalars[m.coefficients[i]];
      const Affine<F> p = k.negative ? neg(points[row]) : points[row];
      s = k.k[0] == 1 && (k.k[1] | k.k[2] | k.k[3]) == 0 ? add(s, p) : add(s, mul_var(p, k.k, 4));
    }
  }
}

template <class F>
inline void to_affine(const std::uint64_t* sums, std::size_t n, std::uint64_t* out) noexcept {
  constexpr std::size_t kBlock = 256;
  const auto* in = reinterpret_cast<const Jacobian<F>*>(sums);
  auto* result = reinterpret_cast<Affine<F>*>(out);
  F scratch[2 * kBlock];
  for (std::size_t at = 0; at < n; at += kBlock)
    batch_to_affine_var(in + at, result + at, n - at < kBlock ? n - at : kBlock, scratch);
}

inline void split(const std::uint64_t* coefficient, SignedScalar& out) noexcept {
  const Fr x = groth16::load<Fr>(coefficient);
  std::uint64_t other[4];
  x.to_limbs(out.k);
  (-x).to_limbs(other);
  out.negative = false;
  for (int i = 4; i-- > 0;) {
    if (other[i] == out.k[i]) continue;
    out.negative = other[i] < out.k[i];
    break;
  }
  if (out.negative)
    for (int i = 0; i < 4; ++i) out.k[i] = other[i];
}

inline constexpr LagrangeSetupKernel kTable = {add_columns<Fp>, add_columns<bn254::Fp2>, to_affine<Fp>,
                                               to_affine<bn254::Fp2>, split};

}  // namespace groth16_lagrange
ASSAY_ISA_END
