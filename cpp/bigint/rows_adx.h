// Sums and single rows of words with mulx, adcx and adox: whatever goes through a number once.
//
// Where a loop needs the flags itself, a carry spends the turn in a register as 0 or -1 (sbb x, x; add x, x brings it
// back); where two chains run at once, the loop is closed with lea and jrcxz, which leave the flags alone (and jump
// 127 bytes at most).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

ASSAY_ISA_BEGIN
namespace bigint_rows {

using u64 = std::uint64_t;

// clang-format off
#define ASSAY_CHAIN(op, o) "movq " o "(%[a]), %[t]\n\t" op " " o "(%[b]), %[t]\n\tmovq %[t], " o "(%[r])\n\t"
#define ASSAY_CHAIN_BODY(op)                                                                         \
  "movq %[n], %[i]\n\tshrq $3, %[i]\n\tjz 2f\n\t"                                                    \
  "1:\n\t"                                                                                           \
  "addq %[c], %[c]\n\t"                                                                              \
  ASSAY_CHAIN(op, "0") ASSAY_CHAIN(op, "8") ASSAY_CHAIN(op, "16") ASSAY_CHAIN(op, "24")              \
  ASSAY_CHAIN(op, "32") ASSAY_CHAIN(op, "40") ASSAY_CHAIN(op, "48") ASSAY_CHAIN(op, "56")            \
  "sbbq %[c], %[c]\n\t"                                                                              \
  "addq $64, %[a]\n\taddq $64, %[b]\n\taddq $64, %[r]\n\tdecq %[i]\n\tjnz 1b\n\t"                    \
  "2:\n\tmovq %[n], %[i]\n\tandq $7, %[i]\n\tjz 4f\n\t"                                              \
  "3:\n\t"                                                                                           \
  "addq %[c], %[c]\n\t" ASSAY_CHAIN(op, "0") "sbbq %[c], %[c]\n\t"                                   \
  "addq $8, %[a]\n\taddq $8, %[b]\n\taddq $8, %[r]\n\tdecq %[i]\n\tjnz 3b\n\t"                       \
  "4:\n\t"
#define ASSAY_SUM_WORD(o)                                                                            \
  "movq " o "(%[a]), %[t]\n\tadcx " o "(%[b]), %[t]\n\tadox " o "(%[c]), %[t]\n\tmovq %[t], " o "(%[r])\n\t"
#define ASSAY_SQUARE_WORD(o, p)                                                                      \
  "movq " o "(%[a]), %%rdx\n\tmulx %%rdx, %[lo], %[hi]\n\t"                                          \
  "movq " p "(%[r]), %[t]\n\tadcx %[t], %[t]\n\tadox %[lo], %[t]\n\tmovq %[t], " p "(%[r])\n\t"      \
  "movq 8+" p "(%[r]), %[t]\n\tadcx %[t], %[t]\n\tadox %[hi], %[t]\n\tmovq %[t], 8+" p "(%[r])\n\t"
// r[o] <- r[o] + x a[o] + from; `to` takes the high half
#define ASSAY_ROW_WORD(o, from, to)                                                                  \
  "mulx " o "(%[a]), %[lo], " to "\n\tadcx " from ", %[lo]\n\tadox " o "(%[r]), %[lo]\n\tmovq %[lo], " o "(%[r])\n\t"

inline u64 add(u64* r, const u64* a, const u64* b, std::size_t n) noexcept {
  u64 c = 0, t, i;
  __asm__ volatile(ASSAY_CHAIN_BODY("adcq")
                   : [r] "+&r"(r), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [t] "=&r"(t), [i] "=&r"(i)
                   : [n] "r"(n)
                   : "cc", "memory");
  return c & 1;
}

inline u64 sub(u64* r, const u64* a, const u64* b, std::size_t n) noexcept {
  u64 c = 0, t, i;
  __asm__ volatile(ASSAY_CHAIN_BODY("sbbq")
                   : [r] "+&r"(r), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [t] "=&r"(t), [i] "=&r"(i)
                   : [n] "r"(n)
                   : "cc", "memory");
  return c & 1;
}

inline u64 add3(u64* r, const u64* a, const u64* b, const u64* c, std::size_t n, u64 carry) noexcept {
  u64 t, other;
  std::size_t single = n % 4;
  __asm__ volatile(
      "xorl %k[t], %k[t]\n\tmovq $-1, %[t]\n\tadcx %[carry], %[t]\n\t"  // carry <- `carry`, overflow <- 0
      "jrcxz 2f\n\t"
      "1:\n\t" ASSAY_SUM_WORD("0")
      "leaq 8(%[a]), %[a]\n\tleaq 8(%[b]), %[b]\n\tleaq 8(%[c]), %[c]\n\tleaq 8(%[r]), %[r]\n\t"
      "leaq -1(%%rcx), %%rcx\n\tjrcxz 2f\n\tjmp 1b\n\t"
      "2:\n\tmovq %[four], %%rcx\n\tjrcxz 4f\n\t"
      "3:\n\t" ASSAY_SUM_WORD("0") ASSAY_SUM_WORD("8") ASSAY_SUM_WORD("16") ASSAY_SUM_WORD("24")
      "leaq 32(%[a]), %[a]\n\tleaq 32(%[b]), %[b]\n\tleaq 32(%[c]), %[c]\n\tleaq 32(%[r]), %[r]\n\t"
      "leaq -1(%%rcx), %%rcx\n\tjrcxz 4f\n\tjmp 3b\n\t"
      "4:\n\tmovl $0, %k[carry]\n\tmovl $0, %k[other]\n\tadcx %[other], %[carry]\n\tadox %[other], %[carry]\n\t"
      : [r] "+&r"(r), [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [t] "=&r"(t), [other] "=&r"(other), [carry] "+&r"(carry),
        "+&c"(single)
      : [four] "r"(n / 4)
      : "cc", "memory");
  return carry;
}

// The difference modulo 2^(64 n), negated where it borrowed: -x = not x + 1.
inline u64 difference(u64* r, const u64* a, const u64* b, std::size_t n) noexcept {
  const u64 mask = -sub(r, a, b, n);
  u64 carry = mask, t0, t1, t2, t3;
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    __asm__ volatile(
        "movq (%[r]), %[t0]\n\tmovq 8(%[r]), %[t1]\n\tmovq 16(%[r]), %[t2]\n\tmovq 24(%[r]), %[t3]\n\t"
        "xorq %[mask], %[t0]\n\txorq %[mask], %[t1]\n\txorq %[mask], %[t2]\n\txorq %[mask], %[t3]\n\t"
        "addq %[carry], %[carry]\n\tadcq $0, %[t0]\n\tadcq $0, %[t1]\n\tadcq $0, %[t2]\n\tadcq $0, %[t3]\n\t"
        "sbbq %[carry], %[carry]\n\t"
        "movq %[t0], (%[r])\n\tmovq %[t1], 8(%[r])\n\tmovq %[t2], 16(%[r])\n\tmovq %[t3], 24(%[r])\n\t"
        : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [carry] "+&r"(carry)
        : [r] "r"(r + i), [mask] "r"(mask)
        : "cc", "memory");
  }
  for (; i < n; ++i) {
    __asm__ volatile(
        "movq (%[r]), %[t0]\n\txorq %[mask], %[t0]\n\taddq %[carry], %[carry]\n\tadcq $0, %[t0]\n\t"
        "sbbq %[carry], %[carry]\n\tmovq %[t0], (%[r])\n\t"
        : [t0] "=&r"(t0), [carry] "+&r"(carry)
        : [r] "r"(r + i), [mask] "r"(mask)
        : "cc", "memory");
  }
  return mask;
}

#define ASSAY_ROW_FOUR(o)                                                                            \
  ASSAY_ROW_WORD(o, "%[carry]", "%[other]") ASSAY_ROW_WORD("8+" o, "%[other]", "%[carry]")           \
  ASSAY_ROW_WORD("16+" o, "%[carry]", "%[other]") ASSAY_ROW_WORD("24+" o, "%[other]", "%[carry]")
#define ASSAY_ROW_BEGIN "xorl %k[lo], %k[lo]\n\t"  // both carries clear
#define ASSAY_ROW_END "movl $0, %k[lo]\n\tadcx %[lo], %[carry]\n\tadox %[lo], %[carry]\n\t"

inline u64 add_mul_row(u64* r, const u64* a, std::size_t n, u64 x) noexcept {
  u64 carry = 0, other, lo, i = n / 8;
  if (i > 0) {
    __asm__ volatile(
        "1:\n\t" ASSAY_ROW_BEGIN ASSAY_ROW_FOUR("0") ASSAY_ROW_FOUR("32") ASSAY_ROW_END
        "addq $64, %[a]\n\taddq $64, %[r]\n\tdecq %[i]\n\tjnz 1b\n\t"
        : [r] "+&r"(r), [a] "+&r"(a), [carry] "+&r"(carry), [other] "=&r"(other), [lo] "=&r"(lo), [i] "+&r"(i)
        : "d"(x)
        : "cc", "memory");
  }
  if (n % 8 >= 4) {
    __asm__ volatile(ASSAY_ROW_BEGIN ASSAY_ROW_FOUR("0") ASSAY_ROW_END
                     : [carry] "+&r"(carry), [other] "=&r"(other), [lo] "=&r"(lo)
                     : [r] "r"(r), [a] "r"(a), "d"(x)
                     : "cc", "memory");
    r += 4, a += 4;
  }
  for (i = n % 4; i > 0; --i, ++r, ++a) {
    const unsigned __int128 t = static_cast<unsigned __int128>(*a) * x + *r + carry;
    *r = static_cast<u64>(t);
    carry = static_cast<u64>(t >> 64);
  }
  return carry;
}

// r[0, 2 n) <- 2 r + the squares of the words of a, a sum that fits. One chain doubles, the other adds.
inline void double_and_square(u64* r, const u64* a, std::size_t n) noexcept {
  u64 lo, hi, t;
  std::size_t single = n % 2;
  __asm__ volatile(
      "xorl %k[t], %k[t]\n\tjrcxz 2f\n\t"
      "1:\n\t" ASSAY_SQUARE_WORD("0", "0")
      "leaq 8(%[a]), %[a]\n\tleaq 16(%[r]), %[r]\n\tleaq -1(%%rcx), %%rcx\n\tjrcxz 2f\n\tjmp 1b\n\t"
      "2:\n\tmovq %[two], %%rcx\n\tjrcxz 4f\n\t"
      "3:\n\t" ASSAY_SQUARE_WORD("0", "0") ASSAY_SQUARE_WORD("8", "16")
      "leaq 16(%[a]), %[a]\n\tleaq 32(%[r]), %[r]\n\tleaq -1(%%rcx), %%rcx\n\tjrcxz 4f\n\tjmp 3b\n\t"
      "4:\n\t"
      : [r] "+&r"(r), [a] "+&r"(a), [lo] "=&r"(lo), [hi] "=&r"(hi), [t] "=&r"(t), "+&c"(single)
      : [two] "r"(n / 2)
      : "rdx", "cc", "memory");
}

// r[0, n) <- t - (modulus and mask)
inline void subtract_masked(u64* r, const u64* t, const u64* modulus, std::size_t n, u64 mask) noexcept {
  u64 borrow = 0, x, y0, y1, y2, y3;
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    __asm__ volatile(
        "movq (%[m]), %[y0]\n\tmovq 8(%[m]), %[y1]\n\tmovq 16(%[m]), %[y2]\n\tmovq 24(%[m]), %[y3]\n\t"
        "andq %[mask], %[y0]\n\tandq %[mask], %[y1]\n\tandq %[mask], %[y2]\n\tandq %[mask], %[y3]\n\t"
        "addq %[borrow], %[borrow]\n\t"
        "movq (%[t]), %[x]\n\tsbbq %[y0], %[x]\n\tmovq %[x], (%[r])\n\t"
        "movq 8(%[t]), %[x]\n\tsbbq %[y1], %[x]\n\tmovq %[x], 8(%[r])\n\t"
        "movq 16(%[t]), %[x]\n\tsbbq %[y2], %[x]\n\tmovq %[x], 16(%[r])\n\t"
        "movq 24(%[t]), %[x]\n\tsbbq %[y3], %[x]\n\tmovq %[x], 24(%[r])\n\t"
        "sbbq %[borrow], %[borrow]\n\t"
        : [x] "=&r"(x), [y0] "=&r"(y0), [y1] "=&r"(y1), [y2] "=&r"(y2), [y3] "=&r"(y3), [borrow] "+&r"(borrow)
        : [m] "r"(modulus + i), [t] "r"(t + i), [r] "r"(r + i), [mask] "r"(mask)
        : "cc", "memory");
  }
  for (; i < n; ++i) {
    __asm__ volatile(
        "movq (%[m]), %[y0]\n\tandq %[mask], %[y0]\n\tmovq (%[t]), %[x]\n\taddq %[borrow], %[borrow]\n\t"
        "sbbq %[y0], %[x]\n\tsbbq %[borrow], %[borrow]\n\tmovq %[x], (%[r])\n\t"
        : [x] "=&r"(x), [y0] "=&r"(y0), [borrow] "+&r"(borrow)
        : [m] "r"(modulus + i), [t] "r"(t + i), [r] "r"(r + i), [mask] "r"(mask)
        : "cc", "memory");
  }
}
// Four words, all in registers: rows as in bigint/blocks_adx.h.
#define ASSAY_FOUR_WORD(k, w, next) "mulx 8*" #k "(%[b]), %[lo], %[hi]\n\tadcx %[lo], " w "\n\tadox %[hi], " next "\n\t"
#define ASSAY_FOUR_REST(w0, w1, w2, w3)                                                              \
  ASSAY_FOUR_WORD(1, w1, w2) ASSAY_FOUR_WORD(2, w2, w3)                                              \
  "mulx 24(%[b]), %[lo], " w0 "\n\tadcx %[lo], " w3 "\n\tadox %[zero], " w0 "\n\tadcx %[zero], " w0 "\n\t"
