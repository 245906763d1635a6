// Elements of a prime field F_p in Montgomery form: the element x is held as x R mod p, R = 2^(64 N), always reduced to
// [0, p).
//
// Source: P. Montgomery, "Modular multiplication without trial division", Math. Comp. 44 (1985); word-interleaved form
// (CIOS) of Koc, Acar, Kaliski, IEEE Micro 16 (1996), without the last carry word, which the spare top bit of the
// modulus makes unnecessary. Precondition on P: the top limb of the modulus is below 2^62 (then a + b never overflows,
// and CIOS needs N words and one). Aliasing: every result may alias every argument. Constant time unless the name ends
// in _var. Cost: mul 2 N^2 + N word multiplications, mul_add 3 N^2 + N.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/bytes.h"
#include "base/isa.h"
#include "base/status.h"
#include "field/inverse.h"
#include "field/limbs.h"
#include "field/params.h"
#if defined(ASSAY_FIELD_ASM)
#include "field/add4_x86.h"
#if defined(ASSAY_ISA_ADX)
#define ASSAY_FIELD_ASM_ADX 1
#include "field/mul4_adx.h"
#endif
#endif

ASSAY_ISA_BEGIN

template <class P>
struct Fe {
  static constexpr std::size_t N = P::N;
  static_assert(P::modulus[N - 1] < (std::uint64_t{1} << 62), "the modulus must leave two spare bits");
  using Params = P;

  std::uint64_t v[N];

  static constexpr Fe zero() noexcept { return Fe{}; }
  static constexpr Fe one() noexcept { return raw(Montgomery<P>::one); }
  // Montgomery limbs as they are
  static constexpr Fe raw(const Limbs<N>& limbs) noexcept {
    Fe r{};
    for (std::size_t i = 0; i < N; ++i) r.v[i] = limbs[i];
    return r;
  }
  static constexpr Fe from_u64(std::uint64_t x) noexcept;
  // canonical integer limbs, value < p (unchecked)
  static constexpr Fe from_limbs_unchecked(const std::uint64_t* limbs) noexcept;
  static constexpr Fe from_limbs_unchecked(const Limbs<N>& limbs) noexcept {
    return from_limbs_unchecked(limbs.data());
  }
  // non_canonical unless the value is below p
  static Status from_limbs(Fe& out, const std::uint64_t* limbs) noexcept;
  static Status from_bytes_be(Fe& out, const std::uint8_t* bytes) noexcept;  // 8 N bytes
  static Status from_bytes_le(Fe& out, const std::uint8_t* bytes) noexcept;
  // any integer of N limbs, reduced (not for decoding: it accepts x and x + p alike)
  static Fe from_limbs_reduce(const std::uint64_t* limbs) noexcept;

  void to_limbs(std::uint64_t* out) const noexcept;  // canonical integer
  void to_bytes_be(std::uint8_t* out) const noexcept;
  void to_bytes_le(std::uint8_t* out) const noexcept;

  constexpr bool is_zero() const noexcept {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < N; ++i) any |= v[i];
    return any == 0;
  }
  friend constexpr bool operator==(const Fe& a, const Fe& b) noexcept {
    std::uint64_t diff = 0;
    for (std::size_t i = 0; i < N; ++i) diff |= a.v[i] ^ b.v[i];
    return diff == 0;
  }
};

