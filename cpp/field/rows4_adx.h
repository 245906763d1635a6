// The steps of products of four-limb elements with mulx, adcx and adox, as text for inline assembly.
//
// Two carry chains run side by side: adcx carries the low halves, adox the high halves of each row (Intel, "New
// instructions supporting large integer arithmetic", 2012). An accumulator is five registers that rotate by renaming:
// after a step that divides by 2^64, t1..t4, t0 are the words in order. Arguments: t0..t4, registers; x, the limb that
// multiplies; b0..b3, limbs in memory. The assembly names [lo], [hi] (registers), [zero] (a word in memory; xor clears
// both carry flags at once, with a register at hand), and as a step needs them [p0]..[p3], [inv], [c0]..[c3].
// A row takes 5 cycles on Skylake and its successors: 8 + 9 micro-operations and two for its start, four a cycle.
#pragma once

#include <cstdint>

#include "base/isa.h"
#include "field/params.h"

ASSAY_ISA_BEGIN

namespace detail {

inline constexpr std::uint64_t kZeroWord = 0;

// 2^-64 mod p = (p (-p^-1 mod 2^64) + 1) / 2^64
template <class P>
constexpr Limbs<4> inverse_of_word() noexcept {
  __extension__ using u128 = unsigned __int128;
  Limbs<4> r{};
  u128 t = 1;
  for (std::size_t i = 0; i < 4; ++i) {
    t += static_cast<u128>(Montgomery<P>::neg_inverse) * P::modulus[i];
    if (i > 0) r[i - 1] = static_cast<std::uint64_t>(t);
    t >>= 64;
  }
  r[3] = static_cast<std::uint64_t>(t);
  return r;
}
template <class P>
inline constexpr Limbs<4> kInverseOfWord = inverse_of_word<P>();

// clang-format off
// t0..t4 <- x b
#define ASSAY_ROW_FIRST(x, b0, b1, b2, b3, t0, t1, t2, t3, t4) \
  "movq " x ", %%rdx\n\t"                                      \
  "mulx " b0 ", " t0 ", " t1 "\n\t"                            \
  "mulx " b1 ", %[lo], " t2 "\n\t"                             \
  "addq %[lo], " t1 "\n\t"                                     \
  "mulx " b2 ", %[lo], " t3 "\n\t"                             \
  "adcq %[lo], " t2 "\n\t"                                     \
  "mulx " b3 ", %[lo], " t4 "\n\t"                             \
  "adcq %[lo], " t3 "\n\t"                                     \
  "adcq $0, " t4 "\n\t"
// t0..t3 <- t0..t3 + x (b0 + b1 2^64 + b2 2^128), both carries left in their flags
#define ASSAY_ROW_THREE(x, b0, b1, b2, t0, t1, t2, t3)         \
  "movq " x ", %%rdx\n\t"                                      \
  "xorl %k[lo], %k[lo]\n\t"                                    \
  "mulx " b0 ", %[lo], %[hi]\n\t"                              \
  "adcx %[lo], " t0 "\n\t"                                     \
  "adox %[hi], " t1 "\n\t"                                     \
  "mulx " b1 ", %[lo], %[hi]\n\t"                              \
  "adcx %[lo], " t1 "\n\t"                                     \
  "adox %[hi], " t2 "\n\t"                                     \
  "mulx " b2 ", %[lo], %[hi]\n\t"                              \
  "adcx %[lo], " t2 "\n\t"                                     \
  "adox %[hi], " t3 "\n\t"
// t0..t4 <- t0..t3 + x b
#define ASSAY_ROW(x, b0, b1, b2, b3, t0, t1, t2, t3, t4)       \
  ASSAY_ROW_THREE(x, b0, b1, b2, t0, t1, t2, t3)               \
  "mulx " b3 ", %[lo], " t4 "\n\t"                             \
  "adcx %[lo], " t3 "\n\t"                                     \
  "adox %[zero], " t4 "\n\t"                                   \
  "adcx %[zero], " t4 "\n\t"
// t0..t4 <- t0..t4 + x b
#define ASSAY_ROW_ADD(x, b0, b1, b2, b3, t0, t1, t2, t3, t4)   \
  ASSAY_ROW_THREE(x, b0, b1, b2, t0, t1, t2, t3)               \
  "mulx " b3 ", %[lo], %[hi]\n\t"                              \
  "adcx %[lo], " t3 "\n\t"                                     \
  "adox %[hi], " t4 "\n\t"                                     \
  "adcx %[zero], " t4 "\n\t"
// t1..t4 <- (t0..t4 + m p) / 2^64 with m = -t0 p^-1 mod 2^64; t0 is free afterwards
#define ASSAY_REDUCE(t0, t1, t2, t3, t4)                       \
  "movq %[inv], %%rdx\n\t"                                     \
  "imulq " t0 ", %%rdx\n\t"                                    \
  "xorl %k[lo], %k[lo]\n\t"                                    \
  "mulx %[p0], %[lo], %[hi]\n\t"                               \
  "adcx " t0 ", %[lo]\n\t"                                     \
  "adox %[hi], " t1 "\n\t"                                     \
  "mulx %[p1], %[lo], %[hi]\n\t"                               \
  "adcx %[lo], " t1 "\n\t"                                     \
  "adox %[hi], " t2 "\n\t"                                     \
  "mulx %[p2], %[lo], %[hi]\n\t"                               \
  "adcx %[lo], " t2 "\n\t"                                     \
  "adox %[hi], " t3 "\n\t"                                     \
  "mulx %[p3], %[lo], %[hi]\n\t"                               \
  "adcx %[lo], " t3 "\n\t"                                     \
  "adox %[hi], " t4 "\n\t"                                     \
  "adcx %[zero], " t4 "\n\t"
// t1..t4, t0 <- t1..t4 + t0 c, with c = 2^-64 mod p: equal to (t0..t4) / 2^64 modulo p, five words still. It waits for
// no m.
#define ASSAY_FOLD(t0, t1, t2, t3, t4)                         \
  "movq " t0 ", %%rdx\n\t"                                     \
  "xorl %k[lo], %k[lo]\n\t"                                    \
  "mulx %[c0], %[lo], %[hi]\n\t"                               \
  "adcx %[lo], " t1 "\n\t"                                     \
  "adox %[hi], " t2 "\n\t"                                     \
  "mulx %[c1], %[lo], %[hi]\n\t"                               \
  "adcx %[lo], " t2 "\n\t"                                     \
  "adox %[hi], " t3 "\n\t"                                     \
  "mulx %[c2], %[lo], %[hi]\n\t"                               \
  "adcx %[lo], " t3 "\n\t"                                     \
  "adox %[hi], " t4 "\n\t"                                     \
  "mulx %[c3], %[lo], " t0 "\n\t"                              \
  "adcx %[lo], " t4 "\n\t"                                     \
  "adox %[zero], " t0 "\n\t"                                   \
  "adcx %[zero], " t0 "\n\t"
// A macro's arguments may be macros that stand for several.
#define ASSAY_EXPAND(step, ...) step(__VA_ARGS__)
// The limbs in memory at register r, from byte o on.
#define ASSAY_LIMBS(r, o) o "(" r ")", "8+" o "(" r ")", "16+" o "(" r ")", "24+" o "(" r ")"
// clang-format on

}  // namespace detail

ASSAY_ISA_END