#define ASSAY_FOUR_ROW(i, w0, w1, w2, w3)                                                            \
  "movq 8*" #i "(%[a]), %%rdx\n\t"                                                                 \
  "mulx (%[b]), %[lo], %[hi]\n\tadcx %[lo], " w0 "\n\tmovq " w0 ", 8*" #i "(%[r])\n\tadox %[hi], " w1 "\n\t" \
  ASSAY_FOUR_REST(w0, w1, w2, w3)
#define ASSAY_FOUR_REDUCE(w0, w1, w2, w3)                                                            \
  "movq %[inverse], %%rdx\n\timulq " w0 ", %%rdx\n\txorl %k[lo], %k[lo]\n\t"                   \
  ASSAY_FOUR_WORD(0, w0, w1) ASSAY_FOUR_REST(w0, w1, w2, w3)

// r[0, 8) <- a b
inline void mul_four(u64* r, const u64* a, const u64* b) noexcept {
  u64 w0 = 0, w1 = 0, w2 = 0, w3 = 0, lo, hi;
  __asm__ volatile(
      "xorl %k[lo], %k[lo]\n\t"
      ASSAY_FOUR_ROW(0, "%[w0]", "%[w1]", "%[w2]", "%[w3]") ASSAY_FOUR_ROW(1, "%[w1]", "%[w2]", "%[w3]", "%[w0]")
      ASSAY_FOUR_ROW(2, "%[w2]", "%[w3]", "%[w0]", "%[w1]") ASSAY_FOUR_ROW(3, "%[w3]", "%[w0]", "%[w1]", "%[w2]")
      : [w0] "+&r"(w0), [w1] "+&r"(w1), [w2] "+&r"(w2), [w3] "+&r"(w3), [lo] "=&r"(lo), [hi] "=&r"(hi)
      : [r] "r"(r), [a] "r"(a), [b] "r"(b), [zero] "r"(u64{0})
      : "rdx", "cc", "memory");
  r[4] = w0, r[5] = w1, r[6] = w2, r[7] = w3;
}

