// F_p for p = 2^255 - 19 in radix 2^51: a = sum limb[i] 2^(51 i), five limbs; one element, or eight side by side.
//
// Source: Bernstein, Duif, Lange, Schwabe, Yang (2012), section 4; no Montgomery form, since 2^255 = 19 mod p folds the
// upper half of a product onto the lower for five small multiplications.
//
// Bounds. Fe: limbs below 2^51 + 2^16 ("tight"), any representative. Wide: what sums and products give before carry(),
// limbs below 2^62. Every function takes tight and gives tight unless it says otherwise.
// Eight at a time, a product's limbs are below 2^59 before carry(): limb 0 of a b is l_0 + 19 (4 l + 5 (2 h)), with
// l < 2^52 and h < 2^50.1 the halves of products below 2^102.1. So sums of four products and a difference (which adds
// 2^9 p, limbs about 2^60) stay below 2^62, and carry() of limbs below 2^62 leaves 19 2^11 < 2^16 above 2^51.
// A single product is carried at once, and takes limbs below 2^54: sums of four tight elements and a difference (which
// adds 2^2 p) go into it as they are, which operand() tells. Variable time; results may alias arguments.
// Cost for eight (lanes_field.h): product 25 double-word products, square 15; carry 5 shifts and 19 x.
#pragma once

#include "curve/ed25519/params.h"
#include "curve/ed25519/words.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

constexpr std::size_t kLimbs51 = 5;
constexpr std::uint64_t kMask51 = (std::uint64_t{1} << 51) - 1;

// limb i of a in radix 2^51, for a < 2^255
constexpr std::uint64_t limb51(const std::uint64_t* a, std::size_t i) noexcept {
  const std::size_t bit = 51 * i, word = bit / 64, shift = bit % 64;
  std::uint64_t x = a[word] >> shift;
  if (shift > 13) x |= a[word + 1] << (64 - shift);
  return x & kMask51;
}

template <class W>
struct Wide {
  W limb[kLimbs51];
};

template <class W>
struct Fe51 {
  using Word = W;
  using T = WordTraits<W>;
  using Mask = typename T::Mask;
  W limb[kLimbs51];

  operator Wide<W>() const noexcept { return {{limb[0], limb[1], limb[2], limb[3], limb[4]}}; }

  // the same element in every lane
  static Fe51 everywhere(const Limbs<4>& a) noexcept {
    Fe51 r;
    for (std::size_t i = 0; i < kLimbs51; ++i) r.limb[i] = T::broadcast(limb51(a.data(), i));
    return r;
  }
  static Fe51 small(std::uint64_t x) noexcept { return everywhere({x, 0, 0, 0}); }
};

template <class W>
[[gnu::always_inline]] inline Wide<W> operator+(const Wide<W>& a, const Wide<W>& b) noexcept {
  Wide<W> r;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs51; ++i) r.limb[i] = a.limb[i] + b.limb[i];
  return r;
}
// a - b + 2^e p, for limbs of b below 2^(51 + e) - 2^(e + 5): e = 9 for eight, 2 for one
template <class W>
[[gnu::always_inline]] inline Wide<W> operator-(const Wide<W>& a, const Wide<W>& b) noexcept {
  constexpr unsigned kShift = WordTraits<W>::kDifferenceShift;
  constexpr std::uint64_t kAll = kMask51 << kShift, kFirst = (kMask51 - 18) << kShift;
  Wide<W> r;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs51; ++i)
    r.limb[i] = a.limb[i] + WordTraits<W>::broadcast(i == 0 ? kFirst : kAll) - b.limb[i];
  return r;
}
template <class W>
[[gnu::always_inline]] inline Wide<W> wide(const Fe51<W>& a) noexcept {
  return a;
}

template <class W>
[[gnu::always_inline]] inline W times19(const W& a) noexcept {
  using T = WordTraits<W>;
  return a + T::template shift_left<1>(a) + T::template shift_left<4>(a);
}

template <class W>
[[gnu::always_inline]] inline Fe51<W> carry(const Wide<W>& a) noexcept {
  using T = WordTraits<W>;
  const W mask = T::broadcast(kMask51);
  Fe51<W> r;
  r.limb[0] = (a.limb[0] & mask) + times19<W>(T::template shift_right<51>(a.limb[4]));
#pragma GCC unroll 8
  for (std::size_t i = 1; i < kLimbs51; ++i)
    r.limb[i] = (a.limb[i] & mask) + T::template shift_right<51>(a.limb[i - 1]);
  return r;
}

// a sum as a product takes it: carried for eight; limbs below 2^54 as they are for one
template <class W>
[[gnu::always_inline]] inline Fe51<W> operand(const Wide<W>& a) noexcept {
  if constexpr (WordTraits<W>::kLanes > 1) return carry(a);
  return {{a.limb[0], a.limb[1], a.limb[2], a.limb[3], a.limb[4]}};
}

template <class W>
[[gnu::always_inline]] inline Fe51<W> add(const Fe51<W>& a, const Fe51<W>& b) noexcept {
  return carry(wide(a) + wide(b));
}
template <class W>
[[gnu::always_inline]] inline Fe51<W> sub(const Fe51<W>& a, const Fe51<W>& b) noexcept {
  return carry(wide(a) - wide(b));
}

// The representative in [0, p), limbs below 2^51. A tight value is below 2 p: with q = 1 where it is at least p, which
// the carry of a + 19 out of the top limb tells, the result is a + 19 q - 2^255 q.
template <class W>
inline Fe51<W> canonical(const Fe51<W>& a) noexcept {
  using T = WordTraits<W>;
  const W mask = T::broadcast(kMask51);
  W q = T::template shift_right<51>(W(a.limb[0] + T::broadcast(19)));
#pragma GCC unroll 8
  for (std::size_t i = 1; i < kLimbs51; ++i) q = T::template shift_right<51>(W(a.limb[i] + q));
  Fe51<W> r;
  W up = a.limb[0] + times19<W>(q);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs51; ++i) {
    r.limb[i] = up & mask;
    if (i + 1 < kLimbs51) up = a.limb[i + 1] + T::template shift_right<51>(up);
  }
  return r;
}

// lanes in which canonical limbs are all equal
template <class W>
inline typename Fe51<W>::Mask equal_limbs(const Fe51<W>& a, const Fe51<W>& b) noexcept {
  W differ = a.limb[0] ^ b.limb[0];
  for (std::size_t i = 1; i < kLimbs51; ++i) differ = differ | (a.limb[i] ^ b.limb[i]);
  return WordTraits<W>::zero_mask(differ);
}
// lanes that are zero modulo p
template <class W>
inline typename Fe51<W>::Mask zero_mask(const Fe51<W>& a) noexcept {
  return equal_limbs(canonical(a), Fe51<W>::small(0));
}
// lanes whose representative in [0, p) is even, given that representative
template <class W>
inline typename Fe51<W>::Mask even_mask(const Fe51<W>& a) noexcept {
  return WordTraits<W>::zero_mask(W(a.limb[0] & WordTraits<W>::broadcast(1)));
}
// lane i: mask bit i ? b : a, of two Fe51 or two Wide
template <template <class> class A, class W>
[[gnu::always_inline]] inline A<W> select(const A<W>& a, const A<W>& b, typename WordTraits<W>::Mask mask) noexcept {
  A<W> r;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs51; ++i) r.limb[i] = WordTraits<W>::select(a.limb[i], b.limb[i], mask);
  return r;
}

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
