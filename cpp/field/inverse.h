// Inversion in variable time, for public values: the division steps of Bernstein and Yang.
//
// Source: Bernstein, Yang, "Fast constant-time gcd computation and modular inversion", TCHES 2019(3), section 11: from
// delta = 1, f = p, g = a,
//   (delta, f, g) <- (1 - delta, g, (g - f) / 2)                if delta > 0 and g is odd
//                    (1 + delta, f, (g + (g mod 2) f) / 2)      otherwise
// until g = 0, when f = +-gcd. Ours is not constant time: runs of zero bits are shifted out at once, and up to six odd
// steps are joined by clearing as many low bits of g with one multiple of f. 62 steps at a time depend on the low words
// alone and give a 2 x 2 matrix of transition; applied to (f, g), and modulo p to (d, e) with f = d a and g = e a, it
// takes them all at once. Numbers are signed, in limbs of 62 bits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/isa.h"
#include "field/params.h"

ASSAY_ISA_BEGIN

namespace detail {

__extension__ using i128 = __int128;

constexpr unsigned kStepBits = 62;
constexpr std::uint64_t kStepMask = (std::uint64_t{1} << kStepBits) - 1;

// Two's complement: the top limb carries the sign, the others are in [0, 2^62).
template <std::size_t L>
struct Signed62 {
  std::int64_t v[L];
};

template <std::size_t N>
inline constexpr std::size_t kSignedLimbs = (64 * N + 2 + kStepBits - 1) / kStepBits;

template <std::size_t N>
constexpr Signed62<kSignedLimbs<N>> to_signed62(const std::uint64_t* a) noexcept {
  Signed62<kSignedLimbs<N>> r{};
  for (std::size_t i = 0; i < kSignedLimbs<N>; ++i) {
    const std::size_t word = i * kStepBits / 64, offset = i * kStepBits % 64;
    std::uint64_t x = word < N ? a[word] >> offset : 0;
    if (offset > 64 - kStepBits && word + 1 < N) x |= a[word + 1] << (64 - offset);
    r.v[i] = static_cast<std::int64_t>(x & kStepMask);
  }
  return r;
}

// 2^62 (f', g') = (u f + v g, q f + r g)
struct Transition {
  std::int64_t u, v, q, r;
};

// 62 steps on the low words of f and g; returns the new eta = -delta.
inline std::int64_t division_steps_var(std::int64_t eta, std::uint64_t f, std::uint64_t g, Transition& t) noexcept {
  std::uint64_t u = 1, v = 0, q = 0, r = 1;
  for (int left = kStepBits;;) {
    const int zeros = __builtin_ctzll(g | (std::uint64_t{1} << left));
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    if (eta < 0) {
      eta = -eta;
      const std::uint64_t f0 = f, u0 = u, v0 = v;
      f = g, g = 0 - f0;
      u = q, q = 0 - u0;
      v = r, r = 0 - v0;
    }
    // The next swap is eta + 1 steps away: w = -g / f modulo 2^k clears k <= min(eta + 1, left, 6) bits of g + w f.
    // f (2 - f^2) is 1 / f modulo 2^6, because f^2 = 1 modulo 2^3.
    const int k = static_cast<int>(std::min<std::int64_t>(std::min<std::int64_t>(eta + 1, left), 6));
    const std::uint64_t w = (g * f * (f * f - 2)) & ((std::uint64_t{1} << k) - 1);
    g += f * w;
    q += u * w;
    r += v * w;
  }
  t = {static_cast<std::int64_t>(u), static_cast<std::int64_t>(v), static_cast<std::int64_t>(q),
       static_cast<std::int64_t>(r)};
  return eta;
}

// (f, g) <- t (f, g) / 2^62, exact
template <std::size_t L>
inline void apply_exact(const Transition& t, Signed62<L>& f, Signed62<L>& g) noexcept {
  i128 cf = static_cast<i128>(t.u) * f.v[0] + static_cast<i128>(t.v) * g.v[0];
  i128 cg = static_cast<i128>(t.q) * f.v[0] + static_cast<i128>(t.r) * g.v[0];
  cf >>= kStepBits;
  cg >>= kStepBits;
  for (std::size_t i = 1; i < L; ++i) {
    const std::int64_t fi = f.v[i], gi = g.v[i];
    cf += static_cast<i128>(t.u) * fi + static_cast<i128>(t.v) * gi;
    cg += static_cast<i128>(t.q) * fi + static_cast<i128>(t.r) * gi;
    f.v[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cf) & kStepMask);
    g.v[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cg) & kStepMask);
    cf >>= kStepBits;
    cg >>= kStepBits;
  }
  f.v[L - 1] = static_cast<std::int64_t>(cf);
  g.v[L - 1] = static_cast<std::int64_t>(cg);
}

