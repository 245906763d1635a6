// Products, squares and reductions in blocks of eight by eight words with mulx, adcx and adox.
//
// A block adds x_i b[0, 8) for eight words x_i, one row after the other. The eight words of the sum that may still
// change stay in registers: row i leaves word i, which is stored, and its register takes the new top word. adcx carries
// the low halves, adox the high halves; neither chain is left with a carry at the end of a row, and the xor that clears
// the flags cuts what the next row would wait for. 36 micro-operations a row, 18 of them carries for two ports: 9
// cycles, or 1.13 a word on Skylake and its successors (mulx alone: 1).
//
// A run takes eight words x against n = 8 chunks words b: the top eight words of a block are where the next begins.
// What a sum of words in memory carries out weighs as much as the lowest word of the next block, and is added there.
// Functions are naked, as they need all fifteen registers. Time and addresses depend on lengths alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

// Registers. The window w0..w7: r8..r15; low and high halves: rax, rbx; x: rsi; b: rcx; the sum: rdi; counter: rbp.
// Stack: 0 the carry pending between blocks (0 or -1), 8 a zero, 16 and 24 the function's own.
// clang-format off
#define ASSAY_BIGINT_ENTER                                                                       \
  "pushq %rbx\n\tpushq %rbp\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n\t"         \
  "subq $32, %rsp\n\tmovq $0, (%rsp)\n\tmovq $0, 8(%rsp)\n\t"
#define ASSAY_BIGINT_LEAVE                                                                       \
  "addq $32, %rsp\n\t"                                                                           \
  "popq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rbp\n\tpopq %rbx\n\tret\n\t"

// w[k], w[k + 1] += rdx b[k]
#define ASSAY_BIGINT_WORD(k, w, next)                                                            \
  "mulx 8*" #k "(%rcx), %rax, %rbx\n\tadcx %rax, " w "\n\tadox %rbx, " next "\n\t"
// The last word of a row, after which w0's register holds the top.
#define ASSAY_BIGINT_TOP(w0, w7)                                                                 \
  "mulx 56(%rcx), %rax, " w0 "\n\tadcx %rax, " w7 "\n\tadox 8(%rsp), " w0 "\n\tadcx 8(%rsp), " w0 "\n\t"
#define ASSAY_BIGINT_REST(w0, w1, w2, w3, w4, w5, w6, w7)                                        \
  ASSAY_BIGINT_WORD(1, w1, w2) ASSAY_BIGINT_WORD(2, w2, w3) ASSAY_BIGINT_WORD(3, w3, w4)         \
  ASSAY_BIGINT_WORD(4, w4, w5) ASSAY_BIGINT_WORD(5, w5, w6) ASSAY_BIGINT_WORD(6, w6, w7)         \
  ASSAY_BIGINT_TOP(w0, w7)
// Row i of a product.
#define ASSAY_BIGINT_ROW(i, w0, w1, w2, w3, w4, w5, w6, w7)                                      \
  "movq 8*" #i "(%rsi), %rdx\n\txorl %eax, %eax\n\t"                                          \
  "mulx (%rcx), %rax, %rbx\n\tadcx %rax, " w0 "\n\tmovq " w0 ", 8*" #i "(%rdi)\n\tadox %rbx, " w1 "\n\t" \
  ASSAY_BIGINT_REST(w0, w1, w2, w3, w4, w5, w6, w7)
// Row i of a reduction: x_i = w0 (-N^-1) makes the lowest word vanish; rbp holds -N^-1.
#define ASSAY_BIGINT_REDUCE(i, w0, w1, w2, w3, w4, w5, w6, w7)                                   \
  "movq %rbp, %rdx\n\timulq " w0 ", %rdx\n\tmovq %rdx, 8*" #i "(%rsi)\n\txorl %eax, %eax\n\t"    \
  ASSAY_BIGINT_WORD(0, w0, w1)                                                                   \
  ASSAY_BIGINT_REST(w0, w1, w2, w3, w4, w5, w6, w7)

#define ASSAY_BIGINT_EIGHT(step)                                                                 \
  step(0, "%r8", "%r9", "%r10", "%r11", "%r12", "%r13", "%r14", "%r15")                          \
  step(1, "%r9", "%r10", "%r11", "%r12", "%r13", "%r14", "%r15", "%r8")                          \
  step(2, "%r10", "%r11", "%r12", "%r13", "%r14", "%r15", "%r8", "%r9")                          \
  step(3, "%r11", "%r12", "%r13", "%r14", "%r15", "%r8", "%r9", "%r10")                          \
  step(4, "%r12", "%r13", "%r14", "%r15", "%r8", "%r9", "%r10", "%r11")                          \
  step(5, "%r13", "%r14", "%r15", "%r8", "%r9", "%r10", "%r11", "%r12")                          \
  step(6, "%r14", "%r15", "%r8", "%r9", "%r10", "%r11", "%r12", "%r13")                          \
  step(7, "%r15", "%r8", "%r9", "%r10", "%r11", "%r12", "%r13", "%r14")

