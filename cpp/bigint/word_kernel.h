// The arithmetic of rows of words that each instruction-set level brings: one table of plain functions a level.
//
// Rows are little-endian words of 64 bits. All functions are constant time in the words (lengths are public) and exact
// for every input. Source of the reduction: Montgomery, Math. Comp. 44 (1985); by rows as in Koc, Acar, Kaliski, IEEE
// Micro 16 (1996), SOS. Cost in word multiplications: mul an bn, sqr n (n + 1) / 2, reduce n^2 + n.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/features.h"

namespace assay {

struct WordKernel {
  // r[0, n) <- a + b, a - b; returns the carry, the borrow. r may be a or b; n >= 1.
  std::uint64_t (*add)(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b, std::size_t n) noexcept;
  std::uint64_t (*sub)(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b, std::size_t n) noexcept;
  // r[0, n) <- a + b + c + carry; returns the carry out, 0 to 2, for a carry of 0 or 1. r may be a, b or c.
  std::uint64_t (*add3)(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* c,
                        std::size_t n, std::uint64_t carry) noexcept;
  // r[0, n) <- |a - b|; returns all ones where a < b, else 0. r may be a or b.
  std::uint64_t (*difference)(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b, std::size_t n) noexcept;
  // r[0, n) <- r + a x; returns the carry word.
  std::uint64_t (*add_mul_row)(std::uint64_t* r, const std::uint64_t* a, std::size_t n, std::uint64_t x) noexcept;
  // r[0, an + bn) <- a b, by rows; an >= bn >= 1. r overlaps neither.
  void (*mul)(std::uint64_t* r, const std::uint64_t* a, std::size_t an, const std::uint64_t* b,
              std::size_t bn) noexcept;
  // r[0, 2 n) <- a^2; n >= 1. r does not overlap a.
  void (*sqr)(std::uint64_t* r, const std::uint64_t* a, std::size_t n) noexcept;
  // r[0, n) <- (t + m N) / R, less N if that is not below R, where R = 2^(64 n), N odd, neg_inverse = -N^-1 mod 2^64
  // and m = -t N^-1 mod R. t has 2 n words and is destroyed; r overlaps neither t nor N. Any t < R^2 gives r < R; t < R
  // N gives (t + m N) / R < 2 N.
  void (*reduce)(std::uint64_t* r, std::uint64_t* t, const std::uint64_t* modulus, std::size_t n,
                 std::uint64_t neg_inverse) noexcept;
  // t[0, n) <- m and t[n, 2 n) <- (t + m N) / R + carry for a carry of 0 or 1; returns what is carried out at the top.
  std::uint64_t (*reduce_quotients)(std::uint64_t* t, const std::uint64_t* modulus, std::size_t n,
                                    std::uint64_t neg_inverse, std::uint64_t carry) noexcept;
  // r[0, n) <- a - (b and mask), a borrow is lost. r may be a.
  void (*subtract_masked)(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                          std::uint64_t mask) noexcept;
  // From so many words on a product or square is split in three of half the length.
  std::size_t karatsuba_mul, karatsuba_sqr;
};

extern const WordKernel kWordKernelPortable;
#if defined(ASSAY_X86)
extern const WordKernel kWordKernelAdx;
#endif

// That of the level in force, its known answer tested once.
const WordKernel& word_kernel() noexcept;

}  // namespace assay