// t[4, 8) <- (t[0, 8) + m N) / 2^256; returns its carry.
inline u64 reduce_four(u64* t, const u64* modulus, u64 neg_inverse) noexcept {
  u64 w0 = t[0], w1 = t[1], w2 = t[2], w3 = t[3], lo, hi;
  __asm__ volatile(
      ASSAY_FOUR_REDUCE("%[w0]", "%[w1]", "%[w2]", "%[w3]") ASSAY_FOUR_REDUCE("%[w1]", "%[w2]", "%[w3]", "%[w0]")
      ASSAY_FOUR_REDUCE("%[w2]", "%[w3]", "%[w0]", "%[w1]") ASSAY_FOUR_REDUCE("%[w3]", "%[w0]", "%[w1]", "%[w2]")
      "addq %[w0], 32(%[t])\n\tadcq %[w1], 40(%[t])\n\tadcq %[w2], 48(%[t])\n\tadcq %[w3], 56(%[t])\n\t"
      "movl $0, %k[lo]\n\tadcq $0, %[lo]\n\t"
      : [w0] "+&r"(w0), [w1] "+&r"(w1), [w2] "+&r"(w2), [w3] "+&r"(w3), [lo] "=&r"(lo), [hi] "=&r"(hi)
      : [t] "r"(t), [b] "r"(modulus), [inverse] "r"(neg_inverse), [zero] "r"(u64{0})
      : "rdx", "cc", "memory");
  return lo;
}
// clang-format on

}  // namespace bigint_rows
ASSAY_ISA_END
