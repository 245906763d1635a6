// The additive half of the butterflies on four limbs, in baseline x86-64: carry chains and conditional moves, each limb
// loaded and stored once. Contracts: ntt/butterfly.h.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/params.h"

ASSAY_ISA_BEGIN

namespace detail {

// 2 p, where assembly can name its limbs
template <class P>
inline constexpr Limbs<P::N> kTwiceModulus = params::double_limbs(P::modulus);

#define ASSAY_TWICE_MODULUS                                                                    \
  [q0] "m"(kTwiceModulus<P>[0]), [q1] "m"(kTwiceModulus<P>[1]), [q2] "m"(kTwiceModulus<P>[2]), \
      [q3] "m"(kTwiceModulus<P>[3])

// a <- a mod 2p + y, b <- a mod 2p - y + 2p, for a < 4p, y < 2p; b may be y
template <class P>
[[gnu::always_inline]] inline void cross4(std::uint64_t* a, std::uint64_t* b, const std::uint64_t* y) noexcept {
  std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], s0 = t0, s1 = t1, s2 = t2, s3 = t3;
  __asm__(
      "subq %[q0], %[s0]\n\t"
      "sbbq %[q1], %[s1]\n\t"
      "sbbq %[q2], %[s2]\n\t"
      "sbbq %[q3], %[s3]\n\t"
      "cmovncq %[s0], %[t0]\n\t"
      "cmovncq %[s1], %[t1]\n\t"
      "cmovncq %[s2], %[t2]\n\t"
      "cmovncq %[s3], %[t3]\n\t"
      "movq %[q0], %[s0]\n\t"
      "movq %[q1], %[s1]\n\t"
      "movq %[q2], %[s2]\n\t"
      "movq %[q3], %[s3]\n\t"
      "addq %[t0], %[s0]\n\t"
      "adcq %[t1], %[s1]\n\t"
      "adcq %[t2], %[s2]\n\t"
      "adcq %[t3], %[s3]\n\t"
      "addq %[y0], %[t0]\n\t"
      "adcq %[y1], %[t1]\n\t"
      "adcq %[y2], %[t2]\n\t"
      "adcq %[y3], %[t3]\n\t"
      "subq %[y0], %[s0]\n\t"
      "sbbq %[y1], %[s1]\n\t"
      "sbbq %[y2], %[s2]\n\t"
      "sbbq %[y3], %[s3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2),
        [s3] "+&r"(s3)
      : [y0] "rm"(y[0]), [y1] "rm"(y[1]), [y2] "rm"(y[2]), [y3] "rm"(y[3]), ASSAY_TWICE_MODULUS
      : "cc");
  a[0] = t0, a[1] = t1, a[2] = t2, a[3] = t3;
  b[0] = s0, b[1] = s1, b[2] = s2, b[3] = s3;
}

// r <- x - y + 2p
template <class P>
[[gnu::always_inline]] inline void sub_raw4(std::uint64_t* r, const std::uint64_t* x, const std::uint64_t* y) noexcept {
  std::uint64_t t0 = x[0], t1 = x[1], t2 = x[2], t3 = x[3];
  __asm__(
      "addq %[q0], %[t0]\n\t"
      "adcq %[q1], %[t1]\n\t"
      "adcq %[q2], %[t2]\n\t"
      "adcq %[q3], %[t3]\n\t"
      "subq %[y0], %[t0]\n\t"
      "sbbq %[y1], %[t1]\n\t"
      "sbbq %[y2], %[t2]\n\t"
      "sbbq %[y3], %[t3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3)
      : [y0] "rm"(y[0]), [y1] "rm"(y[1]), [y2] "rm"(y[2]), [y3] "rm"(y[3]), ASSAY_TWICE_MODULUS
      : "cc");
  r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

// r <- (x + y) mod 2p, for x + y < 4p
template <class P>
[[gnu::always_inline]] inline void add_twice4(std::uint64_t* r, const std::uint64_t* x,
                                              const std::uint64_t* y) noexcept {
  std::uint64_t t0 = x[0], t1 = x[1], t2 = x[2], t3 = x[3], s0, s1, s2, s3;
  __asm__(
      "addq %[y0], %[t0]\n\t"
      "adcq %[y1], %[t1]\n\t"
      "adcq %[y2], %[t2]\n\t"
      "adcq %[y3], %[t3]\n\t"
      "movq %[t0], %[s0]\n\t"
      "movq %[t1], %[s1]\n\t"
      "movq %[t2], %[s2]\n\t"
      "movq %[t3], %[s3]\n\t"
      "subq %[q0], %[s0]\n\t"
      "sbbq %[q1], %[s1]\n\t"
      "sbbq %[q2], %[s2]\n\t"
      "sbbq %[q3], %[s3]\n\t"
      "cmovncq %[s0], %[t0]\n\t"
      "cmovncq %[s1], %[t1]\n\t"
      "cmovncq %[s2], %[t2]\n\t"
      "cmovncq %[s3], %[t3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [s0] "=&r"(s0), [s1] "=&r"(s1), [s2] "=&r"(s2),
        [s3] "=&r"(s3)
      : [y0] "rm"(y[0]), [y1] "rm"(y[1]), [y2] "rm"(y[2]), [y3] "rm"(y[3]), ASSAY_TWICE_MODULUS
      : "cc");
  r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

#undef ASSAY_TWICE_MODULUS

}  // namespace detail

ASSAY_ISA_END
