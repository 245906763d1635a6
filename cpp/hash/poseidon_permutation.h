// The Poseidon permutation on a state of t elements, and the hash over it; compiled once for each level.
//
// hash(tag, in_1 .. in_k) = element 0 of the permutation of [tag, in_1, .., in_k], t = k + 1. With tag 0 this is
// circomlib's poseidon([in_1, .., in_k]). Constant time in the state. Parameters, source and cost:
// hash/poseidon_constants.h.
#pragma once

#include "field/dot.h"
#include "field/fe.h"
#include "hash/poseidon_constants.h"

ASSAY_ISA_BEGIN
namespace poseidon {

inline const Fr* elements(const std::vector<std::uint64_t>& limbs) noexcept {
  static_assert(sizeof(Fr) == 32 && alignof(Fr) == alignof(std::uint64_t));
  return reinterpret_cast<const Fr*>(limbs.data());
}

inline Fr power5(const Fr& x) noexcept {
  const Fr x2 = sqr(x);
  return sqr(x2) * x;
}

inline void full_rounds(Fr* s, std::size_t t, const Fr* constants, const Fr* mds, std::size_t rounds) noexcept {
  Fr x[kPoseidonMaxWidth];
  for (std::size_t r = 0; r < rounds; ++r) {
    for (std::size_t i = 0; i < t; ++i) x[i] = power5(s[i] + constants[t * r + i]);
    for (std::size_t i = 0; i < t; ++i) s[i] = dot(mds + t * i, x, t);
  }
}

// The sparse form of the partial rounds.
inline void permute(Fr* s, const PoseidonTables& p) noexcept {
  const std::size_t t = p.t;
  const Fr *constants = elements(p.round_constants), *mds = elements(p.mds);
  constexpr std::size_t half = kPoseidonFullRounds / 2;
  full_rounds(s, t, constants, mds, half);

  const Fr *row = elements(p.sparse_row), *column = elements(p.sparse_column), *after = elements(p.partial_constant);
  const Fr* first = elements(p.first_partial);
  for (std::size_t i = 0; i < t; ++i) s[i] += first[i];
  for (std::size_t r = 0; r < p.partial_rounds; ++r, row += t, column += t - 1) {
    s[0] = power5(s[0]) + after[r];
    const Fr s0 = s[0];
    s[0] = dot(row, s, t);
    for (std::size_t i = 1; i < t; ++i) s[i] += column[i - 1] * s0;
  }
  Fr x[kPoseidonMaxWidth];
  for (std::size_t i = 1; i < t; ++i) x[i] = s[i];
  const Fr* last = elements(p.last_partial);
  for (std::size_t i = 1; i < t; ++i) s[i] = dot(last + (t - 1) * (i - 1), x + 1, t - 1);

  full_rounds(s, t, constants + t * (half + p.partial_rounds), mds, half);
}

// in: p.t - 1 elements
inline Fr hash(const PoseidonTables& p, const Fr& tag, const Fr* in) noexcept {
  Fr s[kPoseidonMaxWidth];
  s[0] = tag;
  for (std::size_t i = 1; i < p.t; ++i) s[i] = in[i - 1];
  permute(s, p);
  return s[0];
}

}  // namespace poseidon
ASSAY_ISA_END
