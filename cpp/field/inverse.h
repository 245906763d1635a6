// Inversion in variable time by the plus-minus binary Euclidean algorithm, for public values.
//
// Invariants: u = x1 a, v = x2 a (mod p), both odd after the inner loops; gcd(u, v) = 1. Each step halves u or v at
// least once, so there are at most 2 * 64 N steps of one subtraction and some halvings: about 20 times fewer word
// operations than Fermat's 254 squarings. Result: the inverse in Montgomery form; 0 for 0.
#pragma once

#include "field/fe.h"

ASSAY_ISA_BEGIN

namespace detail {

template <std::size_t N>
inline bool is_one(const std::uint64_t* a) noexcept {
  std::uint64_t rest = a[0] ^ 1;
  for (std::size_t i = 1; i < N; ++i) rest |= a[i];
  return rest == 0;
}

template <std::size_t N>
inline void shift_right_one(std::uint64_t* a, std::uint64_t top) noexcept {
  for (std::size_t i = 0; i + 1 < N; ++i) a[i] = (a[i] >> 1) | (a[i + 1] << 63);
  a[N - 1] = (a[N - 1] >> 1) | (top << 63);
}

template <std::size_t N>
inline bool sub_in_place(std::uint64_t* a, const std::uint64_t* b) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < N; ++i) a[i] = sbb(a[i], b[i], borrow);
  return borrow != 0;
}

template <std::size_t N>
inline bool less(const std::uint64_t* a, const std::uint64_t* b) noexcept {
  for (std::size_t i = N; i-- > 0;)
    if (a[i] != b[i]) return a[i] < b[i];
  return false;
}

}  // namespace detail

template <class P>
inline Fe<P> inverse_var(const Fe<P>& a) noexcept {
  constexpr std::size_t N = P::N;
  if (a.is_zero()) return a;
  std::uint64_t u[N], v[N];
  for (std::size_t i = 0; i < N; ++i) {
    u[i] = a.v[i];
    v[i] = P::modulus[i];
  }
  // a.v = x R: starting x1 at R^2 yields x^-1 R^-1 R^2 = x^-1 R, the Montgomery form of the inverse
  Fe<P> x1 = Fe<P>::raw(Montgomery<P>::r_squared), x2 = Fe<P>::zero();
  while (!detail::is_one<N>(u) && !detail::is_one<N>(v)) {
    while ((u[0] & 1) == 0) {
      detail::shift_right_one<N>(u, 0);
      x1 = half(x1);
    }
    while ((v[0] & 1) == 0) {
      detail::shift_right_one<N>(v, 0);
      x2 = half(x2);
    }
    if (detail::less<N>(u, v)) {
      detail::sub_in_place<N>(v, u);
      x2 = x2 - x1;
    } else {
      detail::sub_in_place<N>(u, v);
      x1 = x1 - x2;
    }
  }
  return detail::is_one<N>(u) ? x1 : x2;
}

ASSAY_ISA_END
