// Poseidon over BN254's Fr behind the run-time dispatch: hash(tag, in_1 .. in_k) = element 0 of the permutation of
// [tag, in_1, .., in_k], 1 <= k <= 16. See hash/poseidon_constants.h for source, form and cost.
//
// The tag sits in the capacity element and separates domains; tag 0 is circomlib's poseidon([...]). Collision and
// preimage resistance: about 127 bits (the capacity is one element of 254 bits). Before a width is used on a level, the
// known answer of that width must come out; a level that fails is replaced by the portable one with a line on standard
// error, and if that fails too the process stops.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "hash/poseidon_constants.h"

namespace assay {

// n hashes of k inputs each. inputs: canonical limbs [n, k, 4]; tag: 4 limbs; out: [n, 4]. Threads: the pool's.
// out_of_range unless 1 <= k <= 16; non_canonical if an input or the tag is not below r (out is then unspecified).
Status poseidon_hash(const std::uint64_t* inputs, std::size_t n, std::size_t k, const std::uint64_t* tag,
                     std::uint64_t* out) noexcept;

// The permutation itself, on n states of t elements, canonical limbs [n, t, 4], in place. `plain` runs the reference
// form (every round with its full matrix) instead of the recurrence. 2 <= t <= 17.
Status poseidon_permute(std::uint64_t* states, std::size_t n, std::size_t t, bool plain) noexcept;

struct PoseidonKernel {
  // Montgomery limbs in and out, on the calling thread. inputs [n, t - 1, 4], tag [4], out [n, 4].
  void (*hash_montgomery)(const PoseidonTables& tables, const std::uint64_t* tag, const std::uint64_t* inputs,
                          std::size_t n, std::uint64_t* out) noexcept;
  // Canonical limbs in and out, on the calling thread.
  Status (*hash_canonical)(const PoseidonTables& tables, const std::uint64_t* tag, const std::uint64_t* inputs,
                           std::size_t n, std::uint64_t* out) noexcept;
  Status (*permute_canonical)(const PoseidonTables& tables, std::uint64_t* states, std::size_t n, bool plain) noexcept;
};
extern const PoseidonKernel kPoseidonPortable;
#if defined(ASSAY_X86)
extern const PoseidonKernel kPoseidonAdx, kPoseidonAvx512, kPoseidonIfma;
#endif

// The kernel of the level in force, its known answer for width t checked. t in [2, 17].
const PoseidonKernel& poseidon_kernel(std::size_t t) noexcept;

}  // namespace assay
