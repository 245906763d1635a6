// Sieving the candidates c_i = start + step i by the small primes.
//
//   c_i = 0 mod p           at i = -start / step mod p
//   2 c_i + 1 = 0 mod p     at i = ((p - 1) / 2 - start) / step mod p, marked too for Sophie Germain primes
//
// start is odd and above 2^40, so no candidate is a small prime itself; step is 2 or 4, so that its inverse modulo p is
// one or two halvings. Residues are computed in constant time, but which bytes of the window are written depends on
// start: an observer of the cache may learn about it, as in every sieve. The window and the residues are wiped. Cost
// for n words and the primes below B: about n B / (3 ln B) steps of a reduction, and window ln ln B writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/status.h"
#include "primes/small_primes.h"

namespace assay {

class Sieve {
 public:
  Sieve() noexcept = default;
  ~Sieve();
  Sieve(const Sieve&) = delete;
  Sieve& operator=(const Sieve&) = delete;

  // `window` candidates, sieved by the odd primes below `limit`, at most kSmallPrimeLimit
  Status allocate(std::size_t window, std::uint32_t limit) noexcept;
  void run(const std::uint64_t* start, std::size_t words, unsigned step, bool germain) noexcept;

  std::size_t window() const noexcept { return window_; }
  // Whether a small prime divides c_i (or 2 c_i + 1)
  bool composite(std::size_t i) const noexcept { return marks_[i] != 0; }

 private:
  void mark(std::uint32_t p, std::uint32_t negated, unsigned step) noexcept;

  const SmallPrimes* small_ = nullptr;
  std::size_t window_ = 0, primes_ = 0;
  std::unique_ptr<std::uint8_t[]> marks_;
  std::unique_ptr<std::uint32_t[]> residues_;
};

}  // namespace assay
