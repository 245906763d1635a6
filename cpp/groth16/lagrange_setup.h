// A key of powers that nobody knows: the points of the circuit's columns from the Lagrange basis at tau in the
// exponent.
//
// With A_i(tau) = sum_row a_(row, i) L_row(tau), and likewise B and C, every point of a key with gamma = delta = 1 is a
// sum over the column's few entries, so that tau itself is not needed:
//     a_i = sum a_(row, i) [L_row]_1       b1_i, b2_i = sum b_(row, i) [L_row]_1, [L_row]_2
//     ic_i, l_i = sum a_(row, i) [beta L_row]_1 + b_(row, i) [alpha L_row]_1 + c_(row, i) [L_row]_1
// The consistency rows of the public wires are added as in groth16/key.h. The points h are [L_(2 i + 1)]_1 of the
// domain of twice the size, a copy that needs no arithmetic; the fixed points are the ceremony's.
//
// Source: Bowe, Gabizon, Miers, "Scalable multi-party computation for zk-SNARK parameters in the random beacon model",
// 2017, section 6, with the Lagrange form of snarkjs (zkey_new.js). Everything is public: variable time. Cost: an
// addition for each entry whose coefficient is 1 or -1, a multiplication by the smaller of x and r - x for the others.
// Memory beyond the key: 96 or 192 bytes a wire of the part each thread works on.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "circuit/r1cs.h"
#include "groth16/key.h"
#include "parallel/pool.h"

namespace assay {

// [domain] points each, affine Montgomery, checked by the caller.
struct LagrangePoints {
  const std::uint64_t* tau1;   // [L_row]_1
  const std::uint64_t* tau2;   // [L_row]_2
  const std::uint64_t* alpha;  // [alpha L_row]_1
  const std::uint64_t* beta;   // [beta L_row]_1
};

// Fills ic, a, b1, b2 and l of `key`, whose sizes must be those of the system (invalid_length otherwise). out_of_range
// if the system lacks C.
Status groth16_columns_from_lagrange(const R1cs& system, const LagrangePoints& points,
                                     const Groth16KeyView<std::uint64_t>& key, JobControl* control) noexcept;

// An integer and its sign: min(x, r - x), so that small negative coefficients cost as little as small ones.
struct SignedScalar {
  std::uint64_t k[4];
  bool negative;
};

struct LagrangeSetupKernel {
  // sums[wire - begin] += coefficient * bases[row] for the entries whose wire lies in [begin, end); `wires` maps local
  // columns to wires (null: identity). sums: Jacobian points of the level, all zeros for infinity.
  void (*add_g1)(SparseRowsView m, std::size_t rows, const std::uint32_t* wires, const SignedScalar* scalars,
                 const std::uint64_t* bases, std::uint64_t* sums, std::size_t begin, std::size_t end) noexcept;
  void (*add_g2)(SparseRowsView m, std::size_t rows, const std::uint32_t* wires, const SignedScalar* scalars,
                 const std::uint64_t* bases, std::uint64_t* sums, std::size_t begin, std::size_t end) noexcept;
  // out[i] <- sums[i], affine Montgomery
  void (*affine_g1)(const std::uint64_t* sums, std::size_t n, std::uint64_t* out) noexcept;
  void (*affine_g2)(const std::uint64_t* sums, std::size_t n, std::uint64_t* out) noexcept;
  void (*split)(const std::uint64_t* coefficient, SignedScalar& out) noexcept;
};
extern const LagrangeSetupKernel kLagrangeSetupPortable;
#if defined(ASSAY_X86)
extern const LagrangeSetupKernel kLagrangeSetupAdx;
#endif

}  // namespace assay
