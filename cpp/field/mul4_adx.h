// Montgomery multiplication of four limbs with mulx, adcx and adox: r <- a b R^-1 mod p.
//
// Two carry chains run side by side: adcx carries the low halves, adox the high halves of each row (Intel, "New
// instructions supporting large integer arithmetic", 2012). The accumulator has five words and rotates by renaming.
// Preconditions as montgomery_mul.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/params.h"

ASSAY_ISA_BEGIN

namespace detail {

template <class P>
constexpr void reduce_once(std::uint64_t* r, const std::uint64_t* t) noexcept;

template <class P>
inline void montgomery_mul4_adx(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept {
  static_assert(P::N == 4);
  std::uint64_t t0, t1, t2, t3, t4, lo, hi;
  // row i: t <- t + a_i b (five words); then t <- (t + m p) / 2^64 with m = -t0 p^-1 mod 2^64
#define ASSAY_ROW_FIRST             \
  "movq 0(%[a]), %%rdx\n\t"         \
  "xorl %k[t4], %k[t4]\n\t"         \
  "mulx 0(%[b]), %[t0], %[t1]\n\t"  \
  "mulx 8(%[b]), %[lo], %[t2]\n\t"  \
  "adcx %[lo], %[t1]\n\t"           \
  "mulx 16(%[b]), %[lo], %[t3]\n\t" \
  "adcx %[lo], %[t2]\n\t"           \
  "mulx 24(%[b]), %[lo], %[hi]\n\t" \
  "adcx %[lo], %[t3]\n\t"           \
  "adcx %[hi], %[t4]\n\t"
#define ASSAY_ROW(offset)           \
  "movq " #offset                   \
  "(%[a]), %%rdx\n\t"               \
  "xorl %k[t4], %k[t4]\n\t"         \
  "mulx 0(%[b]), %[lo], %[hi]\n\t"  \
  "adcx %[lo], %[t0]\n\t"           \
  "adox %[hi], %[t1]\n\t"           \
  "mulx 8(%[b]), %[lo], %[hi]\n\t"  \
  "adcx %[lo], %[t1]\n\t"           \
  "adox %[hi], %[t2]\n\t"           \
  "mulx 16(%[b]), %[lo], %[hi]\n\t" \
  "adcx %[lo], %[t2]\n\t"           \
  "adox %[hi], %[t3]\n\t"           \
  "mulx 24(%[b]), %[lo], %[hi]\n\t" \
  "adcx %[lo], %[t3]\n\t"           \
  "adox %[hi], %[t4]\n\t"           \
  "movl $0, %k[lo]\n\t"             \
  "adcx %[lo], %[t4]\n\t"
  // afterwards the words move down by one: t0 <- t1, ..., t3 <- t4
#define ASSAY_REDUCE             \
  "movq %[t0], %%rdx\n\t"        \
  "imulq %[inv], %%rdx\n\t"      \
  "xorl %k[lo], %k[lo]\n\t"      \
  "mulx %[p0], %[lo], %[hi]\n\t" \
  "adcx %[t0], %[lo]\n\t"        \
  "movq %[hi], %[t0]\n\t"        \
  "adcx %[t1], %[t0]\n\t"        \
  "mulx %[p1], %[lo], %[t1]\n\t" \
  "adox %[lo], %[t0]\n\t"        \
  "adcx %[t2], %[t1]\n\t"        \
  "mulx %[p2], %[lo], %[t2]\n\t" \
  "adox %[lo], %[t1]\n\t"        \
  "adcx %[t3], %[t2]\n\t"        \
  "mulx %[p3], %[lo], %[t3]\n\t" \
  "adox %[lo], %[t2]\n\t"        \
  "movl $0, %k[lo]\n\t"          \
  "adcx %[lo], %[t3]\n\t"        \
  "adox %[t4], %[t3]\n\t"
  __asm__(
      ASSAY_ROW_FIRST ASSAY_REDUCE ASSAY_ROW(8) ASSAY_REDUCE ASSAY_ROW(16) ASSAY_REDUCE ASSAY_ROW(24) ASSAY_REDUCE
      : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [lo] "=&r"(lo), [hi] "=&r"(hi)
      : [a] "r"(a), [b] "r"(b), [p0] "m"(P::modulus[0]), [p1] "m"(P::modulus[1]), [p2] "m"(P::modulus[2]),
        [p3] "m"(P::modulus[3]), [inv] "m"(Montgomery<P>::neg_inverse),
        "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(a)), "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(b))
      : "rdx", "cc");
#undef ASSAY_ROW_FIRST
#undef ASSAY_ROW
#undef ASSAY_REDUCE
  const std::uint64_t t[4] = {t0, t1, t2, t3};
  reduce_once<P>(r, t);
}

}  // namespace detail

ASSAY_ISA_END
