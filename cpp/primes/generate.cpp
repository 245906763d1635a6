#include "primes/generate.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/words.h"
#include "bigint/lanes_kernel.h"
#include "bigint/natural.h"
#include "primes/primality.h"
#include "primes/sieve.h"

namespace assay {
namespace {

constexpr std::size_t kMostBatch = 64;      // candidates tested together
constexpr double kExpGamma = 0.5614594836;  // e^-gamma

std::uint32_t sieve_limit(const PrimeRequest& request) noexcept {
  if (request.safe || request.bits >= 1536) return kSmallPrimeLimit;
  return request.bits >= 768 ? 1u << 18 : 1u << 14;
}

// Candidates a window holds: several primes on average, so that few windows have none.
std::size_t window_of(const PrimeRequest& request) noexcept {
  return request.safe ? std::size_t{1} << 18 : std::size_t{4} * request.bits;
}

// One for each thread, or for each lane of each: what is tested after the first prime of a batch is lost.
std::size_t batch_of(unsigned bits) noexcept {
  const LanesKernel* kernel = lanes_kernel(false);
  const bool lanes = kernel != nullptr && kernel->power_break_even(bits) <= kLanes;
  return std::min(kMostBatch, num_threads() * (lanes ? kLanes : 1));
}

class Search {
 public:
  explicit Search(const PrimeRequest& request) noexcept
      : request_(request),
        bits_(request.safe ? request.bits - 1 : request.bits),
        words_((bits_ + 63) / 64),
        step_(request.three_mod_four && !request.safe ? 4 : 2),
        batch_(batch_of(bits_)) {}

  Status run(std::uint64_t* out, JobControl* control) noexcept {
    ASSAY_TRY(sieve_.allocate(window_of(request_), sieve_limit(request_)));
    ASSAY_TRY(space_.allocate((2 + batch_) * (words_ + 1)));
    for (;;) {
      ASSAY_TRY(draw_start());
      sieve_.run(start(), words_, step_, request_.safe);
      bool found = false;
      ASSAY_TRY(search_window(out, &found, control));
      if (found) return Status::ok;
    }
  }

 private:
  std::uint64_t* start() noexcept { return space_.data(); }
  std::uint64_t* candidate(std::size_t i) noexcept { return space_.data() + words_ + 1 + i * words_; }

  Status draw_start() noexcept {
    ASSAY_TRY(random_bytes(start(), 8 * words_));
    const unsigned top = (bits_ - 1) % 64;
    std::uint64_t& high = start()[words_ - 1];
    high &= ~std::uint64_t{0} >> (63 - top);
    set_bit(bits_ - 1);
    if (request_.top_two) set_bit(bits_ - 2);
    start()[0] |= step_ - 1;  // 1 mod 2, 3 mod 4
    return Status::ok;
  }
  void set_bit(unsigned i) noexcept { start()[i / 64] |= std::uint64_t{1} << (i % 64); }

  // start + step i; false beyond the bits asked for
  bool make_candidate(std::size_t i, std::uint64_t* c) noexcept {
    std::uint64_t carry = step_ * i;
    for (std::size_t k = 0; k < words_; ++k) {
      c[k] = start()[k] + carry;
      carry = static_cast<std::uint64_t>(c[k] < carry);
    }
    return carry == 0 && natural_bits_var(c, words_) == bits_;
  }

  Status search_window(std::uint64_t* out, bool* found, JobControl* control) noexcept {
    const std::size_t expected = static_cast<std::size_t>(expected_tests(request_)) + 1;
    for (std::size_t next = 0; next < sieve_.window();) {
      std::size_t n = 0;
      for (; next < sieve_.window() && n < batch_; ++next) {
        if (sieve_.composite(next)) continue;
        if (!make_candidate(next, candidate(n))) {
          next = sieve_.window();
          break;
        }
        ++n;
      }
      if (n == 0) break;
      ASSAY_TRY(test_batch(n, out, found, control));
      tested_ += n;
      if (*found) return Status::ok;
      if (control == nullptr) continue;
      control->report("candidates tested", tested_, std::max(expected, tested_));
      if (!control->check()) return Status::cancelled;
    }
    return Status::ok;
  }

  Status test_batch(std::size_t n, std::uint64_t* out, bool* found, JobControl* control) noexcept {
    Candidates candidates;
    ASSAY_TRY(candidates.assign(candidate(0), n, words_));
    std::uint8_t passed[kMostBatch];
    ASSAY_TRY(base_two_test(candidates, Timing::constant, passed, control));
    for (std::size_t i = 0; i < n && !*found; ++i)
      if (passed[i] != 0) ASSAY_TRY(confirm(candidate(i), out, found, control));
    return Status::ok;
  }

  // c has passed to base 2. If it is q, p = 2 q + 1 must pass too, and then both the rest.
  Status confirm(const std::uint64_t* c, std::uint64_t* out, bool* found, JobControl* control) noexcept {
    const std::size_t words = (request_.bits + 63) / 64;
    std::uint64_t* p = space_.data() + (1 + batch_) * (words_ + 1);
    std::copy_n(c, words_, p);
    if (request_.safe) {
      for (std::size_t k = words; k-- > 0;) p[k] = (k < words_ ? c[k] << 1 : 0) | (k == 0 ? 1 : c[k - 1] >> 63);
      Candidates doubled;
      ASSAY_TRY(doubled.assign(p, 1, words));
      std::uint8_t passed;
      ASSAY_TRY(base_two_test(doubled, Timing::constant, &passed, control));
      if (passed == 0) return Status::ok;
      ASSAY_TRY(confirm_one(p, words, found, control));
      if (!*found) return Status::ok;
    }
    ASSAY_TRY(confirm_one(c, words_, found, control));
    if (*found) std::copy_n(p, words, out);
    return Status::ok;
  }

  Status confirm_one(const std::uint64_t* number, std::size_t words, bool* found, JobControl* control) noexcept {
    Candidates one;
    ASSAY_TRY(one.assign(number, 1, words));
    std::uint8_t prime;
    ASSAY_TRY(confirm_primes(one, rounds_of_random(bits_), Timing::constant, &prime, control));
    *found = prime != 0;
    return Status::ok;
  }

  PrimeRequest request_;
  unsigned bits_;  // of what is searched: p, or q
  std::size_t words_;
  unsigned step_;
  std::size_t batch_, tested_ = 0;
  Sieve sieve_;
  Words space_;  // start, the candidates of a batch, 2 q + 1
};

}  // namespace

Status generate_prime(const PrimeRequest& request, std::uint64_t* out, JobControl* control) noexcept {
  if (request.bits < kPrimeMinBits || request.bits > kPrimeMaxBits) return Status::out_of_range;
  Search search(request);
  const Status status = search.run(out, control);
  if (status != Status::ok) zeroize(out, (request.bits + 63) / 64 * 8);
  return status;
}

// Mertens: numbers free of the primes below B have density e^-gamma / ln B, twice that among odd ones; for pairs (q,
// 2 q + 1) that number and the density of solutions are both squared, times the same constant C_2.
double expected_tests(const PrimeRequest& request) noexcept {
  const double odd_numbers = request.bits * std::log(2.0) / 2;
  const double tests = odd_numbers * 2 * kExpGamma / std::log(static_cast<double>(sieve_limit(request)));
  return request.safe ? tests * tests : tests;
}

}  // namespace assay
