// Montgomery multiplication of four limbs with mulx, adcx and adox: r <- a b R^-1 mod p.
//
// The spare bits of the modulus keep the sixth word of the accumulator zero (see field/fe.h). 36 multiplications, about
// 165 micro-operations. Preconditions as montgomery_mul.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/add4_x86.h"
#include "field/params.h"
#include "field/rows4_adx.h"

ASSAY_ISA_BEGIN

namespace detail {

// Without kReduce the result is a b R^-1 or that plus p, below a b / R + p, and a may be any four limbs.
template <class P, bool kReduce = true>
[[gnu::always_inline]] inline void montgomery_mul4_adx(std::uint64_t* r, const std::uint64_t* a,
                                                       const std::uint64_t* b) noexcept {
  static_assert(P::N == 4);
  std::uint64_t w0, w1, w2, w3, w4, lo, hi;
  __asm__(  // clang-format off
      ASSAY_EXPAND(ASSAY_ROW_FIRST, "0(%[a])", ASSAY_LIMBS("%[b]", "0"), "%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_REDUCE("%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_EXPAND(ASSAY_ROW, "8(%[a])", ASSAY_LIMBS("%[b]", "0"), "%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_REDUCE("%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_EXPAND(ASSAY_ROW, "16(%[a])", ASSAY_LIMBS("%[b]", "0"), "%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_REDUCE("%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_EXPAND(ASSAY_ROW, "24(%[a])", ASSAY_LIMBS("%[b]", "0"), "%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
      ASSAY_REDUCE("%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
            // clang-format on
      : [w0] "=&r"(w0), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3), [w4] "=&r"(w4), [lo] "=&r"(lo), [hi] "=&r"(hi)
      : [zero] "m"(kZeroWord), [a] "r"(a), [b] "r"(b), [p0] "m"(P::modulus[0]), [p1] "m"(P::modulus[1]),
        [p2] "m"(P::modulus[2]), [p3] "m"(P::modulus[3]), [inv] "m"(Montgomery<P>::neg_inverse),
        "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(a)), "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(b))
      : "rdx", "cc");
  if constexpr (kReduce) {
    reduce4<P>(r, w4, w0, w1, w2);
  } else {
    r[0] = w4, r[1] = w0, r[2] = w1, r[3] = w2;
  }
}

// r <- (a b + c d) R^-1 mod p with one reduction. The accumulator stays below 3 p < 2^256 between rounds, and the
// result below p (1 + 2 p / 2^256) < 2 p.
template <class P>
[[gnu::always_inline]] inline void montgomery_dot4_adx(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b,
                                                       const std::uint64_t* c, const std::uint64_t* d) noexcept {
  static_assert(P::N == 4);
  std::uint64_t w0, w1, w2, w3, w4, lo, hi;
  __asm__(  // clang-format off
      ASSAY_EXPAND(ASSAY_ROW_FIRST, "0(%[a])", ASSAY_LIMBS("%[b]", "0"), "%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_EXPAND(ASSAY_ROW_ADD, "0(%[c])", ASSAY_LIMBS("%[d]", "0"), "%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_REDUCE("%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_EXPAND(ASSAY_ROW, "8(%[a])", ASSAY_LIMBS("%[b]", "0"), "%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_EXPAND(ASSAY_ROW_ADD, "8(%[c])", ASSAY_LIMBS("%[d]", "0"), "%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_REDUCE("%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_EXPAND(ASSAY_ROW, "16(%[a])", ASSAY_LIMBS("%[b]", "0"), "%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_EXPAND(ASSAY_ROW_ADD, "16(%[c])", ASSAY_LIMBS("%[d]", "0"), "%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_REDUCE("%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_EXPAND(ASSAY_ROW, "24(%[a])", ASSAY_LIMBS("%[b]", "0"), "%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
      ASSAY_EXPAND(ASSAY_ROW_ADD, "24(%[c])", ASSAY_LIMBS("%[d]", "0"), "%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
      ASSAY_REDUCE("%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
      // clang-format on
      : [w0] "=&r"(w0), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3), [w4] "=&r"(w4), [lo] "=&r"(lo), [hi] "=&r"(hi)
      : [zero] "m"(kZeroWord), [a] "r"(a), [b] "r"(b), [c] "r"(c), [d] "r"(d), [p0] "m"(P::modulus[0]),
        [p1] "m"(P::modulus[1]), [p2] "m"(P::modulus[2]), [p3] "m"(P::modulus[3]),
        [inv] "m"(Montgomery<P>::neg_inverse), "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(a)),
        "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(b)), "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(c)),
        "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(d))
      : "rdx", "cc");
  reduce4<P>(r, w4, w0, w1, w2);
}

}  // namespace detail

ASSAY_ISA_END
