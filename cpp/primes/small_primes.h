// The odd primes below 2^20, and the residues of long numbers modulo all of them.
//
// Consecutive primes are joined in groups whose product G fits a word. A number x of n words goes through Montgomery's
// reduction word by word, from the lowest: y = x 2^(-64 n) mod G, n steps of two products (Montgomery, Math. Comp. 44
// (1985)). p divides x exactly where it divides y, so trial division needs no more; residues() multiplies by 2^(64 n)
// again and reduces modulo each prime of the group by a product with floor(2^64 / p).
// residues() is constant time in x: primality candidates may be secret. The table is made at first use and is kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace assay {

constexpr std::uint32_t kSmallPrimeLimit = 1u << 20;

class SmallPrimes {
 public:
  // The table, or null where there was no memory for it. All that follow may be called from any thread.
  static const SmallPrimes* get() noexcept;

  // All odd primes below kSmallPrimeLimit, ascending
  const std::uint32_t* primes() const noexcept { return primes_; }
  std::size_t size() const noexcept { return size_; }
  // How many of them are below `limit`
  std::size_t below(std::uint32_t limit) const noexcept;

  // out[i] <- x mod primes()[i] for i < count; x has n words, n >= 1.
  void residues(const std::uint64_t* x, std::size_t n, std::size_t count, std::uint32_t* out) const noexcept;
  // The least odd prime below primes()[count] that divides x, or 0. Variable time.
  std::uint32_t divisor_var(const std::uint64_t* x, std::size_t n, std::size_t count) const noexcept;

  SmallPrimes(const SmallPrimes&) = delete;
  SmallPrimes& operator=(const SmallPrimes&) = delete;

 private:
  // primes_[first, first + count) with their product, odd
  struct Group {
    std::uint64_t product, neg_inverse;  // -1 / product modulo 2^64
    std::uint32_t first, count;
  };

  SmallPrimes() noexcept = default;
  bool fill() noexcept;

  std::uint32_t* primes_ = nullptr;
  std::uint64_t* reciprocals_ = nullptr;  // floor((2^64 - 1) / p)
  Group* groups_ = nullptr;
  std::size_t size_ = 0, group_count_ = 0;
};

}  // namespace assay
