// Products of eight elements side by side (field51.h), by the 52-bit multipliers of field/lanes/product.h.
//
// A double-word product a_i b_j = l + 2^52 h stands at 2^(51 (i + j)): l goes to column i + j, 2 h to the next. Column
// c + 5 is 19 times column c. Columns are finished one by one, which keeps few sums in registers.
#pragma once

#include "curve/ed25519/field51.h"
#include "field/lanes/product.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

template <>
struct WordTraits<lanes::Word> {
  using Word = lanes::Word;
  static constexpr std::size_t kLanes = lanes::kLanes;
  using Mask = lanes::LaneMask;
  static ASSAY_LANES_INLINE Word broadcast(std::uint64_t x) noexcept { return lanes::broadcast(x); }
  static ASSAY_LANES_INLINE Word load(const std::uint64_t* p) noexcept { return lanes::load(p); }
  template <unsigned Bits>
  static ASSAY_LANES_INLINE Word shift_right(const Word& a) noexcept {
    return lanes::shift_right<Bits>(a);
  }
  template <unsigned Bits>
  static ASSAY_LANES_INLINE Word shift_left(const Word& a) noexcept {
    return lanes::shift_left<Bits>(a);
  }
  static ASSAY_LANES_INLINE Mask zero_mask(const Word& a) noexcept { return lanes::zero_mask(a); }
  static ASSAY_LANES_INLINE Word select(const Word& a, const Word& b, Mask mask) noexcept {
    return lanes::select(a, b, mask);
  }
};

using Fe8 = Fe51<lanes::Word>;
using Wide8 = Wide<lanes::Word>;

namespace detail {

struct Factors51 {
  lanes::Factor limb[kLimbs51];
  ASSAY_LANES_INLINE explicit Factors51(const Fe8& a) noexcept {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kLimbs51; ++i) limb[i] = lanes::factor(a.limb[i]);
  }
};

// how many products i + j = c, and how many of them with i < j
constexpr unsigned terms(std::size_t c) noexcept { return static_cast<unsigned>(c < 5 ? c + 1 : c < 9 ? 9 - c : 0); }
constexpr unsigned cross_terms(std::size_t c) noexcept { return (terms(c) - (c % 2 == 0 && c < 9)) / 2; }

ASSAY_LANES_INLINE Wide8 fold(const lanes::Word (&t)[2 * kLimbs51]) noexcept {
  Wide8 r;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLimbs51; ++i) r.limb[i] = t[i] + times19<lanes::Word>(t[i + kLimbs51]);
  return r;
}

ASSAY_LANES_INLINE Wide8 multiply(const Fe8& a, const Fe8& b) noexcept {
  using namespace lanes;
  const Factors51 x(a), y(b);
  Word t[2 * kLimbs51], high = broadcast(0);
#pragma GCC unroll 16
  for (std::size_t c = 0; c < 9; ++c) {
    Word low = broadcast(column_start(terms(c), 0)), next = broadcast(column_start(0, terms(c)));
#pragma GCC unroll 8
    for (std::size_t i = c < 5 ? 0 : c - 4; i <= c && i < 5; ++i) multiply_add(low, next, x.limb[i], y.limb[c - i]);
    t[c] = low + high + high;
    high = next;
  }
  t[9] = high + high;
  return fold(t);
}

ASSAY_LANES_INLINE Wide8 square(const Fe8& a) noexcept {
  using namespace lanes;
  const Factors51 x(a);
  Word t[2 * kLimbs51], high = broadcast(0);
#pragma GCC unroll 16
  for (std::size_t c = 0; c < 9; ++c) {
    Word low = broadcast(column_start(cross_terms(c), 0)), next = broadcast(column_start(0, cross_terms(c)));
#pragma GCC unroll 8
    for (std::size_t i = c < 5 ? 0 : c - 4; 2 * i < c; ++i) multiply_add(low, next, x.limb[i], x.limb[c - i]);
    if (c % 2 == 0) {  // the products of unequal limbs count twice
      low = low + low + broadcast(column_start(1, 0));
      next = next + next + broadcast(column_start(0, 1));
      multiply_add(low, next, x.limb[c / 2], x.limb[c / 2]);
    } else {
      low = low + low;
      next = next + next;
    }
    t[c] = low + high + high;
    high = next;
  }
  t[9] = high + high;
  return fold(t);
}

}  // namespace detail

// Out of line: the formulas of points would not fit the instruction cache otherwise.
[[gnu::noinline]] inline Wide8 mul_wide(const Fe8& a, const Fe8& b) noexcept { return detail::multiply(a, b); }
[[gnu::noinline]] inline Wide8 sqr_wide(const Fe8& a) noexcept { return detail::square(a); }
[[gnu::noinline]] inline Fe8 mul(const Fe8& a, const Fe8& b) noexcept { return carry(detail::multiply(a, b)); }
[[gnu::noinline]] inline Fe8 sqr(const Fe8& a) noexcept { return carry(detail::square(a)); }

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
