// Addition, subtraction and reduction modulo p on four limbs, in baseline x86-64: one carry chain and conditional
// moves.
//
// Compilers turn the same C++ into masks in vector registers, ten times slower. Preconditions as operator+ of
// field/fe.h: p below 2^254, arguments below p. Constant time: cmov does not branch.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/params.h"

ASSAY_ISA_BEGIN

namespace detail {

#define ASSAY_MODULUS [p0] "m"(P::modulus[0]), [p1] "m"(P::modulus[1]), [p2] "m"(P::modulus[2]), [p3] "m"(P::modulus[3])

// r <- a + b mod p
template <class P>
[[gnu::always_inline]] inline void add4(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept {
  std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], s0, s1, s2, s3;
  __asm__(
      "addq %[b0], %[t0]\n\t"
      "adcq %[b1], %[t1]\n\t"
      "adcq %[b2], %[t2]\n\t"
      "adcq %[b3], %[t3]\n\t"
      "movq %[t0], %[s0]\n\t"
      "movq %[t1], %[s1]\n\t"
      "movq %[t2], %[s2]\n\t"
      "movq %[t3], %[s3]\n\t"
      "subq %[p0], %[s0]\n\t"
      "sbbq %[p1], %[s1]\n\t"
      "sbbq %[p2], %[s2]\n\t"
      "sbbq %[p3], %[s3]\n\t"
      "cmovcq %[t0], %[s0]\n\t"
      "cmovcq %[t1], %[s1]\n\t"
      "cmovcq %[t2], %[s2]\n\t"
      "cmovcq %[t3], %[s3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [s0] "=&r"(s0), [s1] "=&r"(s1), [s2] "=&r"(s2),
        [s3] "=&r"(s3)
      : [b0] "rm"(b[0]), [b1] "rm"(b[1]), [b2] "rm"(b[2]), [b3] "rm"(b[3]), ASSAY_MODULUS
      : "cc");
  r[0] = s0, r[1] = s1, r[2] = s2, r[3] = s3;
}

// r <- a - b mod p: the difference plus p if it borrowed
template <class P>
[[gnu::always_inline]] inline void sub4(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept {
  std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  __asm__(
      "subq %[b0], %[t0]\n\t"
      "sbbq %[b1], %[t1]\n\t"
      "sbbq %[b2], %[t2]\n\t"
      "sbbq %[b3], %[t3]\n\t"
      "cmovcq %[p0], %[s0]\n\t"
      "cmovcq %[p1], %[s1]\n\t"
      "cmovcq %[p2], %[s2]\n\t"
      "cmovcq %[p3], %[s3]\n\t"
      "addq %[s0], %[t0]\n\t"
      "adcq %[s1], %[t1]\n\t"
      "adcq %[s2], %[t2]\n\t"
      "adcq %[s3], %[t3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2),
        [s3] "+&r"(s3)
      : [b0] "rm"(b[0]), [b1] "rm"(b[1]), [b2] "rm"(b[2]), [b3] "rm"(b[3]), ASSAY_MODULUS
      : "cc");
  r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

// r <- a + b
[[gnu::always_inline]] inline void add_lazy4(std::uint64_t* r, const std::uint64_t* a,
                                             const std::uint64_t* b) noexcept {
  std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3];
  __asm__(
      "addq %[b0], %[t0]\n\t"
      "adcq %[b1], %[t1]\n\t"
      "adcq %[b2], %[t2]\n\t"
      "adcq %[b3], %[t3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3)
      : [b0] "rm"(b[0]), [b1] "rm"(b[1]), [b2] "rm"(b[2]), [b3] "rm"(b[3])
      : "cc");
  r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

// r <- a - b + p
template <class P>
[[gnu::always_inline]] inline void sub_lazy4(std::uint64_t* r, const std::uint64_t* a,
                                             const std::uint64_t* b) noexcept {
  std::uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3];
  __asm__(
      "addq %[p0], %[t0]\n\t"
      "adcq %[p1], %[t1]\n\t"
      "adcq %[p2], %[t2]\n\t"
      "adcq %[p3], %[t3]\n\t"
      "subq %[b0], %[t0]\n\t"
      "sbbq %[b1], %[t1]\n\t"
      "sbbq %[b2], %[t2]\n\t"
      "sbbq %[b3], %[t3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3)
      : [b0] "rm"(b[0]), [b1] "rm"(b[1]), [b2] "rm"(b[2]), [b3] "rm"(b[3]), ASSAY_MODULUS
      : "cc");
  r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

// r <- choice ? p - a : a
template <class P>
[[gnu::always_inline]] inline void negate4_if(std::uint64_t* r, const std::uint64_t* a, bool choice) noexcept {
  std::uint64_t t0 = P::modulus[0], t1 = P::modulus[1], t2 = P::modulus[2], t3 = P::modulus[3];
  __asm__(
      "subq %[a0], %[t0]\n\t"
      "sbbq %[a1], %[t1]\n\t"
      "sbbq %[a2], %[t2]\n\t"
      "sbbq %[a3], %[t3]\n\t"
      "testb %[choice], %[choice]\n\t"
      "cmovzq %[a0], %[t0]\n\t"
      "cmovzq %[a1], %[t1]\n\t"
      "cmovzq %[a2], %[t2]\n\t"
      "cmovzq %[a3], %[t3]\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3)
      : [a0] "rm"(a[0]), [a1] "rm"(a[1]), [a2] "rm"(a[2]), [a3] "rm"(a[3]), [choice] "q"(choice)
      : "cc");
  r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

// r <- t mod p for t < 2 p
template <class P>
[[gnu::always_inline]] inline void reduce4(std::uint64_t* r, std::uint64_t t0, std::uint64_t t1, std::uint64_t t2,
                                           std::uint64_t t3) noexcept {
  std::uint64_t s0 = t0, s1 = t1, s2 = t2, s3 = t3;
  __asm__(
      "subq %[p0], %[s0]\n\t"
      "sbbq %[p1], %[s1]\n\t"
      "sbbq %[p2], %[s2]\n\t"
      "sbbq %[p3], %[s3]\n\t"
      "cmovcq %[t0], %[s0]\n\t"
      "cmovcq %[t1], %[s1]\n\t"
      "cmovcq %[t2], %[s2]\n\t"
      "cmovcq %[t3], %[s3]\n\t"
      : [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2), [s3] "+&r"(s3)
      : [t0] "r"(t0), [t1] "r"(t1), [t2] "r"(t2), [t3] "r"(t3), ASSAY_MODULUS
      : "cc");
  r[0] = s0, r[1] = s1, r[2] = s2, r[3] = s3;
}

#undef ASSAY_MODULUS

}  // namespace detail

ASSAY_ISA_END