namespace detail {

// r <- t mod p for t < 2 p
template <class P>
[[gnu::always_inline]] constexpr void reduce_once(std::uint64_t* r, const std::uint64_t* t) noexcept {
  constexpr std::size_t N = P::N;
#if defined(ASSAY_FIELD_ASM)
  if constexpr (N == 4) {
    if (!std::is_constant_evaluated()) return reduce4<P>(r, t[0], t[1], t[2], t[3]);
  }
#endif
  std::uint64_t s[N] = {}, borrow = 0;
  for (std::size_t i = 0; i < N; ++i) s[i] = sbb(t[i], P::modulus[i], borrow);
  const std::uint64_t keep = 0 - borrow;
  for (std::size_t i = 0; i < N; ++i) r[i] = (t[i] & keep) | (s[i] & ~keep);
}

// t <- t + x b over N + 1 words
template <class P>
[[gnu::always_inline]] constexpr void multiply_row(std::uint64_t* t, std::uint64_t x, const std::uint64_t* b) noexcept {
  std::uint64_t carry = 0;
#pragma GCC unroll 8
  for (std::size_t j = 0; j < P::N; ++j) t[j] = mac(t[j], x, b[j], carry);
  t[P::N] += carry;
}

// t <- (t + m p) / 2^64, with m chosen to clear the low word
template <class P>
[[gnu::always_inline]] constexpr void reduce_row(std::uint64_t* t) noexcept {
  const std::uint64_t m = t[0] * Montgomery<P>::neg_inverse;
  std::uint64_t carry = 0;
  (void)mac(t[0], m, P::modulus[0], carry);
#pragma GCC unroll 8
  for (std::size_t j = 1; j < P::N; ++j) t[j - 1] = mac(t[j], m, P::modulus[j], carry);
  t[P::N - 1] = t[P::N] + carry;
  t[P::N] = 0;
}

// r <- a b R^-1 mod p for a b < p 2^(64 N). Between rows t < p + b. Without kReduce, r is below a b / R + p.
template <class P, bool kReduce = true>
[[gnu::always_inline]] constexpr void montgomery_mul(std::uint64_t* r, const std::uint64_t* a,
                                                     const std::uint64_t* b) noexcept {
  std::uint64_t t[P::N + 1] = {};
#pragma GCC unroll 8
  for (std::size_t i = 0; i < P::N; ++i) {
    multiply_row<P>(t, a[i], b);
    reduce_row<P>(t);
  }
  if constexpr (kReduce) {
    reduce_once<P>(r, t);
  } else {
    for (std::size_t i = 0; i < P::N; ++i) r[i] = t[i];
  }
}

// r <- (a b + c d) R^-1 mod p with one reduction. Between rows t < 3 p < 2^(64 N); at the end t < p (1 + 2 p / R) < 2
// p.
template <class P>
[[gnu::always_inline]] constexpr void montgomery_dot(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b,
                                                     const std::uint64_t* c, const std::uint64_t* d) noexcept {
  std::uint64_t t[P::N + 1] = {};
#pragma GCC unroll 8
  for (std::size_t i = 0; i < P::N; ++i) {
    multiply_row<P>(t, a[i], b);
    multiply_row<P>(t, c[i], d);
    reduce_row<P>(t);
  }
  reduce_once<P>(r, t);
}

}  // namespace detail

// The three operations with the place of the result named. It may be an argument; copies of elements are slow, because
// they load in one piece what was just stored in four.
template <class P>
[[gnu::always_inline]] constexpr void add_into(Fe<P>& r, const Fe<P>& a, const Fe<P>& b) noexcept {
#if defined(ASSAY_FIELD_ASM)
  if constexpr (P::N == 4) {
    if (!std::is_constant_evaluated()) return detail::add4<P>(r.v, a.v, b.v);
  }
#endif
  std::uint64_t t[P::N] = {}, carry = 0;
  for (std::size_t i = 0; i < P::N; ++i) t[i] = adc(a.v[i], b.v[i], carry);
  detail::reduce_once<P>(r.v, t);
}

template <class P>
[[gnu::always_inline]] constexpr void sub_into(Fe<P>& r, const Fe<P>& a, const Fe<P>& b) noexcept {
#if defined(ASSAY_FIELD_ASM)
  if constexpr (P::N == 4) {
    if (!std::is_constant_evaluated()) return detail::sub4<P>(r.v, a.v, b.v);
  }
#endif
  std::uint64_t borrow = 0, carry = 0;
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = sbb(a.v[i], b.v[i], borrow);
  const std::uint64_t mask = 0 - borrow;
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = adc(r.v[i], P::modulus[i] & mask, carry);
}

template <class P>
[[gnu::always_inline]] constexpr void mul_into(Fe<P>& r, const Fe<P>& a, const Fe<P>& b) noexcept {
#if defined(ASSAY_FIELD_ASM_ADX)
  if constexpr (P::N == 4) {
    if (!std::is_constant_evaluated()) return detail::montgomery_mul4_adx<P>(r.v, a.v, b.v);
  }
#endif
  detail::montgomery_mul<P>(r.v, a.v, b.v);
}

template <class P>
[[gnu::always_inline]] constexpr Fe<P> operator+(const Fe<P>& a, const Fe<P>& b) noexcept {
  Fe<P> r;
  add_into(r, a, b);
  return r;
}
template <class P>
[[gnu::always_inline]] constexpr Fe<P> operator-(const Fe<P>& a, const Fe<P>& b) noexcept {
  Fe<P> r;
  sub_into(r, a, b);
  return r;
}
template <class P>
[[gnu::always_inline]] constexpr Fe<P> operator-(const Fe<P>& a) noexcept {
  return Fe<P>::zero() - a;
}
template <class P>
[[gnu::always_inline]] constexpr Fe<P> operator*(const Fe<P>& a, const Fe<P>& b) noexcept {
  Fe<P> r;
  mul_into(r, a, b);
  return r;
}

