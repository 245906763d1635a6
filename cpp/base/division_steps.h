// The division steps of Bernstein and Yang on numbers of any length: the greatest common divisor, and with it the
// inverse modulo an odd number.
//
// Source: Bernstein, Yang, "Fast constant-time gcd computation and modular inversion", TCHES 2019(3), sections 8 and
// 11: from delta = 1 and odd f,
//   (delta, f, g) <- (1 - delta, g, (g - f) / 2)                if delta > 0 and g is odd
//                    (1 + delta, f, (g + (g mod 2) f) / 2)      otherwise
// until g = 0, when f = +-gcd. With |f|, |g| <= 2^d, d >= 46, (49 d + 57) / 17 steps are enough (theorem 11.2). 62
// steps at a time depend on the low words alone and give a 2 x 2 matrix of transition; applied to (f, g), and modulo m
// to (d, e) with f = d a and g = e a, it takes them all at once. Numbers are signed, in limbs of 62 bits, two's
// complement: the top limb carries the sign, the others are in [0, 2^62). Where the length is a constant of the caller,
// the loops over limbs unroll.
//
// Constant time for a given number of limbs, except where the name ends in _var.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/isa.h"

ASSAY_ISA_BEGIN

namespace division_steps {

__extension__ using i128 = __int128;

constexpr unsigned kBits = 62;
constexpr std::uint64_t kMask = (std::uint64_t{1} << kBits) - 1;

// Limbs that hold +-2^(64 words + 1)
constexpr std::size_t limbs(std::size_t words) noexcept { return (64 * words + 2 + kBits - 1) / kBits; }

// Rounds of 62 steps after which g = 0, for |f|, |g| <= 2^(64 words)
constexpr std::size_t rounds(std::size_t words) noexcept { return ((49 * 64 * words + 57) / 17 + kBits - 1) / kBits; }

[[gnu::always_inline]] constexpr void from_words(std::int64_t* out, std::size_t length, const std::uint64_t* a,
                                                 std::size_t words) noexcept {
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t word = i * kBits / 64, offset = i * kBits % 64;
    std::uint64_t x = word < words ? a[word] >> offset : 0;
    if (offset > 64 - kBits && word + 1 < words) x |= a[word + 1] << (64 - offset);
    out[i] = static_cast<std::int64_t>(x & kMask);
  }
}

// a in [0, 2^(64 words))
[[gnu::always_inline]] inline void to_words(std::uint64_t* out, std::size_t words, const std::int64_t* a,
                                            std::size_t length) noexcept {
  for (std::size_t i = 0; i < words; ++i) {
    const std::size_t limb = 64 * i / kBits, offset = 64 * i % kBits;
    out[i] = limb < length ? static_cast<std::uint64_t>(a[limb]) >> offset : 0;
    if (limb + 1 < length) out[i] |= static_cast<std::uint64_t>(a[limb + 1]) << (kBits - offset);
  }
}

// 2^62 (f', g') = (u f + v g, q f + r g), with |u| + |v| and |q| + |r| at most 2^62
struct Transition {
  std::int64_t u, v, q, r;
};

// 62 steps on the low words of f and g; returns the new delta.
inline std::int64_t steps(std::int64_t delta, std::uint64_t f, std::uint64_t g, Transition& t) noexcept {
  std::uint64_t u = 1, v = 0, q = 0, r = 1;
  for (unsigned i = 0; i < kBits; ++i) {
    const std::uint64_t odd = 0 - (g & 1);
    const std::uint64_t swap = odd & static_cast<std::uint64_t>((-delta) >> 63);  // delta > 0 and g odd
    const std::uint64_t df = (f ^ g) & swap, du = (u ^ q) & swap, dv = (v ^ r) & swap;
    f ^= df, u ^= du, v ^= dv;
    g = ((g ^ df) ^ swap) - swap;  // negated where swapped
    q = ((q ^ du) ^ swap) - swap;
    r = ((r ^ dv) ^ swap) - swap;
    delta = ((delta ^ static_cast<std::int64_t>(swap)) - static_cast<std::int64_t>(swap)) + 1;
    g = (g + (f & odd)) >> 1;
    q += u & odd;
    r += v & odd;
    u <<= 1;
    v <<= 1;
  }
  t = {static_cast<std::int64_t>(u), static_cast<std::int64_t>(v), static_cast<std::int64_t>(q),
       static_cast<std::int64_t>(r)};
  return delta;
}

// The same, faster where bits of g are zero: runs of them are shifted out at once, and up to six odd steps are joined
// by clearing as many low bits of g with one multiple of f.
inline std::int64_t steps_var(std::int64_t delta, std::uint64_t f, std::uint64_t g, Transition& t) noexcept {
  std::uint64_t u = 1, v = 0, q = 0, r = 1;
  for (int left = kBits;;) {
    const int zeros = __builtin_ctzll(g | (std::uint64_t{1} << left));
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    delta += zeros;
    left -= zeros;
    if (left == 0) break;
    if (delta > 0) {
      delta = -delta;
      const std::uint64_t f0 = f, u0 = u, v0 = v;
      f = g, g = 0 - f0;
      u = q, q = 0 - u0;
      v = r, r = 0 - v0;
    }
    // The next swap is 1 - delta steps away: w = -g / f modulo 2^k clears k <= min(1 - delta, left, 6) bits of g + w f.
    // f (2 - f^2) is 1 / f modulo 2^6, because f^2 = 1 modulo 2^3.
    const int k = static_cast<int>(std::min<std::int64_t>(std::min<std::int64_t>(1 - delta, left), 6));
    const std::uint64_t w = (g * f * (f * f - 2)) & ((std::uint64_t{1} << k) - 1);
    g += f * w;
    q += u * w;
    r += v * w;
  }
  t = {static_cast<std::int64_t>(u), static_cast<std::int64_t>(v), static_cast<std::int64_t>(q),
       static_cast<std::int64_t>(r)};
  return delta;
}

