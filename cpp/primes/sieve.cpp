#include "primes/sieve.h"

#include <algorithm>
#include <new>

#include "base/zeroize.h"

namespace assay {

Sieve::~Sieve() {
  zeroize(marks_.get(), window_);
  zeroize(residues_.get(), primes_ * sizeof(std::uint32_t));
}

Status Sieve::allocate(std::size_t window, std::uint32_t limit) noexcept {
  small_ = SmallPrimes::get();
  if (small_ == nullptr) return Status::out_of_memory;
  const std::size_t count = small_->below(limit);
  marks_.reset(new (std::nothrow) std::uint8_t[window]);
  residues_.reset(new (std::nothrow) std::uint32_t[count]);
  if (!marks_ || !residues_) {
    marks_.reset();
    residues_.reset();
    window_ = primes_ = 0;
    return Status::out_of_memory;
  }
  window_ = window;
  primes_ = count;
  return Status::ok;
}

// Marks every i with step i = negated mod p, where negated is in [0, p].
void Sieve::mark(std::uint32_t p, std::uint32_t negated, unsigned step) noexcept {
  std::uint64_t i = negated;
  for (; step > 1; step /= 2) i = (i + (p & (0 - (i & 1)))) / 2;
  if (i >= p) i -= p;
  for (; i < window_; i += p) marks_[i] = 1;
}

void Sieve::run(const std::uint64_t* start, std::size_t words, unsigned step, bool germain) noexcept {
  std::fill_n(marks_.get(), window_, std::uint8_t{0});
  small_->residues(start, words, primes_, residues_.get());
  for (std::size_t k = 0; k < primes_; ++k) {
    const std::uint32_t p = small_->primes()[k], r = residues_[k];
    mark(p, p - r, step);
    if (germain) mark(p, r <= (p - 1) / 2 ? (p - 1) / 2 - r : p + (p - 1) / 2 - r, step);
  }
}

}  // namespace assay