// Lazy forms, for values that are used once more before they are kept. Not reduced: the results are below 2 p.
// r <- a b R^-1 or that plus p, for a b < p 2^(64 N); a and b below 2 p will do.
template <class P>
[[gnu::always_inline]] constexpr void mul_lazy_into(Fe<P>& r, const Fe<P>& a, const Fe<P>& b) noexcept {
#if defined(ASSAY_FIELD_ASM_ADX)
  if constexpr (P::N == 4) {
    if (!std::is_constant_evaluated()) return detail::montgomery_mul4_adx<P, false>(r.v, a.v, b.v);
  }
#endif
  detail::montgomery_mul<P, false>(r.v, a.v, b.v);
}
// r <- a + b, for a and b below p
template <class P>
[[gnu::always_inline]] constexpr void add_lazy_into(Fe<P>& r, const Fe<P>& a, const Fe<P>& b) noexcept {
#if defined(ASSAY_FIELD_ASM)
  if constexpr (P::N == 4) {
    if (!std::is_constant_evaluated()) return detail::add_lazy4(r.v, a.v, b.v);
  }
#endif
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = adc(a.v[i], b.v[i], carry);
}
// r <- a - b + p, for a < p and b <= p
template <class P>
[[gnu::always_inline]] constexpr void sub_lazy_into(Fe<P>& r, const Fe<P>& a, const Fe<P>& b) noexcept {
#if defined(ASSAY_FIELD_ASM)
  if constexpr (P::N == 4) {
    if (!std::is_constant_evaluated()) return detail::sub_lazy4<P>(r.v, a.v, b.v);
  }
#endif
  std::uint64_t t[P::N] = {}, carry = 0, borrow = 0;
  for (std::size_t i = 0; i < P::N; ++i) t[i] = adc(a.v[i], P::modulus[i], carry);
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = sbb(t[i], b.v[i], borrow);
}

// a b + c d with one reduction
template <class P>
[[gnu::always_inline]] constexpr Fe<P> mul_add(const Fe<P>& a, const Fe<P>& b, const Fe<P>& c,
                                               const Fe<P>& d) noexcept {
  Fe<P> r;
#if defined(ASSAY_FIELD_ASM_ADX)
  if constexpr (P::N == 4) {
    if (!std::is_constant_evaluated()) {
      detail::montgomery_dot4_adx<P>(r.v, a.v, b.v, c.v, d.v);
      return r;
    }
  }
#endif
  detail::montgomery_dot<P>(r.v, a.v, b.v, c.v, d.v);
  return r;
}

// a b - c d with one reduction
template <class P>
[[gnu::always_inline]] constexpr Fe<P> mul_sub(const Fe<P>& a, const Fe<P>& b, const Fe<P>& c,
                                               const Fe<P>& d) noexcept {
  return mul_add(a, b, -c, d);
}

template <class P>
[[gnu::always_inline]] constexpr Fe<P>& operator+=(Fe<P>& a, const Fe<P>& b) noexcept {
  add_into(a, a, b);
  return a;
}
template <class P>
[[gnu::always_inline]] constexpr Fe<P>& operator-=(Fe<P>& a, const Fe<P>& b) noexcept {
  sub_into(a, a, b);
  return a;
}
template <class P>
[[gnu::always_inline]] constexpr Fe<P>& operator*=(Fe<P>& a, const Fe<P>& b) noexcept {
  mul_into(a, a, b);
  return a;
}

template <class P>
[[gnu::always_inline]] constexpr Fe<P> sqr(const Fe<P>& a) noexcept {
  return a * a;
}
template <class P>
[[gnu::always_inline]] constexpr Fe<P> dbl(const Fe<P>& a) noexcept {
  return a + a;
}

// a / 2: (a or a + p) shifted
template <class P>
[[gnu::always_inline]] constexpr Fe<P> half(const Fe<P>& a) noexcept {
  Fe<P> r;
  std::uint64_t carry = 0;
  const std::uint64_t mask = 0 - (a.v[0] & 1);
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = adc(a.v[i], P::modulus[i] & mask, carry);
  for (std::size_t i = 0; i + 1 < P::N; ++i) r.v[i] = (r.v[i] >> 1) | (r.v[i + 1] << 63);
  r.v[P::N - 1] = (r.v[P::N - 1] >> 1) | (carry << 63);
  return r;
}

// choice ? b : a without a branch; choice is 0 or 1
template <class P>
[[gnu::always_inline]] constexpr Fe<P> select(const Fe<P>& a, const Fe<P>& b, std::uint64_t choice) noexcept {
  const std::uint64_t mask = 0 - choice;
  Fe<P> r;
  for (std::size_t i = 0; i < P::N; ++i) r.v[i] = (a.v[i] & ~mask) | (b.v[i] & mask);
  return r;
}

