// The product in F_p[i] / (i^2 + 1) on four limbs with mulx, adcx and adox: r0 = a0 b0 - a1 b1, r1 = a0 b1 + a1 b0.
//
// Both inner products run side by side, row by row, so that neither waits for its own carries: 98 multiplications
// (steps: field/rows4_adx.h). Three of the four words are dropped by
// folding. Bounds, with c = 2^-64 mod p and the second operand of a1 being p - b1 <= p: a step leaves at most 2^64 c
// and a row adds 2^64 p, so the accumulator stays below 2^64 (c + 2 p) < 2^320; the last reduction gives less than 2
// p^2 / R + c + p, which is below 2 p where the assertion holds (BN254's p: 1.91 p). Arguments below p; constant time;
// results may alias arguments.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/add4_x86.h"
#include "field/params.h"
#include "field/rows4_adx.h"

ASSAY_ISA_BEGIN

namespace detail {

template <class P>
constexpr bool folds_in_quadratic() noexcept {
  constexpr double word = 18446744073709551616.0;
  const double p = static_cast<double>(P::modulus[3]) / word, c = static_cast<double>(kInverseOfWord<P>[3]) / word;
  return c + 2 * p < 0.999 && 2 * p * p + c + p < 1.999 * p;
}

// a and b: c0, then c1, of four limbs each; minus: p - b1
template <class P>
[[gnu::always_inline]] inline void quadratic_mul4_adx(std::uint64_t* r0, std::uint64_t* r1, const std::uint64_t* a,
                                                      const std::uint64_t* b,
                                                      const std::uint64_t (&minus)[4]) noexcept {
  static_assert(P::N == 4 && folds_in_quadratic<P>());
  std::uint64_t u0, u1, u2, u3, u4, w0, w1, w2, w3, w4, lo, hi;
  __asm__(  // clang-format off
#define ASSAY_B0 ASSAY_LIMBS("%[b]", "0")
#define ASSAY_B1 ASSAY_LIMBS("%[b]", "32")
#define ASSAY_MINUS "%[minus]", "8+%[minus]", "16+%[minus]", "24+%[minus]"
#define ASSAY_QUADRATIC_STEP(first, divide, x0, x1, u0, u1, u2, u3, u4, w0, w1, w2, w3, w4) \
      ASSAY_EXPAND(first, x0, ASSAY_B0, u0, u1, u2, u3, u4)                                  \
      ASSAY_EXPAND(first, x0, ASSAY_B1, w0, w1, w2, w3, w4)                                  \
      ASSAY_EXPAND(ASSAY_ROW_ADD, x1, ASSAY_MINUS, u0, u1, u2, u3, u4)                       \
      ASSAY_EXPAND(ASSAY_ROW_ADD, x1, ASSAY_B0, w0, w1, w2, w3, w4)                          \
      divide(u0, u1, u2, u3, u4)                                                             \
      divide(w0, w1, w2, w3, w4)
      ASSAY_QUADRATIC_STEP(ASSAY_ROW_FIRST, ASSAY_FOLD, "0(%[a])", "32(%[a])",
                           "%[u0]", "%[u1]", "%[u2]", "%[u3]", "%[u4]", "%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_QUADRATIC_STEP(ASSAY_ROW_ADD, ASSAY_FOLD, "8(%[a])", "40(%[a])",
                           "%[u1]", "%[u2]", "%[u3]", "%[u4]", "%[u0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_QUADRATIC_STEP(ASSAY_ROW_ADD, ASSAY_FOLD, "16(%[a])", "48(%[a])",
                           "%[u2]", "%[u3]", "%[u4]", "%[u0]", "%[u1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_QUADRATIC_STEP(ASSAY_ROW_ADD, ASSAY_REDUCE, "24(%[a])", "56(%[a])",
                           "%[u3]", "%[u4]", "%[u0]", "%[u1]", "%[u2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
#undef ASSAY_QUADRATIC_STEP
#undef ASSAY_MINUS
#undef ASSAY_B1
#undef ASSAY_B0
      // clang-format on
      : [u0] "=&r"(u0), [u1] "=&r"(u1), [u2] "=&r"(u2), [u3] "=&r"(u3), [u4] "=&r"(u4), [w0] "=&r"(w0), [w1] "=&r"(w1),
        [w2] "=&r"(w2), [w3] "=&r"(w3), [w4] "=&r"(w4), [lo] "=&r"(lo), [hi] "=&r"(hi)
      : [a] "r"(a), [b] "r"(b), [minus] "m"(minus), [zero] "m"(kZeroWord), [p0] "m"(P::modulus[0]),
        [p1] "m"(P::modulus[1]), [p2] "m"(P::modulus[2]), [p3] "m"(P::modulus[3]),
        [inv] "m"(Montgomery<P>::neg_inverse), [c0] "m"(kInverseOfWord<P>[0]), [c1] "m"(kInverseOfWord<P>[1]),
        [c2] "m"(kInverseOfWord<P>[2]), [c3] "m"(kInverseOfWord<P>[3]),
        "m"(*reinterpret_cast<const std::uint64_t (*)[8]>(a)), "m"(*reinterpret_cast<const std::uint64_t (*)[8]>(b))
      : "rdx", "cc");
  reduce4<P>(r0, u4, u0, u1, u2);
  reduce4<P>(r1, w4, w0, w1, w2);
}

}  // namespace detail

ASSAY_ISA_END
