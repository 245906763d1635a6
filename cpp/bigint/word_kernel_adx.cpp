// Rows of words with mulx, adcx and adox: blocks of eight by eight words, and row by row what is left over.
#include <algorithm>

#include "bigint/blocks_adx.h"
#include "bigint/word_kernel.h"

namespace assay {
namespace {

using u64 = std::uint64_t;
constexpr std::size_t kBlock = 8;

// clang-format off
#define ASSAY_CHAIN(op, o) "movq " o "(%[a]), %[t]\n\t" op " " o "(%[b]), %[t]\n\tmovq %[t], " o "(%[r])\n\t"
// r <- a op b by words, eight a turn; the carry lives in `c` between turns, as 0 or -1.
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
// clang-format on

u64 add(u64* r, const u64* a, const u64* b, std::size_t n) noexcept {
  u64 c = 0, t, i;
  __asm__ volatile(ASSAY_CHAIN_BODY("adcq")
                   : [r] "+r"(r), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [t] "=&r"(t), [i] "=&r"(i)
                   : [n] "r"(n)
                   : "cc", "memory");
  return c & 1;
}

u64 sub(u64* r, const u64* a, const u64* b, std::size_t n) noexcept {
  u64 c = 0, t, i;
  __asm__ volatile(ASSAY_CHAIN_BODY("sbbq")
                   : [r] "+r"(r), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [t] "=&r"(t), [i] "=&r"(i)
                   : [n] "r"(n)
                   : "cc", "memory");
  return c & 1;
}

// clang-format off
// r[o] <- r[o] + x a[o] + from; `to` takes the high half
#define ASSAY_ROW_WORD(o, from, to)                                                                  \
  "mulx " o "(%[a]), %[lo], " to "\n\tadcx " from ", %[lo]\n\tadox " o "(%[r]), %[lo]\n\tmovq %[lo], " o "(%[r])\n\t"
// clang-format on

// r[0, n) <- r + x a; returns the carry word.
u64 add_mul_row(u64* r, const u64* a, std::size_t n, u64 x) noexcept {
  u64 carry = 0, other, lo, i = n / 4;
  if (i > 0) {
    __asm__ volatile(
        "1:\n\t"
        "xorl %k[lo], %k[lo]\n\t"  // both carries clear
        ASSAY_ROW_WORD("0", "%[carry]", "%[other]") ASSAY_ROW_WORD("8", "%[other]", "%[carry]")
            ASSAY_ROW_WORD("16", "%[carry]", "%[other]") ASSAY_ROW_WORD("24", "%[other]", "%[carry]")
        "movl $0, %k[lo]\n\tadcx %[lo], %[carry]\n\tadox %[lo], %[carry]\n\t"
        "addq $32, %[a]\n\taddq $32, %[r]\n\tdecq %[i]\n\tjnz 1b\n\t"
        : [r] "+r"(r), [a] "+r"(a), [carry] "+r"(carry), [other] "=&r"(other), [lo] "=&r"(lo), [i] "+r"(i)
        : "d"(x)
        : "cc", "memory");
  }
  for (i = n % 4; i > 0; --i, ++r, ++a) {
    const unsigned __int128 t = static_cast<unsigned __int128>(*a) * x + *r + carry;
    *r = static_cast<u64>(t);
    carry = static_cast<u64>(t >> 64);
  }
  return carry;
}

// The part of both operands that is whole blocks, then the rows and columns beside it.
void mul(u64* r, const u64* a, std::size_t an, const u64* b, std::size_t bn) noexcept {
  std::size_t ab = an / kBlock * kBlock, bb = bn / kBlock * kBlock;
  if (bb == 0) ab = an;  // rows alone, of full length
  std::fill_n(r, ab, 0);
  for (std::size_t j = 0; j < bb; j += kBlock) bigint_blocks::mul_run(r + j, b + j, a, ab / kBlock);
  for (std::size_t j = bb; j < bn; ++j) r[ab + j] = add_mul_row(r + j, a, ab, b[j]);
  for (std::size_t i = ab; i < an; ++i) r[bn + i] = add_mul_row(r + i, b, bn, a[i]);
}

// r[0, 2 n) <- 2 r + the squares of the words of a
void double_and_square(u64* r, const u64* a, std::size_t n) noexcept {
  u64 lo, hi, t, doubling = 0, adding = 0;
  for (std::size_t i = 0; i < n; ++i) {
    __asm__ volatile(
        "movq (%[a]), %%rdx\n\tmulx %%rdx, %[lo], %[hi]\n\t"
        "movq (%[r]), %[t]\n\taddq %[doubling], %[doubling]\n\tadcq %[t], %[t]\n\tsbbq %[doubling], %[doubling]\n\t"
        "addq %[adding], %[adding]\n\tadcq %[lo], %[t]\n\tsbbq %[adding], %[adding]\n\tmovq %[t], (%[r])\n\t"
        "movq 8(%[r]), %[t]\n\taddq %[doubling], %[doubling]\n\tadcq %[t], %[t]\n\tsbbq %[doubling], %[doubling]\n\t"
        "addq %[adding], %[adding]\n\tadcq %[hi], %[t]\n\tsbbq %[adding], %[adding]\n\tmovq %[t], 8(%[r])\n\t"
        : [lo] "=&r"(lo), [hi] "=&r"(hi), [t] "=&r"(t), [doubling] "+r"(doubling), [adding] "+r"(adding)
        : [a] "r"(a + i), [r] "r"(r + 2 * i)
        : "rdx", "cc", "memory");
  }
}

void sqr(u64* r, const u64* a, std::size_t n) noexcept {
  const std::size_t nb = n / kBlock * kBlock;
  std::fill_n(r, n, 0);
  for (std::size_t i = 0; i < nb; i += kBlock) bigint_blocks::sqr_run(r + 2 * i, a + i, (nb - i) / kBlock);
  for (std::size_t i = nb; i < n; ++i) {
    r[2 * i] = add_mul_row(r + i, a, i, a[i]);
    r[2 * i + 1] = 0;
  }
  double_and_square(r, a, n);
}

// r[0, n) <- t - (modulus and mask); modulus is not below that.
void subtract_masked(u64* r, const u64* t, const u64* modulus, std::size_t n, u64 mask) noexcept {
  u64 borrow = 0, x, y;
  for (std::size_t i = 0; i < n; ++i) {
    __asm__ volatile(
        "movq (%[m]), %[y]\n\tandq %[mask], %[y]\n\tmovq (%[t]), %[x]\n\taddq %[borrow], %[borrow]\n\t"
        "sbbq %[y], %[x]\n\tsbbq %[borrow], %[borrow]\n\tmovq %[x], (%[r])\n\t"
        : [x] "=&r"(x), [y] "=&r"(y), [borrow] "+r"(borrow)
        : [m] "r"(modulus + i), [t] "r"(t + i), [r] "r"(r + i), [mask] "r"(mask)
        : "cc", "memory");
  }
}

void reduce(u64* r, u64* t, const u64* modulus, std::size_t n, u64 neg_inverse) noexcept {
  u64 top = 0;
  if (n % kBlock == 0) {
    for (std::size_t i = 0; i < n; i += kBlock)
      top = bigint_blocks::reduce_run(t + i, modulus, n / kBlock, neg_inverse, top);
  } else {
    for (std::size_t i = 0; i < n; ++i) {
      const u64 carry = add_mul_row(t + i, modulus, n, t[i] * neg_inverse);
      const unsigned __int128 sum = static_cast<unsigned __int128>(t[n + i]) + carry + top;
      t[n + i] = static_cast<u64>(sum);
      top = static_cast<u64>(sum >> 64);
    }
  }
  subtract_masked(r, t + n, modulus, n, -top);
}

}  // namespace

const WordKernel kWordKernelAdx = {add, sub, mul, sqr, reduce, 24, 40};

}  // namespace assay
