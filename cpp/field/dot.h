// Inner products with one Montgomery reduction for all terms: r <- sum a_j b_j R^-1 mod p, 1 <= n <= kDotMax.
//
// The rows of all products are added before each step of the reduction, so that n products cost n N^2 + N^2 + N word
// multiplications instead of n (2 N^2 + N). Bounds, with q = p / R, R = 2^(64 N), n <= 17: after each step the
// accumulator is below (n + 1) q R (1 + 2^-63) < 4.5 R, so that N + 2 words hold it before the next; at the end it is
// below p (1 + n q), which is below R if q (1 + n q) < 1 (asserted) and which 1 + n / 4 subtractions bring below p, as
// q < 1/4. Constant time. r may alias neither a nor b.
#pragma once

#include "field/fe.h"
#if defined(ASSAY_FIELD_ASM_ADX)
#include "field/dot4_adx.h"
#endif

ASSAY_ISA_BEGIN

constexpr std::size_t kDotMax = 17;

namespace detail {

// t (N + 2 words) <- t + x b
template <class P>
[[gnu::always_inline]] inline void add_row(std::uint64_t* t, std::uint64_t x, const std::uint64_t* b) noexcept {
  constexpr std::size_t N = P::N;
#if defined(ASSAY_FIELD_ASM_ADX)
  if constexpr (N == 4) return accumulate4_adx(t, x, b);
#endif
  std::uint64_t c = 0, carry = 0;
#pragma GCC unroll 8
  for (std::size_t k = 0; k < N; ++k) t[k] = mac(t[k], x, b[k], c);
  t[N] = adc(t[N], c, carry);
  t[N + 1] += carry;
}

// t <- (t + m p) / 2^64, m chosen to clear the low word
template <class P>
[[gnu::always_inline]] inline void drop_word(std::uint64_t* t) noexcept {
  constexpr std::size_t N = P::N;
#if defined(ASSAY_FIELD_ASM_ADX)
  if constexpr (N == 4) return reduce_word4_adx<P>(t);
#endif
  std::uint64_t c = 0, carry = 0;
  const std::uint64_t m = t[0] * Montgomery<P>::neg_inverse;
  (void)mac(t[0], m, P::modulus[0], c);
#pragma GCC unroll 8
  for (std::size_t k = 1; k < N; ++k) t[k - 1] = mac(t[k], m, P::modulus[k], c);
  t[N - 1] = adc(t[N], c, carry);
  t[N] = t[N + 1] + carry;
  t[N + 1] = 0;
}

}  // namespace detail

template <class P>
inline Fe<P> dot(const Fe<P>* a, const Fe<P>* b, std::size_t n) noexcept {
  constexpr std::size_t N = P::N;
  constexpr double q = static_cast<double>(P::modulus[N - 1]) / 18446744073709551616.0;
  static_assert(q < 0.2499 && q * (1 + kDotMax * q) < 0.9999, "the modulus must leave room for kDotMax terms");
  std::uint64_t t[N + 2] = {};
#pragma GCC unroll 8
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < n; ++j) detail::add_row<P>(t, a[j].v[i], b[j].v);
    detail::drop_word<P>(t);
  }
  Fe<P> r;
  detail::reduce_once<P>(r.v, t);
  for (std::size_t j = 4; j <= n; j += 4) detail::reduce_once<P>(r.v, r.v);
  return r;
}

ASSAY_ISA_END
