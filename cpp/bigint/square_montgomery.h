// Montgomery arithmetic modulo a square N^2 on pairs of numbers half as long: (a, b) stands for a - b N mod N^2.
//
//   (a - b N)(c - d N) / R = t - N (a d + b c + m) / R  mod N^2,   R = 2^(64 n) for N of n words,
//   m = -a c N^-1 mod R,   t = (a c + m N) / R
//
// as a c / R = t - m N / R, and what N is multiplied with counts modulo N alone: so the second half of the product is
// one more reduction modulo N, of a d + b c and the quotient that the first reduction finds anyway. The residue of x is
// the pair of x R mod N^2.
// Source: Montgomery, Math. Comp. 44 (1985), applied to Z[N] / N^2; the pairs are those of numbers a + b e, e^2 = 0,
// but for the carry m.
//
// A pair is 2 n words, a then b. a may be any row below R, as a - b N is the value whatever the length of a; b < N.
// Bounds: t < R + N, and where t is not below R, N is taken from it once and 1 from the second half. With a, c < R and
// b, d < N the second half is below 3 N before it is brought below N. Canonical is the one pair with a < N as well.
//
// All is constant time in values and N; operands and result of a call may be the same rows. Cost in word
// multiplications: mul 5 n^2 + 2 n, sqr 3.5 n^2 + 2.5 n, where rows of 2 n words take 8 n^2 and 6 n^2; entering a row
// of 2 n words 8 n^2, leaving 3 n^2.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/words.h"
#include "bigint/modulus_view.h"
#include "bigint/word_kernel.h"

namespace assay {

class SquareMontgomery {
 public:
  // The constants of the root may be missing, or be filled in later, where only add, mul and sqr are called.
  Status assign(const RootView& root) noexcept;
  void release() noexcept { memory_.release(); }

  void mul(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept;
  void sqr(std::uint64_t* r, const std::uint64_t* a) noexcept;

  // The canonical residue of x, of any number of words (at least one); r may be x only if count <= 2 n.
  void enter(std::uint64_t* r, const std::uint64_t* x, std::size_t count) noexcept;
  // The number that a stands for, below N^2, in 2 n words.
  void leave(std::uint64_t* r, const std::uint64_t* a) noexcept;
  // The canonical pair of that number itself, which is no residue.
  void unscale(std::uint64_t* r, const std::uint64_t* a) noexcept;
  void canonical(std::uint64_t* r, const std::uint64_t* a) noexcept;
  // Of canonical pairs, canonical.
  void add(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept;
  void sub(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept;

 private:
  struct Carry {
    std::uint64_t top;
    const std::uint64_t* quotient;
  };
  Carry reduce_first(std::uint64_t* r) noexcept;
  void finish(std::uint64_t* r, Carry carry, const std::uint64_t* low, const std::uint64_t* high) noexcept;
  void mul_row(std::uint64_t* r, const std::uint64_t* x, const std::uint64_t* a) noexcept;
  void product(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept;
  void square(std::uint64_t* r, const std::uint64_t* a) noexcept;
  std::uint64_t settle(std::uint64_t* r, const std::uint64_t* a, std::uint64_t carry, int times) noexcept;
  void settle_first(std::uint64_t* r) noexcept;

  RootView root_ = {};
  const WordKernel* kernel_ = nullptr;
  Words memory_;
  // 2 n words each but for the rows of n
  std::uint64_t *first_ = nullptr, *second_ = nullptr, *third_ = nullptr, *pair_ = nullptr, *piece_ = nullptr,
                *row_ = nullptr, *mask_ = nullptr, *difference_ = nullptr, *scratch_ = nullptr;
};

}  // namespace assay