#define ASSAY_BIGINT_PENDING "movq (%rsp), %rax\n\taddq %rax, %rax\n\t"
#define ASSAY_BIGINT_ADD_SUM                                                                     \
  "adcq (%rdi), %r8\n\tadcq 8(%rdi), %r9\n\tadcq 16(%rdi), %r10\n\tadcq 24(%rdi), %r11\n\t"      \
  "adcq 32(%rdi), %r12\n\tadcq 40(%rdi), %r13\n\tadcq 48(%rdi), %r14\n\tadcq 56(%rdi), %r15\n\t"
#define ASSAY_BIGINT_STORE_SUM                                                                   \
  "movq %r8, (%rdi)\n\tmovq %r9, 8(%rdi)\n\tmovq %r10, 16(%rdi)\n\tmovq %r11, 24(%rdi)\n\t"      \
  "movq %r12, 32(%rdi)\n\tmovq %r13, 40(%rdi)\n\tmovq %r14, 48(%rdi)\n\tmovq %r15, 56(%rdi)\n\t"
// The window and the pending carry are what is left of a sum that fits: no carry comes out.
#define ASSAY_BIGINT_SETTLE                                                                      \
  ASSAY_BIGINT_PENDING                                                                           \
  "adcq $0, %r8\n\tadcq $0, %r9\n\tadcq $0, %r10\n\tadcq $0, %r11\n\t"                           \
  "adcq $0, %r12\n\tadcq $0, %r13\n\tadcq $0, %r14\n\tadcq $0, %r15\n\t"
// rbp blocks, at least one: the window joins the sum in memory, then eight rows.
#define ASSAY_BIGINT_RUN                                                                         \
  ".balign 32\n\t"                                                                               \
  "1:\n\t"                                                                                       \
  ASSAY_BIGINT_PENDING ASSAY_BIGINT_ADD_SUM                                                      \
  "sbbq %rax, %rax\n\tmovq %rax, (%rsp)\n\t"                                                       \
  ASSAY_BIGINT_EIGHT(ASSAY_BIGINT_ROW)                                                           \
  "addq $64, %rdi\n\taddq $64, %rcx\n\tdecq %rbp\n\tjnz 1b\n\t"
#define ASSAY_BIGINT_CLEAR                                                                       \
  "xorl %r8d, %r8d\n\txorl %r9d, %r9d\n\txorl %r10d, %r10d\n\txorl %r11d, %r11d\n\t"             \
  "xorl %r12d, %r12d\n\txorl %r13d, %r13d\n\txorl %r14d, %r14d\n\txorl %r15d, %r15d\n\t"

// Row i of the part of a square above its diagonal: words i + 1 to 7 of x itself, rcx = rsi.
#define ASSAY_BIGINT_ROW_START(i, w0) "movq 8*" #i "(%rsi), %rdx\n\tmovq " w0 ", 8*" #i "(%rdi)\n\t"
#define ASSAY_BIGINT_TRIANGLE                                                                    \
  "xorl %eax, %eax\n\t"                                                                          \
  ASSAY_BIGINT_ROW_START(0, "%r8")                                                               \
  ASSAY_BIGINT_WORD(1, "%r9", "%r10") ASSAY_BIGINT_WORD(2, "%r10", "%r11")                       \
  ASSAY_BIGINT_WORD(3, "%r11", "%r12") ASSAY_BIGINT_WORD(4, "%r12", "%r13")                      \
  ASSAY_BIGINT_WORD(5, "%r13", "%r14") ASSAY_BIGINT_WORD(6, "%r14", "%r15")                      \
  ASSAY_BIGINT_TOP("%r8", "%r15")                                                                \
  ASSAY_BIGINT_ROW_START(1, "%r9")                                                               \
  ASSAY_BIGINT_WORD(2, "%r11", "%r12") ASSAY_BIGINT_WORD(3, "%r12", "%r13")                      \
  ASSAY_BIGINT_WORD(4, "%r13", "%r14") ASSAY_BIGINT_WORD(5, "%r14", "%r15")                      \
  ASSAY_BIGINT_WORD(6, "%r15", "%r8") ASSAY_BIGINT_TOP("%r9", "%r8")                             \
  ASSAY_BIGINT_ROW_START(2, "%r10")                                                              \
  ASSAY_BIGINT_WORD(3, "%r13", "%r14") ASSAY_BIGINT_WORD(4, "%r14", "%r15")                      \
  ASSAY_BIGINT_WORD(5, "%r15", "%r8") ASSAY_BIGINT_WORD(6, "%r8", "%r9")                         \
  ASSAY_BIGINT_TOP("%r10", "%r9")                                                                \
  ASSAY_BIGINT_ROW_START(3, "%r11")                                                              \
  ASSAY_BIGINT_WORD(4, "%r15", "%r8") ASSAY_BIGINT_WORD(5, "%r8", "%r9")                         \
  ASSAY_BIGINT_WORD(6, "%r9", "%r10") ASSAY_BIGINT_TOP("%r11", "%r10")                           \
  ASSAY_BIGINT_ROW_START(4, "%r12")                                                              \
  ASSAY_BIGINT_WORD(5, "%r9", "%r10") ASSAY_BIGINT_WORD(6, "%r10", "%r11")                       \
  ASSAY_BIGINT_TOP("%r12", "%r11")                                                               \
  ASSAY_BIGINT_ROW_START(5, "%r13")                                                              \
  ASSAY_BIGINT_WORD(6, "%r11", "%r12") ASSAY_BIGINT_TOP("%r13", "%r12")                          \
  ASSAY_BIGINT_ROW_START(6, "%r14")                                                              \
  ASSAY_BIGINT_TOP("%r14", "%r13")                                                               \
  ASSAY_BIGINT_ROW_START(7, "%r15")                                                              \
  "xorl %r15d, %r15d\n\t"
