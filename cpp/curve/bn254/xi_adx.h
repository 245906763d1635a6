// r <- 9 a + b mod p for the field of BN254, with mulx.
//
// a < p and b <= p, so t = 9 a + b < 10 p < 2^257. With h = floor(t / 2^248), M = floor(2^264 / p) and q = floor(h M /
// 2^16): q is floor(t / p) or one less, as 0 <= t / p - h M / 2^16 < 2^248 / p + h / 2^16 < 1/32. Then t - q p < 2 p.
// Constant time. r may be a or b.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/add4_x86.h"
#include "field/params.h"

ASSAY_ISA_BEGIN
namespace bn254::detail {

[[gnu::always_inline]] inline void nine_times_plus_adx(std::uint64_t* r, const std::uint64_t* a,
                                                       const std::uint64_t* b) noexcept {
  using P = Bn254FpParams;
  constexpr std::uint64_t kInverse = (std::uint64_t{1} << 24) / (P::modulus[3] >> 48);  // M
  static_assert(kInverse == 1354 && (P::modulus[3] >> 48) == 0x3064);
  std::uint64_t t0, t1, t2, t3, t4, s0, s1, s2, s3, lo;
  __asm__(
      "movl $9, %%edx\n\t"
      "mulx 0(%[a]), %[t0], %[t1]\n\t"
      "mulx 8(%[a]), %[lo], %[t2]\n\t"
      "addq %[lo], %[t1]\n\t"
      "mulx 16(%[a]), %[lo], %[t3]\n\t"
      "adcq %[lo], %[t2]\n\t"
      "mulx 24(%[a]), %[lo], %[t4]\n\t"
      "adcq %[lo], %[t3]\n\t"
      "adcq $0, %[t4]\n\t"
      "addq 0(%[b]), %[t0]\n\t"
      "adcq 8(%[b]), %[t1]\n\t"
      "adcq 16(%[b]), %[t2]\n\t"
      "adcq 24(%[b]), %[t3]\n\t"
      "adcq $0, %[t4]\n\t"
      "shldq $8, %[t3], %[t4]\n\t"
      "imulq %[inverse], %[t4], %%rdx\n\t"
      "shrq $16, %%rdx\n\t"
      "mulx %[p0], %[s0], %[s1]\n\t"
      "mulx %[p1], %[lo], %[s2]\n\t"
      "addq %[lo], %[s1]\n\t"
      "mulx %[p2], %[lo], %[s3]\n\t"
      "adcq %[lo], %[s2]\n\t"
      "mulx %[p3], %[lo], %[t4]\n\t"
      "adcq %[lo], %[s3]\n\t"
      "subq %[s0], %[t0]\n\t"
      "sbbq %[s1], %[t1]\n\t"
      "sbbq %[s2], %[t2]\n\t"
      "sbbq %[s3], %[t3]\n\t"
      : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [s0] "=&r"(s0), [s1] "=&r"(s1),
        [s2] "=&r"(s2), [s3] "=&r"(s3), [lo] "=&r"(lo)
      : [a] "r"(a), [b] "r"(b), [inverse] "i"(kInverse), [p0] "m"(P::modulus[0]), [p1] "m"(P::modulus[1]),
        [p2] "m"(P::modulus[2]), [p3] "m"(P::modulus[3]), "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(a)),
        "m"(*reinterpret_cast<const std::uint64_t (*)[4]>(b))
      : "rdx", "cc");
  assay::detail::reduce4<P>(r, t0, t1, t2, t3);
}

}  // namespace bn254::detail
ASSAY_ISA_END