// a^e in any ring F, for a public exponent of `words` limbs
template <class F>
constexpr F pow_var(const F& a, const std::uint64_t* e, std::size_t words) noexcept {
  F r = F::one();
  bool started = false;
  for (std::size_t i = 64 * words; i-- > 0;) {
    if (started) r = sqr(r);
    if ((e[i / 64] >> (i % 64)) & 1) {
      r = started ? r * a : a;
      started = true;
    }
  }
  return r;
}

// a^-1 = a^(p-2) (Fermat); 0 for 0. Constant time in a: the exponent is public.
template <class P>
constexpr Fe<P> inverse(const Fe<P>& a) noexcept {
  constexpr auto e = params::sub_small(P::modulus, 2);
  return pow_var(a, e.data(), P::N);
}

// 1 / a; 0 for 0. a.v = x R, whose inverse as an integer is x^-1 R^-1: two products by R^2 away from x^-1 R.
template <class P>
inline Fe<P> inverse_var(const Fe<P>& a) noexcept {
  Fe<P> r;
  detail::invert_integer_var<P>(r.v, a.v);
  const Fe<P> square = Fe<P>::raw(Montgomery<P>::r_squared);
  r *= square;
  r *= square;
  return r;
}

// Montgomery's trick: n inversions for one and 3 (n - 1) multiplications; zeros stay zero. `scratch` holds n elements.
// F is any field.
template <class F>
inline void batch_inverse_var(F* a, std::size_t n, F* scratch) noexcept {
  F product = F::one();
  for (std::size_t i = 0; i < n; ++i) {
    scratch[i] = product;
    if (!a[i].is_zero()) product *= a[i];
  }
  F inv = inverse_var(product);
  for (std::size_t i = n; i-- > 0;) {
    if (a[i].is_zero()) continue;
    const F x = a[i];
    a[i] = inv * scratch[i];
    inv *= x;
  }
}

template <class P>
constexpr Fe<P> Fe<P>::from_limbs_unchecked(const std::uint64_t* limbs) noexcept {
  Fe r{};
  for (std::size_t i = 0; i < N; ++i) r.v[i] = limbs[i];
  return r * raw(Montgomery<P>::r_squared);
}

template <class P>
constexpr Fe<P> Fe<P>::from_u64(std::uint64_t x) noexcept {
  const std::uint64_t limbs[N] = {x};
  return from_limbs_unchecked(limbs);
}

template <class P>
inline Status Fe<P>::from_limbs(Fe& out, const std::uint64_t* limbs) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < N; ++i) (void)sbb(limbs[i], P::modulus[i], borrow);
  if (borrow == 0) return Status::non_canonical;
  out = from_limbs_unchecked(limbs);
  return Status::ok;
}

template <class P>
inline Fe<P> Fe<P>::from_limbs_reduce(const std::uint64_t* limbs) noexcept {
  // x R^2 R^-1 needs x R^2 < p 2^(64 N): R^2 mod p < p and x < 2^(64 N)
  return from_limbs_unchecked(limbs);
}

template <class P>
inline void Fe<P>::to_limbs(std::uint64_t* out) const noexcept {
  Fe unit{};
  unit.v[0] = 1;
  const Fe r = *this * unit;  // x R * 1 * R^-1
  for (std::size_t i = 0; i < N; ++i) out[i] = r.v[i];
}

template <class P>
inline Status Fe<P>::from_bytes_be(Fe& out, const std::uint8_t* bytes) noexcept {
  std::uint64_t limbs[N];
  for (std::size_t i = 0; i < N; ++i) limbs[i] = load_be64(bytes + 8 * (N - 1 - i));
  return from_limbs(out, limbs);
}

template <class P>
inline Status Fe<P>::from_bytes_le(Fe& out, const std::uint8_t* bytes) noexcept {
  std::uint64_t limbs[N];
  for (std::size_t i = 0; i < N; ++i) limbs[i] = load_le64(bytes + 8 * i);
  return from_limbs(out, limbs);
}

template <class P>
inline void Fe<P>::to_bytes_be(std::uint8_t* out) const noexcept {
  std::uint64_t limbs[N];
  to_limbs(limbs);
  for (std::size_t i = 0; i < N; ++i) store_be64(out + 8 * (N - 1 - i), limbs[i]);
}

template <class P>
inline void Fe<P>::to_bytes_le(std::uint8_t* out) const noexcept {
  std::uint64_t limbs[N];
  to_limbs(limbs);
  for (std::size_t i = 0; i < N; ++i) store_le64(out + 8 * i, limbs[i]);
}

using Fp = Fe<Bn254FpParams>;
using Fr = Fe<Bn254FrParams>;

ASSAY_ISA_END
