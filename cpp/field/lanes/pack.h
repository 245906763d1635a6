// Between rows of elements in memory, N words of 64 bits each, and lanes. Nothing is multiplied: a row in Montgomery
// form with 2^(64 N) (Fe) becomes lanes that hold the same integer, which mul(., enter) takes to the form of lanes.
#pragma once

#include "field/lanes/lanes.h"

ASSAY_ISA_BEGIN

namespace lanes {

// Eight elements, one after the other from p on.
template <class P>
ASSAY_LANES_INLINE Lanes<P> load_rows(const std::uint64_t* p) noexcept {
  Word w[P::N];
  if constexpr (P::N == 4) {
    load_elements(p, w);
    return split<P>(w);
  }
  std::uint64_t column[kLanes];
  for (std::size_t j = 0; j < P::N; ++j) {
    for (std::size_t i = 0; i < kLanes; ++i) column[i] = p[P::N * i + j];
    w[j] = load(column);
  }
  return split<P>(w);
}

// The reverse, for values below 2^(64 N).
template <class P>
ASSAY_LANES_INLINE void store_rows(std::uint64_t* p, const Lanes<P>& a) noexcept {
  Word w[P::N];
  join(a, w);
  if constexpr (P::N == 4) return store_elements(p, w);
  std::uint64_t column[kLanes];
  for (std::size_t j = 0; j < P::N; ++j) {
    store(column, w[j]);
    for (std::size_t i = 0; i < kLanes; ++i) p[P::N * i + j] = column[i];
  }
}

// Eight canonical integers to the form of lanes; false if one is not below p.
template <class P>
inline bool load_canonical(Lanes<P>& out, const std::uint64_t* rows) noexcept {
  const Lanes<P> x = load_rows<P>(rows);
  if (negative_mask(carry(x - multiple<P, 1>()).limb[x.K - 1]) != 0xff) return false;
  constexpr Limbs<P::N> kRSquared = params::power_of_two_mod(2 * kRadixBits * x.K, P::modulus);
  out = mul(x, Lanes<P>::raw(kRSquared));
  return true;
}
template <class P>
inline void store_canonical(std::uint64_t* rows, const Lanes<P>& a) noexcept {
  store_rows(rows, reduce(mul(a, Lanes<P>::raw({1}))));
}

}  // namespace lanes

ASSAY_ISA_END