// clang-format on

ASSAY_ISA_BEGIN
namespace bigint_blocks {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"  // the text reads them from their registers

// r[0, 8 chunks + 8) <- r[0, 8 chunks) + x[0, 8) b[0, 8 chunks); chunks >= 1.
[[gnu::naked, gnu::noinline]] inline void mul_run(std::uint64_t* r, const std::uint64_t* x, const std::uint64_t* b,
                                                  std::size_t chunks) noexcept {
  __asm__(ASSAY_BIGINT_ENTER "movq %rcx, %rbp\n\tmovq %rdx, %rcx\n\t" ASSAY_BIGINT_CLEAR ASSAY_BIGINT_RUN
              ASSAY_BIGINT_SETTLE ASSAY_BIGINT_STORE_SUM ASSAY_BIGINT_LEAVE);
}

// r[0, 8 chunks + 8) <- r[0, 8 chunks) + the products x_i x_j with i < 8 and i < j < 8 chunks; chunks >= 1.
[[gnu::naked, gnu::noinline]] inline void sqr_run(std::uint64_t* r, const std::uint64_t* x,
                                                  std::size_t chunks) noexcept {
  __asm__(ASSAY_BIGINT_ENTER "movq %rdx, %rbp\n\tmovq %rsi, %rcx\n\t" ASSAY_BIGINT_CLEAR
                             "xorl %eax, %eax\n\t" ASSAY_BIGINT_ADD_SUM ASSAY_BIGINT_TRIANGLE
                             "addq $64, %rdi\n\taddq $64, %rcx\n\tdecq %rbp\n\tjz 2f\n\t" ASSAY_BIGINT_RUN
                             "2:\n\t" ASSAY_BIGINT_SETTLE ASSAY_BIGINT_STORE_SUM ASSAY_BIGINT_LEAVE);
}

// t <- t + m N with m = -t N^-1 mod 2^512, N of 8 chunks words, chunks >= 1: t[0, 8) becomes m in the place of the
// zeros, t[8, 8 chunks + 8) the sum, with `carry` (0 or 1) added at word 8 chunks; returns what is carried out at the
// top.
[[gnu::naked, gnu::noinline]] inline std::uint64_t reduce_run(std::uint64_t* t, const std::uint64_t* modulus,
                                                              std::size_t chunks, std::uint64_t neg_inverse,
                                                              std::uint64_t carry) noexcept {
  __asm__(ASSAY_BIGINT_ENTER
          "movq %r8, 16(%rsp)\n\tmovq %rdx, 24(%rsp)\n\tmovq %rcx, %rbp\n\tmovq %rsi, %rcx\n\tmovq %rdi, %rsi\n\t"
          "movq (%rdi), %r8\n\tmovq 8(%rdi), %r9\n\tmovq 16(%rdi), %r10\n\tmovq 24(%rdi), %r11\n\t"
          "movq 32(%rdi), %r12\n\tmovq 40(%rdi), %r13\n\tmovq 48(%rdi), %r14\n\tmovq 56(%rdi), %r15\n\t"  //
          ASSAY_BIGINT_EIGHT(ASSAY_BIGINT_REDUCE)
          "addq $64, %rdi\n\taddq $64, %rcx\n\tmovq 24(%rsp), %rbp\n\tdecq %rbp\n\tjz 2f\n\t" ASSAY_BIGINT_RUN
          "2:\n\t" ASSAY_BIGINT_SETTLE "movq 16(%rsp), %rax\n\tnegq %rax\n\t" ASSAY_BIGINT_ADD_SUM
          "movl $0, %eax\n\tadcq $0, %rax\n\t" ASSAY_BIGINT_STORE_SUM ASSAY_BIGINT_LEAVE);
}

#pragma GCC diagnostic pop

}  // namespace bigint_blocks
ASSAY_ISA_END
