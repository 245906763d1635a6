#include "primes/primality.h"

#include <algorithm>
#include <atomic>
#include <new>

#include "base/words.h"
#include "bigint/natural.h"
#include "primes/lucas.h"
#include "primes/small_primes.h"

namespace assay {
namespace {

constexpr unsigned kMostRounds = 256;
constexpr std::size_t kBlock = 1024;  // candidates made ready at a time

enum class Verdict : std::uint8_t { composite = 0, prime = 1, open = 2 };

// Word by word a further group of primes costs what it saves in powers at about this limit.
std::size_t trial_primes(const SmallPrimes& small, std::size_t words) noexcept {
  return small.below(256 * static_cast<std::uint32_t>(words));
}

Verdict quick_look(const SmallPrimes& small, const std::uint64_t* value, std::size_t words) noexcept {
  const std::size_t size = natural_size_var(value, words);
  if (size == 0) return Verdict::composite;
  if (size == 1 && value[0] < kSmallPrimeLimit) {
    const std::uint32_t* end = small.primes() + small.size();
    return value[0] == 2 || std::binary_search(small.primes(), end, static_cast<std::uint32_t>(value[0]))
               ? Verdict::prime
               : Verdict::composite;
  }
  if ((value[0] & 1) == 0 || small.divisor_var(value, size, trial_primes(small, size)) != 0) return Verdict::composite;
  return Verdict::open;
}

// verdicts[i] <- whether number i is prime; those that pass to base 2 are moved to the front of `numbers`.
Status test_open(std::uint64_t* numbers, std::size_t count, std::size_t words, unsigned rounds, std::uint8_t* verdicts,
                 JobControl* control) noexcept {
  if (count == 0) return Status::ok;
  {
    Candidates candidates;
    ASSAY_TRY(candidates.assign(numbers, count, words));
    ASSAY_TRY(base_two_test(candidates, Timing::variable, verdicts, control));
  }
  std::size_t left = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (verdicts[i] != 0) std::copy_n(numbers + i * words, words, numbers + left++ * words);
  if (left == 0) return Status::ok;
  std::unique_ptr<std::uint8_t[]> confirmed(new (std::nothrow) std::uint8_t[left]);
  if (!confirmed) return Status::out_of_memory;
  Candidates candidates;
  ASSAY_TRY(candidates.assign(numbers, left, words));
  ASSAY_TRY(confirm_primes(candidates, rounds, Timing::variable, confirmed.get(), control));
  for (std::size_t i = 0, k = 0; i < count; ++i)
    if (verdicts[i] != 0) verdicts[i] = confirmed[k++];
  return Status::ok;
}

}  // namespace

unsigned rounds_of_random(unsigned bits) noexcept { return std::max(8u, (8192 + bits - 1) / bits); }

Status base_two_test(const Candidates& candidates, Timing timing, std::uint8_t* passed, JobControl* control) noexcept {
  Words bases;
  ASSAY_TRY(bases.allocate(candidates.size() * candidates.words()));
  std::fill_n(bases.data(), bases.size(), 0);
  for (std::size_t i = 0; i < candidates.size(); ++i) bases.data()[i * candidates.words()] = 2;
  return miller_rabin(candidates, bases.data(), timing, passed, control);
}

Status confirm_primes(const Candidates& candidates, unsigned rounds, Timing timing, std::uint8_t* prime,
                      JobControl* control) noexcept {
  const auto lucas = timing == Timing::constant ? strong_lucas : strong_lucas_var;
  std::atomic<bool> no_memory{false};
  ASSAY_TRY(miller_rabin_random(candidates, rounds, timing, prime, control));
  ASSAY_TRY(parallel_for(
      candidates.size(), 1,
      [&](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t i = begin; i < end; ++i) {
          bool passed = prime[i] != 0;
          if (passed && lucas(candidates.value(i), candidates.words(), candidates.moduli()[i], &passed) != Status::ok)
            no_memory.store(true, std::memory_order_relaxed);
          prime[i] = passed ? 1 : 0;
        }
      },
      control));
  return no_memory.load() ? Status::out_of_memory : Status::ok;
}

Status is_prime_var(const std::uint64_t* values, std::size_t count, std::size_t words, unsigned rounds,
                    std::uint8_t* prime, JobControl* control) noexcept {
  if (words == 0 || rounds > kMostRounds) return Status::out_of_range;
  for (std::size_t i = 0; i < count; ++i)
    if (natural_bits_var(values + i * words, words) > kModulusMaxBits) return Status::out_of_range;
  const SmallPrimes* small = SmallPrimes::get();
  if (small == nullptr) return Status::out_of_memory;
  ASSAY_TRY(parallel_for(
      count, 64,
      [&](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t i = begin; i < end; ++i)
          prime[i] = static_cast<std::uint8_t>(quick_look(*small, values + i * words, words));
      },
      control));

  std::unique_ptr<std::size_t[]> rows(new (std::nothrow) std::size_t[kBlock]);
  std::unique_ptr<std::uint8_t[]> passed(new (std::nothrow) std::uint8_t[kBlock]);
  Words open;
  if (!rows || !passed) return Status::out_of_memory;
  ASSAY_TRY(open.allocate(std::min(kBlock, count) * words));
  for (std::size_t next = 0; next < count;) {
    std::size_t n = 0;
    for (; next < count && n < kBlock; ++next) {
      if (static_cast<Verdict>(prime[next]) != Verdict::open) continue;
      std::copy_n(values + next * words, words, open.data() + n * words);
      rows[n++] = next;
    }
    ASSAY_TRY(test_open(open.data(), n, words, rounds, passed.get(), control));
    for (std::size_t i = 0; i < n; ++i) prime[rows[i]] = passed[i];
    if (control != nullptr) control->report("numbers tested", next, count);
  }
  return Status::ok;
}

}  // namespace assay
