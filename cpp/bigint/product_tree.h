// Product trees, and with them the remainders of one number modulo many.
//
//   level 0 holds the numbers m_i, level l + 1 the products of neighbours; the root is the product M of all.
//
// Remainders by a scaled tree: a node with the product P carries frac(X / P). For children A and B of P,
//   frac(X / A) = frac(frac(X / P) B),   and at a leaf   X mod m = m frac(X / m),
// so that one reciprocal at the root and products on the way down are all. Source: Bernstein, "Scaled remainder trees"
// (2004); Brent, Zimmermann, Modern Computer Arithmetic, section 3.4 for the reciprocal (bigint/reciprocal.h). A node
// of n words carries n + 1 words of its fraction, from below by at most 33 + l units of the last after l levels: a
// level adds one for the words it cuts. At a leaf 128 units are added first, so that the product with m < 2^(64 n) lies
// in [r, r + 1): the floor is exact.
//
// Variable time: for public numbers. Cost of a tree of n words in all: ceil(log2 count) levels of products, dominated
// by the root's, n/2 by n/2 words; remainders of a number of n words take about four times the tree. Memory: n words a
// level.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/status.h"
#include "base/words.h"
#include "parallel/pool.h"

namespace assay {

class ProductTree {
 public:
  // values: `count` >= 1 rows of `words` words, kept by copy.
  Status assign_var(const std::uint64_t* values, std::size_t count, std::size_t words, JobControl* control) noexcept;

  std::size_t count() const noexcept { return count_; }
  std::size_t words() const noexcept { return words_; }
  std::size_t bytes() const noexcept { return 8 * memory_.size(); }
  // The product of all, root_words() = count() words() words
  const std::uint64_t* root() const noexcept { return level_begin(levels_ - 1); }
  std::size_t root_words() const noexcept { return count_ * words_; }

  // out: rows of words() words, x mod m_i for x of n words. not_invertible if an m_i is zero.
  Status remainders_var(const std::uint64_t* x, std::size_t n, std::uint64_t* out, JobControl* control) const noexcept;

  // Bytes of a tree, and those that remainders of a number of n words take at their peak beside it
  static std::size_t tree_bytes(std::size_t count, std::size_t words) noexcept;
  static std::size_t remainder_bytes(std::size_t count, std::size_t words, std::size_t n) noexcept;

 private:
  const std::uint64_t* level_begin(std::size_t level) const noexcept { return memory_.data() + level * root_words(); }
  std::uint64_t* level_begin(std::size_t level) noexcept { return memory_.data() + level * root_words(); }
  // Node k of a level: where its words begin, and how many it has
  std::size_t node_begin(std::size_t level, std::size_t k) const noexcept { return (k << level) * words_; }
  std::size_t node_words(std::size_t level, std::size_t k) const noexcept;
  std::size_t nodes(std::size_t level) const noexcept;
  Status root_fraction(const std::uint64_t* x, std::size_t n, std::uint64_t* fraction) const noexcept;

  std::size_t count_ = 0, words_ = 0, levels_ = 0;
  Words memory_;  // levels_ levels of count_ words_ words: the nodes side by side
};

}  // namespace assay
