// The steps of an inner product of four-limb elements with mulx, adcx and adox; see field/dot.h for the bounds and
// field/mul4_adx.h for the two carry chains.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/params.h"

ASSAY_ISA_BEGIN

namespace detail {

// t (six words) <- t + x b
[[gnu::always_inline]] inline void accumulate4_adx(std::uint64_t* t, std::uint64_t x, const std::uint64_t* b) noexcept {
  std::uint64_t lo, hi, zero;
  __asm__(
      "xorl %k[zero], %k[zero]\n\t"
      "mulx 0(%[b]), %[lo], %[hi]\n\t"
      "adcx %[lo], %[t0]\n\t"
      "adox %[hi], %[t1]\n\t"
      "mulx 8(%[b]), %[lo], %[hi]\n\t"
      "adcx %[lo], %[t1]\n\t"
      "adox %[hi], %[t2]\n\t"
      "mulx 16(%[b]), %[lo], %[hi]\n\t"
      "adcx %[lo], %[t2]\n\t"
      "adox %[hi], %[t3]\n\t"
      "mulx 24(%[b]), %[lo], %[hi]\n\t"
      "adcx %[lo], %[t3]\n\t"
      "adox %[hi], %[t4]\n\t"
      "adcx %[zero], %[t4]\n\t"
      "adox %[zero], %[t5]\n\t"
      "adcx %[zero], %[t5]\n\t"
      : [t0] "+r"(t[0]), [t1] "+r"(t[1]), [t2] "+r"(t[2]), [t3] "+r"(t[3]), [t4] "+r"(t[4]), [t5] "+r"(t[5]),
        [lo] "=&r"(lo), [hi] "=&r"(hi), [zero] "=&r"(zero)
      : "d"(x), [b] "r"(b), "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(b))
      : "cc");
}

// t <- (t + m p) / 2^64, m chosen to clear the low word
template <class P>
[[gnu::always_inline]] inline void reduce_word4_adx(std::uint64_t* t) noexcept {
  std::uint64_t lo, hi, zero;
  __asm__(
      "xorl %k[zero], %k[zero]\n\t"
      "mulx %[p0], %[lo], %[hi]\n\t"
      "adcx %[t0], %[lo]\n\t"
      "adox %[hi], %[t1]\n\t"
      "mulx %[p1], %[lo], %[hi]\n\t"
      "adcx %[lo], %[t1]\n\t"
      "adox %[hi], %[t2]\n\t"
      "mulx %[p2], %[lo], %[hi]\n\t"
      "adcx %[lo], %[t2]\n\t"
      "adox %[hi], %[t3]\n\t"
      "mulx %[p3], %[lo], %[hi]\n\t"
      "adcx %[lo], %[t3]\n\t"
      "adox %[hi], %[t4]\n\t"
      "adcx %[zero], %[t4]\n\t"
      "adox %[zero], %[t5]\n\t"
      "adcx %[zero], %[t5]\n\t"
      : [t1] "+r"(t[1]), [t2] "+r"(t[2]), [t3] "+r"(t[3]), [t4] "+r"(t[4]), [t5] "+r"(t[5]), [lo] "=&r"(lo),
        [hi] "=&r"(hi), [zero] "=&r"(zero)
      : [t0] "r"(t[0]), "d"(t[0] * Montgomery<P>::neg_inverse), [p0] "m"(P::modulus[0]), [p1] "m"(P::modulus[1]),
        [p2] "m"(P::modulus[2]), [p3] "m"(P::modulus[3])
      : "cc");
  t[0] = t[1], t[1] = t[2], t[2] = t[3], t[3] = t[4], t[4] = t[5], t[5] = 0;  // a loop would become a memmove
}

}  // namespace detail

ASSAY_ISA_END
