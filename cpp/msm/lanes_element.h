// Coordinates of eight points in lanes: elements of F_p (M = 1) or of F_p[i] / (i^2 + 1) (M = 2).
//
// Bounds <k p> are those of field/lanes/lanes.h and hold for each component. 2^(52 K) / p is 84 for BN254.
// Cost for eight: M = 1 as there; M = 2: mul two products of sums (mul_add), sqr two multiplications.
#pragma once

#include "field/lanes/inverse.h"
#include "field/lanes/quotient.h"

ASSAY_ISA_BEGIN

namespace lanes {

template <class P, std::size_t M>
struct Element {
  Lanes<P> c[M];

  static ASSAY_LANES_INLINE Element zero() noexcept {
    Element r;
    for (Lanes<P>& x : r.c) x = Lanes<P>::zero();
    return r;
  }
  static ASSAY_LANES_INLINE Element one() noexcept {
    Element r = zero();
    r.c[0] = Lanes<P>::one();
    return r;
  }
};

// f applied to each component
template <class P, std::size_t M, class Map>
ASSAY_LANES_INLINE Element<P, M> map(const Map& f) noexcept {
  Element<P, M> r;
#pragma GCC unroll 2
  for (std::size_t m = 0; m < M; ++m) r.c[m] = f(m);
  return r;
}

// a - b + k p for b <k p>, normalised
template <std::uint64_t k, class P, std::size_t M>
ASSAY_LANES_INLINE Element<P, M> difference(const Element<P, M>& a, const Element<P, M>& b) noexcept {
  return map<P, M>([&](std::size_t m) { return carry(a.c[m] - b.c[m] + multiple<P, k>()); });
}

// <3 p> for a <3 p>, b <8 p>
template <class P>
ASSAY_LANES_INLINE Element<P, 1> mul(const Element<P, 1>& a, const Element<P, 1>& b) noexcept {
  return {{mul(a.c[0], b.c[0])}};
}
template <class P>
ASSAY_LANES_INLINE Element<P, 2> mul(const Element<P, 2>& a, const Element<P, 2>& b) noexcept {
  const Lanes<P> negative = carry(multiple<P, 3>() - a.c[1]);
  return {{mul_add(a.c[0], b.c[0], negative, b.c[1]), mul_add(a.c[0], b.c[1], a.c[1], b.c[0])}};
}
// <2.5 p> for a <3 p>, <2.3 p> for a <4 p> and M = 1
template <class P>
ASSAY_LANES_INLINE Element<P, 1> sqr(const Element<P, 1>& a) noexcept {
  return {{sqr(a.c[0])}};
}
template <class P>
ASSAY_LANES_INLINE Element<P, 2> sqr(const Element<P, 2>& a) noexcept {
  const Lanes<P> sum = carry(a.c[0] + a.c[1]), difference = carry(a.c[0] - a.c[1] + multiple<P, 4>());
  return {{mul(sum, difference), mul(a.c[0], carry(a.c[1] + a.c[1]))}};
}

template <class P, std::size_t M>
ASSAY_LANES_INLINE Element<P, M> select(const Element<P, M>& a, const Element<P, M>& b, LaneMask mask) noexcept {
  return map<P, M>([&](std::size_t m) { return select(a.c[m], b.c[m], mask); });
}

// lanes whose limbs are all zero
template <class P, std::size_t M>
ASSAY_LANES_INLINE LaneMask zero_mask(const Element<P, M>& a) noexcept {
  LaneMask all = zero_mask(a.c[0]);
  if constexpr (M == 2) all = static_cast<LaneMask>(all & zero_mask(a.c[1]));
  return all;
}

// lanes that are zero modulo p, for a <8 p>
template <class P, std::size_t M>
ASSAY_LANES_INLINE LaneMask multiple_mask(const Element<P, M>& a) noexcept {
  return zero_mask(map<P, M>([&](std::size_t m) { return reduce(subtract_if_at_least<4>(a.c[m])); }));
}

// 1 / a, for a <3 p> without a zero lane
template <class P>
inline Element<P, 1> inverse_var(const Element<P, 1>& a) noexcept {
  return {{inverse_var(a.c[0])}};
}
template <class P>
inline Element<P, 2> inverse_var(const Element<P, 2>& a) noexcept {
  const Lanes<P> norm = inverse_var(mul_add(a.c[0], a.c[0], a.c[1], a.c[1]));
  return {{mul(a.c[0], norm), mul(carry(multiple<P, 3>() - a.c[1]), norm)}};
}

}  // namespace lanes

ASSAY_ISA_END
