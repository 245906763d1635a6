// The prover:
//   A = alpha + sum w_i A_i + r delta,   B = beta + sum w_i B_i + s delta   (in G1 and G2)
//   C = sum_private w_i l_i + sum_i P(x_i) h_i + s A + r B - r s delta
// Source and conventions: groth16/key.h. r and s come from the operating system, fresh for each proof, and make it
// zero-knowledge.
//
// Cost: 3 inverse and 3 forward transforms of size n, multi-scalar multiplications of m, m, m - public - 1 and n points
// in G1 and of m in G2. Memory beyond key, system and witness: 64 n bytes and the roots of unity, or what the
// multi-scalar multiplication of a window takes (groth16/witness_sums.h), whichever is more. Everything derived from
// the witness is wiped. Variable time in the witness (the multi-scalar multiplications are), constant time in r and s.
#pragma once

#include "base/status.h"
#include "circuit/r1cs.h"
#include "groth16/key.h"
#include "groth16/tables.h"
#include "parallel/pool.h"

namespace assay {

struct Groth16ProveOptions {
  std::size_t window = 0;  // wires or rows taken at a time, with little scratch; 0: all at once, which is faster
  bool mapped = false;     // the key's sections are a read-only mapped file: its pages are given back after use
  const Groth16Tables* tables = nullptr;  // of this key, not together with a window
};

// witness: [num_wires][4] canonical limbs, wire 0 = 1. proof: kProofWords canonical limbs. `blinding`: r and s as eight
// canonical limbs for tests, null otherwise. wrong_key if the sizes differ, those of the
// tables included, non_canonical for a witness value >= r,
// unsatisfied with the first failing row (num_constraints: wire 0 is not 1) in *failing_row.
Status groth16_prove(const R1cs& system, const Groth16KeyView<const std::uint64_t>& key, const std::uint64_t* witness,
                     const std::uint64_t* blinding, const Groth16ProveOptions& options, std::uint64_t* proof,
                     std::size_t* failing_row, JobControl* control) noexcept;

}  // namespace assay
