// Montgomery multiplication of four limbs with mulx, adcx and adox: r <- a b R^-1 mod p.
//
// Two carry chains run side by side: adcx carries the low halves, adox the high halves of each row (Intel, "New
// instructions supporting large integer arithmetic", 2012). The five words of the accumulator rotate by renaming, and
// the spare bits of the modulus keep the sixth word zero (see field/fe.h). 36 multiplications, about 165
// micro-operations. Preconditions as montgomery_mul.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/add4_x86.h"
#include "field/params.h"

ASSAY_ISA_BEGIN

namespace detail {

// clang-format off
// t0..t4 <- a_0 b
#define ASSAY_ROW_FIRST(a, b, t0, t1, t2, t3, t4)   \
  "movq 0(" a "), %%rdx\n\t"                        \
  "mulx 0(" b "), " t0 ", " t1 "\n\t"               \
  "mulx 8(" b "), %[lo], " t2 "\n\t"                \
  "addq %[lo], " t1 "\n\t"                          \
  "mulx 16(" b "), %[lo], " t3 "\n\t"               \
  "adcq %[lo], " t2 "\n\t"                          \
  "mulx 24(" b "), %[lo], " t4 "\n\t"               \
  "adcq %[lo], " t3 "\n\t"                          \
  "adcq $0, " t4 "\n\t"
// t0..t4 <- t0..t3 + a_i b, offset = 8 i
#define ASSAY_ROW(offset, a, b, t0, t1, t2, t3, t4) \
  "movq " offset "(" a "), %%rdx\n\t"               \
  "xorl %k[zero], %k[zero]\n\t"                     \
  "mulx 0(" b "), %[lo], %[hi]\n\t"                 \
  "adcx %[lo], " t0 "\n\t"                          \
  "adox %[hi], " t1 "\n\t"                          \
  "mulx 8(" b "), %[lo], %[hi]\n\t"                 \
  "adcx %[lo], " t1 "\n\t"                          \
  "adox %[hi], " t2 "\n\t"                          \
  "mulx 16(" b "), %[lo], %[hi]\n\t"                \
  "adcx %[lo], " t2 "\n\t"                          \
  "adox %[hi], " t3 "\n\t"                          \
  "mulx 24(" b "), %[lo], " t4 "\n\t"               \
  "adcx %[lo], " t3 "\n\t"                          \
  "adox %[zero], " t4 "\n\t"                        \
  "adcx %[zero], " t4 "\n\t"
// t0..t4 <- t0..t4 + a_i b
#define ASSAY_ROW_ADD(offset, a, b, t0, t1, t2, t3, t4) \
  "movq " offset "(" a "), %%rdx\n\t"               \
  "xorl %k[zero], %k[zero]\n\t"                     \
  "mulx 0(" b "), %[lo], %[hi]\n\t"                 \
  "adcx %[lo], " t0 "\n\t"                          \
  "adox %[hi], " t1 "\n\t"                          \
  "mulx 8(" b "), %[lo], %[hi]\n\t"                 \
  "adcx %[lo], " t1 "\n\t"                          \
  "adox %[hi], " t2 "\n\t"                          \
  "mulx 16(" b "), %[lo], %[hi]\n\t"                \
  "adcx %[lo], " t2 "\n\t"                          \
  "adox %[hi], " t3 "\n\t"                          \
  "mulx 24(" b "), %[lo], %[hi]\n\t"                \
  "adcx %[lo], " t3 "\n\t"                          \
  "adox %[hi], " t4 "\n\t"                          \
  "adcx %[zero], " t4 "\n\t"
// t1..t4 <- (t0..t4 + m p) / 2^64 with m = -t0 p^-1 mod 2^64; t0 is free afterwards
#define ASSAY_REDUCE(t0, t1, t2, t3, t4)      \
  "movq %[inv], %%rdx\n\t"                    \
  "imulq " t0 ", %%rdx\n\t"                   \
  "xorl %k[zero], %k[zero]\n\t"               \
  "mulx %[p0], %[lo], %[hi]\n\t"              \
  "adcx " t0 ", %[lo]\n\t"                    \
  "adox %[hi], " t1 "\n\t"                    \
  "mulx %[p1], %[lo], %[hi]\n\t"              \
  "adcx %[lo], " t1 "\n\t"                    \
  "adox %[hi], " t2 "\n\t"                    \
  "mulx %[p2], %[lo], %[hi]\n\t"              \
  "adcx %[lo], " t2 "\n\t"                    \
  "adox %[hi], " t3 "\n\t"                    \
  "mulx %[p3], %[lo], %[hi]\n\t"              \
  "adcx %[lo], " t3 "\n\t"                    \
  "adox %[hi], " t4 "\n\t"                    \
  "adcx %[zero], " t4 "\n\t"
// clang-format on

// Without kReduce the result is a b R^-1 or that plus p, below a b / R + p, and a may be any four limbs.
template <class P, bool kReduce = true>
[[gnu::always_inline]] inline void montgomery_mul4_adx(std::uint64_t* r, const std::uint64_t* a,
                                                       const std::uint64_t* b) noexcept {
  static_assert(P::N == 4);
  std::uint64_t w0, w1, w2, w3, w4, lo, hi, zero;
  __asm__(  // clang-format off
      ASSAY_ROW_FIRST("%[a]", "%[b]", "%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_REDUCE("%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_ROW("8", "%[a]", "%[b]", "%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_REDUCE("%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_ROW("16", "%[a]", "%[b]", "%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_REDUCE("%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_ROW("24", "%[a]", "%[b]", "%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
      ASSAY_REDUCE("%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
            // clang-format on
      : [w0] "=&r"(w0), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3), [w4] "=&r"(w4), [lo] "=&r"(lo), [hi] "=&r"(hi),
        [zero] "=&r"(zero)
      : [a] "r"(a), [b] "r"(b), [p0] "m"(P::modulus[0]), [p1] "m"(P::modulus[1]), [p2] "m"(P::modulus[2]),
        [p3] "m"(P::modulus[3]), [inv] "m"(Montgomery<P>::neg_inverse),
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
  std::uint64_t w0, w1, w2, w3, w4, lo, hi, zero;
  __asm__(  // clang-format off
      ASSAY_ROW_FIRST("%[a]", "%[b]", "%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_ROW_ADD("0", "%[c]", "%[d]", "%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_REDUCE("%[w0]", "%[w1]", "%[w2]", "%[w3]", "%[w4]")
      ASSAY_ROW("8", "%[a]", "%[b]", "%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_ROW_ADD("8", "%[c]", "%[d]", "%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_REDUCE("%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w0]")
      ASSAY_ROW("16", "%[a]", "%[b]", "%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_ROW_ADD("16", "%[c]", "%[d]", "%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_REDUCE("%[w2]", "%[w3]", "%[w4]", "%[w0]", "%[w1]")
      ASSAY_ROW("24", "%[a]", "%[b]", "%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
      ASSAY_ROW_ADD("24", "%[c]", "%[d]", "%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
      ASSAY_REDUCE("%[w3]", "%[w4]", "%[w0]", "%[w1]", "%[w2]")
      // clang-format on
      : [w0] "=&r"(w0), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3), [w4] "=&r"(w4), [lo] "=&r"(lo), [hi] "=&r"(hi),
        [zero] "=&r"(zero)
      : [a] "r"(a), [b] "r"(b), [c] "r"(c), [d] "r"(d), [p0] "m"(P::modulus[0]), [p1] "m"(P::modulus[1]),
        [p2] "m"(P::modulus[2]), [p3] "m"(P::modulus[3]), [inv] "m"(Montgomery<P>::neg_inverse),
        "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(a)), "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(b)),
        "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(c)), "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(d))
      : "rdx", "cc");
  reduce4<P>(r, w4, w0, w1, w2);
}

#undef ASSAY_ROW_FIRST
#undef ASSAY_ROW
#undef ASSAY_ROW_ADD
#undef ASSAY_REDUCE

}  // namespace detail

ASSAY_ISA_END