inline std::uint64_t low_word(const std::int64_t* a) noexcept {
  return static_cast<std::uint64_t>(a[0]) | static_cast<std::uint64_t>(a[1]) << kBits;
}

// (f, g) <- t (f, g) / 2^62, exact
[[gnu::always_inline]] inline void apply_exact(const Transition& t, std::int64_t* f, std::int64_t* g,
                                               std::size_t length) noexcept {
  i128 cf = static_cast<i128>(t.u) * f[0] + static_cast<i128>(t.v) * g[0];
  i128 cg = static_cast<i128>(t.q) * f[0] + static_cast<i128>(t.r) * g[0];
  cf >>= kBits;
  cg >>= kBits;
  for (std::size_t i = 1; i < length; ++i) {
    const std::int64_t fi = f[i], gi = g[i];
    cf += static_cast<i128>(t.u) * fi + static_cast<i128>(t.v) * gi;
    cg += static_cast<i128>(t.q) * fi + static_cast<i128>(t.r) * gi;
    f[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cf) & kMask);
    g[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cg) & kMask);
    cf >>= kBits;
    cg >>= kBits;
  }
  f[length - 1] = static_cast<std::int64_t>(cf);
  g[length - 1] = static_cast<std::int64_t>(cg);
}

// (d, e) <- t (d, e) / 2^62 modulo m, all in (-2m, m): first m is added to a negative d and e, which gives (-m, m) for
// each, then the multiple of m that clears the low limb; m_inverse = 1 / m modulo 2^62.
[[gnu::always_inline]] inline void apply_modular(const Transition& t, std::int64_t* d, std::int64_t* e,
                                                 const std::int64_t* m, std::uint64_t m_inverse,
                                                 std::size_t length) noexcept {
  const std::int64_t sd = d[length - 1] >> 63, se = e[length - 1] >> 63;
  std::int64_t md = (t.u & sd) + (t.v & se), me = (t.q & sd) + (t.r & se);
  i128 cd = static_cast<i128>(t.u) * d[0] + static_cast<i128>(t.v) * e[0];
  i128 ce = static_cast<i128>(t.q) * d[0] + static_cast<i128>(t.r) * e[0];
  md -=
      static_cast<std::int64_t>((m_inverse * static_cast<std::uint64_t>(cd) + static_cast<std::uint64_t>(md)) & kMask);
  me -=
      static_cast<std::int64_t>((m_inverse * static_cast<std::uint64_t>(ce) + static_cast<std::uint64_t>(me)) & kMask);
  cd += static_cast<i128>(m[0]) * md;
  ce += static_cast<i128>(m[0]) * me;
  cd >>= kBits;
  ce >>= kBits;
  for (std::size_t i = 1; i < length; ++i) {
    const std::int64_t di = d[i], ei = e[i];
    cd += static_cast<i128>(t.u) * di + static_cast<i128>(t.v) * ei + static_cast<i128>(m[i]) * md;
    ce += static_cast<i128>(t.q) * di + static_cast<i128>(t.r) * ei + static_cast<i128>(m[i]) * me;
    d[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cd) & kMask);
    e[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(ce) & kMask);
    cd >>= kBits;
    ce >>= kBits;
  }
  d[length - 1] = static_cast<std::int64_t>(cd);
  e[length - 1] = static_cast<std::int64_t>(ce);
}

// a <- sign a + (m if mask is all ones), where sign is 1 or -1 and mask 0 or -1
[[gnu::always_inline]] inline void combine(std::int64_t* a, std::int64_t sign, const std::int64_t* m, std::int64_t mask,
                                           std::size_t length) noexcept {
  std::int64_t carry = 0;
  for (std::size_t i = 0; i < length; ++i) {
    carry += sign * a[i] + (m[i] & mask);
    a[i] = i + 1 < length ? static_cast<std::int64_t>(static_cast<std::uint64_t>(carry) & kMask) : carry;
    carry >>= kBits;
  }
}

// -1 where a is negative, 0 elsewhere
inline std::int64_t sign_mask(const std::int64_t* a, std::size_t length) noexcept { return a[length - 1] >> 63; }

// 0 if and only if a = value, for a small value >= 0
inline std::uint64_t difference(const std::int64_t* a, std::int64_t value, std::size_t length) noexcept {
  std::uint64_t any = static_cast<std::uint64_t>(a[0] ^ value);
  for (std::size_t i = 1; i < length; ++i) any |= static_cast<std::uint64_t>(a[i]);
  return any;
}

// The length without limbs that only repeat the sign, 2 at least; they are folded into the new top limb of each.
inline std::size_t shorten_var(std::int64_t* f, std::int64_t* g, std::size_t length) noexcept {
  while (length > 2) {
    const std::int64_t ft = f[length - 1], gt = g[length - 1];
    if ((ft != 0 && ft != -1) || (gt != 0 && gt != -1)) break;
    f[length - 2] |= static_cast<std::int64_t>(static_cast<std::uint64_t>(ft) << kBits);
    g[length - 2] |= static_cast<std::int64_t>(static_cast<std::uint64_t>(gt) << kBits);
    --length;
  }
  return length;
}

// From `shorter` limbs back to `length`
inline void lengthen(std::int64_t* a, std::size_t shorter, std::size_t length) noexcept {
  for (std::size_t i = shorter; i < length; ++i) {
    a[i] = a[i - 1] >> kBits;
    a[i - 1] &= static_cast<std::int64_t>(kMask);
  }
}

}  // namespace division_steps

ASSAY_ISA_END
