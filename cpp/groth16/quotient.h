// The values of P = A B - C on the odd coset, which stand for the quotient (groth16/key.h).
//
// Where the system lacks C, as one read from a .zkey does, A w o B w stands for C w, in a third array; nothing can be
// checked then, and a wrong witness gives a proof that does not verify.
//
// Everything stays in canonical form: rows and transforms are linear and keep the form they are given, and one product
// of values takes one multiplication more. C w is evaluated after A B, into the memory of B, so that two arrays do.
// Cost: six transforms of size n, the rows twice (they are checked first). Memory: 64 n bytes and the roots of unity.
#pragma once

#include "base/status.h"
#include "base/words.h"
#include "circuit/r1cs.h"
#include "groth16/key.h"
#include "parallel/pool.h"

namespace assay {

// out <- P(x_i), [domain][4], natural order. witness: [num_wires][4] canonical (non_canonical otherwise). unsatisfied
// with the first failing row (num_constraints: wire 0 is not 1) in *failing_row.
Status groth16_quotient(const R1cs& system, const Groth16Sizes& sizes, const std::uint64_t* witness, Words& out,
                        std::size_t* failing_row, JobControl* control) noexcept;

}  // namespace assay
