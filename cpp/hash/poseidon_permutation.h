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

// More terms than one reduction allows (t >= 10) take two.
inline Fr dot_any(const Fr* a, const Fr* b, std::size_t n) noexcept {
  if (n <= kDotMax) return dot(a, b, n);
  return dot(a, b, kDotMax) + dot(a + kDotMax, b + kDotMax, n - kDotMax);
}

inline void full_round(Fr* s, std::size_t t, const Fr* constants, const Fr* matrix) noexcept {
  Fr x[kPoseidonMaxWidth];
  for (std::size_t i = 0; i < t; ++i) x[i] = power5(s[i] + constants[i]);
  for (std::size_t i = 0; i < t; ++i) s[i] = dot(matrix + t * i, x, t);
}

// s <- the partial rounds of (s_0, O u_0) as a recurrence: see hash/poseidon_constants.h
inline void partial_rounds(Fr* s, const PoseidonTables& p) noexcept {
  const std::size_t n = p.t - 1;
  const Fr *recurrence = elements(p.recurrence), *constant = elements(p.partial_constant), *exit = elements(p.exit);
  // y_-n, s_(1-n), y_(1-n), .., y_-1, s_0, y_0, s_1, ..: the window of round r starts at 2 r
  Fr past[2 * (kPoseidonMaxWidth + kPoseidonMaxPartialRounds)];
  for (std::size_t i = 0; i < n; ++i) {
    past[2 * i] = Fr::zero();
    past[2 * i + 1] = s[n - i];
  }
  Fr x = s[0];
  Fr* window = past;
  for (std::size_t r = 0; r < p.partial_rounds; ++r, window += 2) {
    window[2 * n] = power5(x) + constant[r];
    x = dot_any(recurrence, window, 2 * n + 1);
    window[2 * n + 1] = x;
  }
  s[0] = x;
  for (std::size_t i = 0; i < n; ++i) s[i + 1] = dot_any(exit + 2 * n * i, window, 2 * n);
}

inline void permute(Fr* s, const PoseidonTables& p) noexcept {
  const std::size_t t = p.t;
  constexpr std::size_t half = kPoseidonFullRounds / 2;
  const Fr *constants = elements(p.round_constants), *mds = elements(p.mds), *entry = elements(p.entry_constant);
  for (std::size_t r = 0; r + 1 < half; ++r) full_round(s, t, constants + t * r, mds);
  full_round(s, t, constants + t * (half - 1), elements(p.entry));
  for (std::size_t i = 0; i < t; ++i) s[i] += entry[i];
  partial_rounds(s, p);
  for (std::size_t r = 0; r < half; ++r) full_round(s, t, constants + t * (half + p.partial_rounds + r), mds);
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
