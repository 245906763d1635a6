// Montgomery arithmetic modulo one N, on rows of n = size() words.
//
//   mul(a, b) = a b R^-1 mod N,   R = 2^(64 n);   the residue of x is x R mod N
//
// Source: Montgomery, Math. Comp. 44 (1985); rows that need not be below N ("almost Montgomery"): Gueron, J. Cryptogr.
// Eng. 2 (2012): a and b below R give (a b + m N) / R < R + N, from which N is taken once if it is not below R. So a
// residue here is any row congruent to x R, below R but not always below N: only `canonical`, `enter`, `leave`, `add`
// and `sub` give the one row below N. All is constant time; operands and result of a call may be the same rows. Cost in
// word multiplications: mul 2 n^2 + n, sqr 1.5 n^2 + 1.5 n, less from the level's threshold of Karatsuba on.
//
// A modulus that is known to be a square (Modulus::assign_square) has residues in pairs, bigint/square_montgomery.h, of
// as many words: what is said above of `canonical` rows holds for them, "below R" and "below N" for their halves.
//
// An object holds scratch: each thread takes its own. It refers to its Modulus, which must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/words.h"
#include "bigint/modulus.h"
#include "bigint/square_montgomery.h"
#include "bigint/word_kernel.h"

namespace assay {

class Montgomery {
 public:
  // out_of_range if the modulus is empty.
  Status assign(const Modulus& modulus) noexcept { return assign(modulus.view()); }
  Status assign(const ModulusView& modulus) noexcept;

  std::size_t size() const noexcept { return modulus_.size; }
  const ModulusView& modulus() const noexcept { return modulus_; }
  // The residue of 1, canonical.
  const std::uint64_t* one() const noexcept { return in_pairs() ? modulus_.root.one : modulus_.one; }

  void mul(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept;
  void sqr(std::uint64_t* r, const std::uint64_t* a) noexcept;

  // The canonical residue of x, of any number of words (at least one); r may be x only if count <= n. 2 ceil(count / n)
  // - 1 products.
  void enter(std::uint64_t* r, const std::uint64_t* x, std::size_t count) noexcept;
  // The product of the number b below R and the number that the canonical a stands for, below N. Whole rows only.
  void mul_number(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept;
  // The number a stands for, below N.
  void leave(std::uint64_t* r, const std::uint64_t* a) noexcept;
  // The canonical row of a R^-1, such that mul() with it is the product with the number that a stands for: leave(),
  // but of pairs a pair.
  void unscale(std::uint64_t* r, const std::uint64_t* a) noexcept;
  // The row below N congruent to a, for any a below R.
  void canonical(std::uint64_t* r, const std::uint64_t* a) noexcept;
  // Of canonical rows, canonical.
  void add(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept;
  void sub(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept;

 private:
  bool in_pairs() const noexcept { return modulus_.root.size != 0; }
  // r <- a - N if that is not negative with `carry` on top of a, else a.
  void subtract_once(std::uint64_t* r, const std::uint64_t* a, std::uint64_t carry) noexcept;

  ModulusView modulus_ = {};
  SquareMontgomery pairs_;
  const WordKernel* kernel_ = nullptr;
  Words memory_;
  std::uint64_t *product_ = nullptr, *row_ = nullptr, *scratch_ = nullptr;  // 2 n, 2 n, natural_scratch(n) words
};

}  // namespace assay
