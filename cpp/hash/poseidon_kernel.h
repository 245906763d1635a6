// The body of the Poseidon kernels, compiled once for each level (poseidon_portable.cpp, poseidon_adx.cpp).
#pragma once

#include "hash/poseidon.h"
#include "hash/poseidon_permutation.h"

ASSAY_ISA_BEGIN
namespace poseidon {

// The definition, round by round: the reference for the recurrence.
inline void permute_plain(Fr* s, const PoseidonTables& p) noexcept {
  const Fr *constants = elements(p.round_constants), *mds = elements(p.mds);
  Fr x[kPoseidonMaxWidth];
  for (std::size_t r = 0; r < kPoseidonFullRounds + p.partial_rounds; ++r) {
    const bool full = r < kPoseidonFullRounds / 2 || r >= kPoseidonFullRounds / 2 + p.partial_rounds;
    for (std::size_t i = 0; i < p.t; ++i) {
      x[i] = s[i] + constants[p.t * r + i];
      if (full || i == 0) x[i] = power5(x[i]);
    }
    for (std::size_t i = 0; i < p.t; ++i) s[i] = dot(mds + p.t * i, x, p.t);
  }
}

inline Fr load(const std::uint64_t* limbs) noexcept { return Fr::raw({limbs[0], limbs[1], limbs[2], limbs[3]}); }

inline void hash_montgomery(const PoseidonTables& tables, const std::uint64_t* tag, const std::uint64_t* inputs,
                            std::size_t n, std::uint64_t* out) noexcept {
  Fr s[kPoseidonMaxWidth];
  for (std::size_t h = 0; h < n; ++h) {
    s[0] = load(tag);
    for (std::size_t i = 1; i < tables.t; ++i, inputs += 4) s[i] = load(inputs);
    permute(s, tables);
    for (std::size_t i = 0; i < 4; ++i) out[4 * h + i] = s[0].v[i];
  }
}

inline Status hash_canonical(const PoseidonTables& tables, const std::uint64_t* tag, const std::uint64_t* inputs,
                             std::size_t n, std::uint64_t* out) noexcept {
  Fr s[kPoseidonMaxWidth];
  for (std::size_t h = 0; h < n; ++h) {
    ASSAY_TRY(Fr::from_limbs(s[0], tag));
    for (std::size_t i = 1; i < tables.t; ++i, inputs += 4) ASSAY_TRY(Fr::from_limbs(s[i], inputs));
    permute(s, tables);
    s[0].to_limbs(out + 4 * h);
  }
  return Status::ok;
}

inline Status permute_canonical(const PoseidonTables& tables, std::uint64_t* states, std::size_t n,
                                bool plain) noexcept {
  Fr s[kPoseidonMaxWidth];
  for (std::size_t h = 0; h < n; ++h, states += 4 * tables.t) {
    for (std::size_t i = 0; i < tables.t; ++i) ASSAY_TRY(Fr::from_limbs(s[i], states + 4 * i));
    plain ? permute_plain(s, tables) : permute(s, tables);
    for (std::size_t i = 0; i < tables.t; ++i) s[i].to_limbs(states + 4 * i);
  }
  return Status::ok;
}

}  // namespace poseidon
ASSAY_ISA_END
