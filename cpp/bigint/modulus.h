// An odd modulus N of 256 to 8192 bits with the constants of Montgomery's multiplication.
//
//   R = 2^(64 n),  n = words of N,  neg_inverse = -N^-1 mod 2^64,  one = R mod N,  square = R^2 mod N
//
// Source: Montgomery, Math. Comp. 44 (1985). N may be secret: it is copied, wiped when freed, and everything below is
// constant time in it; its number of bits and that it is odd are public. Cost of a new modulus: about 190 sums modulo
// N and 6 squarings.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/words.h"
#include "bigint/modulus_view.h"

namespace assay {

constexpr unsigned kModulusMinBits = 256, kModulusMaxBits = 8192;
constexpr std::size_t kModulusMaxWords = kModulusMaxBits / 64;

// From so many words of a root on its pairs take less time than rows of twice as many words: at level adx; at the
// others from 4 on.
constexpr std::size_t kPairsFromWords = 8;

class Modulus {
 public:
  Modulus() noexcept = default;

  // words: `count` little-endian words, zeros on top are cut. out_of_range if N is even, or has fewer than 256 or more
  // than 8192 bits; *this is then empty: size() is 0, and whatever takes a Modulus refuses it.
  Status assign(const std::uint64_t* words, std::size_t count) noexcept;
  // The square of a root, odd or refused likewise, with whose pairs everything is faster (bigint/square_montgomery.h);
  // they are left out where the root has fewer than `least_words` words, or its square not twice as many. Cost: 64 + n
  // sums and 8 products of pairs more.
  Status assign_square(const std::uint64_t* root, std::size_t count,
                       std::size_t least_words = kPairsFromWords) noexcept;
  // Is this the square of a known root, whose pairs are used?
  bool in_pairs() const noexcept { return root_.size() > 0; }

  std::size_t size() const noexcept { return size_; }
  unsigned bits() const noexcept { return bits_; }
  const std::uint64_t* words() const noexcept { return memory_.data(); }
  ModulusView view() const noexcept {
    return {memory_.data(), memory_.data() + size_, memory_.data() + 2 * size_, neg_inverse_, size_, bits_, root()};
  }
  // The same with rows of its own length, whatever is known of it.
  ModulusView plain_view() const noexcept {
    ModulusView plain = view();
    plain.root = {};
    return plain;
  }

 private:
  Status assign_bits(const std::uint64_t* words, std::size_t bits) noexcept;
  RootView root() const noexcept;

  Words memory_;  // N, one, square
  Words root_;    // N, one, square, cube of a RootView
  std::uint64_t neg_inverse_ = 0, root_neg_inverse_ = 0;
  std::size_t size_ = 0;
  unsigned bits_ = 0, root_bits_ = 0;
};

}  // namespace assay
