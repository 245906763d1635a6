// Inversion in variable time, for public values: Kaliski's almost inverse ("The Montgomery inverse and its
// applications", IEEE Trans. Computers 44 (1995)), with all trailing zeros shifted out at once.
//
// Phase 1 keeps u, v odd with p = u s + v r, A r = -u 2^k and A s = v 2^k (mod p), where A is the Montgomery form a R.
// Each step subtracts the smaller of u, v from the larger, so that both reach 1, and then A^-1 = -r 2^-k; r, s < p
// throughout because u s + v r = p. Phase 2 multiplies by R^2 2^-k, which gives a^-1 R. bits(p) - 1 <= k <= 2 bits(p).
// Cost: about 0.7 bits(p) steps of a subtraction, an addition and two shifts; 0 maps to 0.
#pragma once

#include <bit>

#include "field/fe.h"

ASSAY_ISA_BEGIN

namespace detail {

// a <- a - b mod 2^(64 N); returns the borrow
template <std::size_t N>
[[gnu::always_inline]] inline std::uint64_t subtract(std::uint64_t* a, const std::uint64_t* b) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < N; ++i) a[i] = sbb(a[i], b[i], borrow);
  return borrow;
}

template <std::size_t N>
[[gnu::always_inline]] inline bool less(const std::uint64_t* a, const std::uint64_t* b) noexcept {
  for (std::size_t i = N; i-- > 1;)
    if (a[i] != b[i]) return a[i] < b[i];
  return a[0] < b[0];
}

// Makes u odd and scales s by the same power of two, which is returned. u != 0.
template <std::size_t N>
[[gnu::always_inline]] inline unsigned strip_zeros(std::uint64_t* u, std::uint64_t* s) noexcept {
  unsigned total = 0;
  do {
    const unsigned z = u[0] ? static_cast<unsigned>(std::countr_zero(u[0])) : 63;  // 1 to 63
    for (std::size_t i = 0; i + 1 < N; ++i) u[i] = (u[i] >> z) | (u[i + 1] << (64 - z));
    u[N - 1] >>= z;
    for (std::size_t i = N; i-- > 1;) s[i] = (s[i] << z) | (s[i - 1] >> (64 - z));
    s[0] <<= z;
    total += z;
  } while ((u[0] & 1) == 0);
  return total;
}

// u <- odd part of u - v, r <- r + s, s <- s 2^z; returns z
template <std::size_t N>
[[gnu::always_inline]] inline unsigned inverse_step(std::uint64_t* u, const std::uint64_t* v, std::uint64_t* r,
                                                    std::uint64_t* s) noexcept {
  (void)subtract<N>(u, v);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < N; ++i) r[i] = adc(r[i], s[i], carry);
  return strip_zeros<N>(u, s);
}

template <std::size_t N>
[[gnu::always_inline]] inline bool same(const std::uint64_t* a, const std::uint64_t* b) noexcept {
  std::uint64_t diff = 0;
  for (std::size_t i = 0; i < N; ++i) diff |= a[i] ^ b[i];
  return diff == 0;
}

}  // namespace detail

template <class P>
inline Fe<P> inverse_var(const Fe<P>& a) noexcept {
  constexpr std::size_t N = P::N;
  constexpr unsigned kTopBit = 64 * N - 1 - std::countl_zero(P::modulus[N - 1]);  // 2^kTopBit < p
  if (a.is_zero()) return a;
  std::uint64_t u[N], v[N], r[N] = {}, s[N] = {1};
  for (std::size_t i = 0; i < N; ++i) {
    u[i] = P::modulus[i];
    v[i] = a.v[i];
  }
  unsigned k = 0;
  if ((v[0] & 1) == 0) k = detail::strip_zeros<N>(v, r);
  while (!detail::same<N>(u, v)) {
    if (detail::less<N>(v, u)) {
      k += detail::inverse_step<N>(u, v, r, s);
    } else {
      k += detail::inverse_step<N>(v, u, s, r);
    }
  }
  Fe<P> x;
  for (std::size_t i = 0; i < N; ++i) x.v[i] = r[i];
  const unsigned e = 128 * N - k;  // R^2 2^-k = 2^e
  const unsigned bit = e < kTopBit ? e : kTopBit;
  Fe<P> power = Fe<P>::zero();
  power.v[bit / 64] = std::uint64_t{1} << (bit % 64);
  for (unsigned i = bit; i < e; ++i) power = dbl(power);
  return -x * Fe<P>::raw(Montgomery<P>::r_squared) * power;
}

ASSAY_ISA_END
