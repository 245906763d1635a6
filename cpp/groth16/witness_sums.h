// The prover's multi-scalar multiplications, window by window.
//
// A window is a run of wires (or of rows, for H). Its scalars are grouped by value once (msm/classes.h) for L, A, B1
// and B2, and a key that is a mapped file is touched one window of one section at a time, whose pages are given back
// before the next: what is resident does not grow with the key. With one window over all wires the sums are fastest.
#pragma once

#include "base/status.h"
#include "base/words.h"
#include "curve/bn254/g1.h"
#include "curve/bn254/g2.h"
#include "groth16/prove.h"

namespace assay {

struct Groth16Sums {
  bn254::G1Affine h, l, a, b1;
  bn254::G2Affine b2;
};

// quotient: [domain][4] of groth16/quotient.h; it is released after H. witness: [num_wires][4] canonical.
Status groth16_witness_sums(const Groth16KeyView<const std::uint64_t>& key, const std::uint64_t* witness,
                            Words& quotient, const Groth16ProveOptions& options, Groth16Sums& sums,
                            JobControl* control) noexcept;

}  // namespace assay