// (d, e) <- t (d, e) / 2^62 modulo p, all in (-2p, p): with u, v's absolute values adding up to at most 2^62, first p
// is added to a negative d and e, which gives (-p, p) for each, then the multiple of p that clears the low limb.
template <class P, std::size_t L>
inline void apply_modular(const Transition& t, Signed62<L>& d, Signed62<L>& e) noexcept {
  constexpr Signed62<L> p = to_signed62<P::N>(P::modulus.data());
  constexpr std::uint64_t p_inverse = (0 - Montgomery<P>::neg_inverse) & kStepMask;
  const std::int64_t sd = d.v[L - 1] >> 63, se = e.v[L - 1] >> 63;
  std::int64_t md = (t.u & sd) + (t.v & se), me = (t.q & sd) + (t.r & se);
  i128 cd = static_cast<i128>(t.u) * d.v[0] + static_cast<i128>(t.v) * e.v[0];
  i128 ce = static_cast<i128>(t.q) * d.v[0] + static_cast<i128>(t.r) * e.v[0];
  md -= static_cast<std::int64_t>((p_inverse * static_cast<std::uint64_t>(cd) + static_cast<std::uint64_t>(md)) &
                                  kStepMask);
  me -= static_cast<std::int64_t>((p_inverse * static_cast<std::uint64_t>(ce) + static_cast<std::uint64_t>(me)) &
                                  kStepMask);
  cd += static_cast<i128>(p.v[0]) * md;
  ce += static_cast<i128>(p.v[0]) * me;
  cd >>= kStepBits;
  ce >>= kStepBits;
  for (std::size_t i = 1; i < L; ++i) {
    const std::int64_t di = d.v[i], ei = e.v[i];
    cd += static_cast<i128>(t.u) * di + static_cast<i128>(t.v) * ei + static_cast<i128>(p.v[i]) * md;
    ce += static_cast<i128>(t.q) * di + static_cast<i128>(t.r) * ei + static_cast<i128>(p.v[i]) * me;
    d.v[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cd) & kStepMask);
    e.v[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(ce) & kStepMask);
    cd >>= kStepBits;
    ce >>= kStepBits;
  }
  d.v[L - 1] = static_cast<std::int64_t>(cd);
  e.v[L - 1] = static_cast<std::int64_t>(ce);
}

// a in (-2p, p), negated if `negate`, as the canonical residue
template <class P, std::size_t L>
inline void from_signed62(std::uint64_t* out, Signed62<L> a, bool negate) noexcept {
  constexpr Signed62<L> p = to_signed62<P::N>(P::modulus.data());
  const auto combine = [&](std::int64_t sign, std::int64_t multiple) noexcept {
    std::int64_t carry = 0;
    for (std::size_t i = 0; i < L; ++i) {
      carry += sign * a.v[i] + multiple * p.v[i];
      a.v[i] = i + 1 < L ? static_cast<std::int64_t>(static_cast<std::uint64_t>(carry) & kStepMask) : carry;
      carry >>= kStepBits;
    }
  };
  combine(1, a.v[L - 1] < 0 ? 1 : 0);  // (-p, p)
  if (negate) combine(-1, 0);
  if (a.v[L - 1] < 0) combine(1, 1);  // [0, p)
  for (std::size_t i = 0; i < P::N; ++i) {
    const std::size_t limb = 64 * i / kStepBits, offset = 64 * i % kStepBits;
    out[i] = static_cast<std::uint64_t>(a.v[limb]) >> offset;
    if (limb + 1 < L) out[i] |= static_cast<std::uint64_t>(a.v[limb + 1]) << (kStepBits - offset);
  }
}

// out <- 1 / a mod p, canonical, for an integer a < p; 0 for 0. They may be the same.
template <class P>
inline void invert_integer_var(std::uint64_t* out, const std::uint64_t* a) noexcept {
  constexpr std::size_t L = kSignedLimbs<P::N>;
  Signed62<L> f = to_signed62<P::N>(P::modulus.data()), g = to_signed62<P::N>(a), d{}, e{};
  e.v[0] = 1;
  const auto is_zero = [](const Signed62<L>& x) noexcept {
    std::int64_t any = 0;
    for (std::size_t i = 0; i < L; ++i) any |= x.v[i];
    return any == 0;
  };
  for (std::int64_t eta = -1; !is_zero(g);) {
    Transition t;
    eta = division_steps_var(eta, static_cast<std::uint64_t>(f.v[0]) | static_cast<std::uint64_t>(f.v[1]) << 62,
                             static_cast<std::uint64_t>(g.v[0]) | static_cast<std::uint64_t>(g.v[1]) << 62, t);
    apply_modular<P>(t, d, e);
    apply_exact(t, f, g);
  }
  from_signed62<P>(out, d, f.v[L - 1] < 0);  // f = +-1 and d a = f
}

}  // namespace detail

ASSAY_ISA_END
