// Set-up of a key from a trapdoor (tau, alpha, beta, delta) drawn from the operating system and wiped.
//
// Whoever knows the trapdoor can forge proofs of anything for this key: a key made by one party convinces that party
// only. Cost: 3 m + n fixed-base multiplications in G1 and m in G2 for m wires and a domain of size n, and one field
// multiplication for each entry of the matrices. Memory beyond the key: 32 (3 m + n) bytes and the fixed-base tables.
// Field arithmetic on the trapdoor is constant-time; the fixed-base multiplications are not, so the machine that runs
// this must be one's own.
#pragma once

#include "base/status.h"
#include "circuit/r1cs.h"
#include "groth16/key.h"
#include "parallel/pool.h"

namespace assay {

// What the key of this system measures; too_large above 2^27 rows.
Status groth16_sizes(const R1cs& system, Groth16Sizes& out) noexcept;

// Fills every array of `key`, whose sizes must be those of the system (invalid_length otherwise). out_of_range if
// the system lacks C. mapped: they are a shared map of a file, whose pages are given back as they are written, so that
// memory stays bounded.
Status groth16_setup(const R1cs& system, const Groth16KeyView<std::uint64_t>& key, bool mapped,
                     JobControl* control) noexcept;

// The same with tau, alpha, beta, delta given as canonical integers, four limbs each, not zero: for tests against the
// equations. A key made so is worthless.
Status groth16_setup_from_trapdoor(const R1cs& system, const std::uint64_t* trapdoor,
                                   const Groth16KeyView<std::uint64_t>& key, bool mapped, JobControl* control) noexcept;

}  // namespace assay
