#include "accumulator/hash_to_prime.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "base/bytes.h"
#include "base/words.h"
#include "primes/primality.h"
#include "primes/small_primes.h"

namespace assay {
namespace {

constexpr std::string_view kDomain = "assay/hash-to-prime/v1";
constexpr unsigned kRounds = 2;
constexpr std::size_t kBlock = 512, kLeastBatch = 16;  // seeds searched together; candidates that keep all lanes busy

void hash_string(Sha256& hash, const void* data, std::size_t bytes) noexcept {
  std::uint8_t length[8];
  store_le64(length, bytes);
  hash.update(length, sizeof length).update(data, bytes);
}

// What is known of one seed: its candidates below `next` are composite or wait for their test.
struct Progress {
  std::uint64_t next = 0;
  bool done = false;
};

// The searches of a block of seeds, in rounds: each open one finds its next candidates without small factors, all are
// tested to base 2 in one batch, and the first that passes is confirmed.
class Block {
 public:
  Block(const std::uint8_t* seeds, std::size_t count, unsigned bits, std::uint64_t* primes,
        std::uint64_t* counters) noexcept
      : seeds_(seeds), count_(count), bits_(bits), words_((bits + 63) / 64), primes_(primes), counters_(counters) {}

  Status run(JobControl* control) noexcept {
    small_ = SmallPrimes::get();
    const std::size_t most = std::max(kLeastBatch, count_);
    progress_.reset(new (std::nothrow) Progress[count_]);
    open_.reset(new (std::nothrow) std::size_t[count_]);
    found_.reset(new (std::nothrow) std::uint64_t[most]);
    passed_.reset(new (std::nothrow) std::uint8_t[most]);
    if (small_ == nullptr || !progress_ || !open_ || !found_ || !passed_) return Status::out_of_memory;
    ASSAY_TRY(candidates_.allocate(most * words_));
    trial_primes_ = small_->below(4 * bits_);
    for (;;) {
      std::size_t open = 0;
      for (std::size_t i = 0; i < count_; ++i)
        if (!progress_[i].done) open_[open++] = i;
      if (open == 0) return Status::ok;
      ASSAY_TRY(round(open, std::max<std::size_t>(1, kLeastBatch / open), control));
      if (control != nullptr && !control->check()) return Status::cancelled;
    }
  }

 private:
  Status round(std::size_t open, std::size_t each, JobControl* control) noexcept {
    ASSAY_TRY(parallel_for(
        open, 4,
        [&](std::size_t begin, std::size_t end) noexcept {
          for (std::size_t k = begin; k < end; ++k)
            for (std::size_t j = 0; j < each; ++j) next_survivor(open_[k], k * each + j);
        },
        control));
    const std::size_t rows = open * each;
    {
      Candidates numbers;
      ASSAY_TRY(numbers.assign(candidates_.data(), rows, words_));
      ASSAY_TRY(base_two_test(numbers, Timing::variable, passed_.get(), control));
    }
    // the first of each seed that passed, moved to the front
    std::size_t left = 0;
    for (std::size_t k = 0; k < open; ++k) {
      std::size_t row = k * each;
      while (row < (k + 1) * each && passed_[row] == 0) ++row;
      if (row == (k + 1) * each) continue;
      open_[left] = open_[k];
      found_[left] = found_[row];
      progress_[open_[k]].next = found_[row] + 1;  // what follows waits until this one is refuted
      std::copy_n(candidates_.data() + row * words_, words_, candidates_.data() + left * words_);
      ++left;
    }
    if (left == 0) return Status::ok;
    Candidates numbers;
    ASSAY_TRY(numbers.assign(candidates_.data(), left, words_));
    ASSAY_TRY(confirm_primes(numbers, kRounds, Timing::variable, passed_.get(), control));
    for (std::size_t k = 0; k < left; ++k) {
      if (passed_[k] == 0) continue;
      const std::size_t i = open_[k];
      progress_[i].done = true;
      counters_[i] = found_[k];
      std::copy_n(candidates_.data() + k * words_, words_, primes_ + i * words_);
    }
    return Status::ok;
  }

  void next_survivor(std::size_t i, std::size_t row) noexcept {
    std::uint64_t* x = candidates_.data() + row * words_;
    do {
      found_[row] = progress_[i].next++;
      hash_to_prime_candidate(seeds_ + kSha256Bytes * i, bits_, found_[row], x);
    } while (small_->divisor_var(x, words_, trial_primes_) != 0);
  }

  const std::uint8_t* seeds_;
  std::size_t count_;
  unsigned bits_;
  std::size_t words_, trial_primes_ = 0;
  std::uint64_t *primes_, *counters_;
  const SmallPrimes* small_ = nullptr;
  std::unique_ptr<Progress[]> progress_;
  std::unique_ptr<std::size_t[]> open_;
  std::unique_ptr<std::uint64_t[]> found_;  // the counter of each row
  std::unique_ptr<std::uint8_t[]> passed_;
  Words candidates_;
};

}  // namespace

HashToPrimeSeed::HashToPrimeSeed(std::string_view tag, std::size_t fields) noexcept {
  hash_string(hash_, kDomain.data(), kDomain.size());
  hash_string(hash_, tag.data(), tag.size());
  std::uint8_t number[8];
  store_le64(number, fields);
  hash_.update(number, sizeof number);
}

HashToPrimeSeed& HashToPrimeSeed::field(const void* data, std::size_t bytes) noexcept {
  hash_string(hash_, data, bytes);
  return *this;
}

void hash_to_prime_candidate(const std::uint8_t* seed, unsigned bits, std::uint64_t counter,
                             std::uint64_t* out) noexcept {
  constexpr std::size_t kMostBlocks = kHashToPrimeMaxBits / 256;
  std::uint8_t message[kSha256Bytes + 16], digest[kMostBlocks * kSha256Bytes];
  std::memcpy(message, seed, kSha256Bytes);
  store_le32(message + kSha256Bytes, bits);
  store_le64(message + kSha256Bytes + 4, counter);
  const std::size_t blocks = (bits + 255) / 256, words = (bits + 63) / 64;
  for (std::size_t j = 0; j < blocks; ++j) {
    store_le32(message + kSha256Bytes + 12, static_cast<std::uint32_t>(j));
    sha256(message, sizeof message, digest + kSha256Bytes * j);
  }
  for (std::size_t i = 0; i < words; ++i) out[i] = load_be64(digest + kSha256Bytes * blocks - 8 * (i + 1));
  const unsigned top = (bits - 1) % 64;
  out[words - 1] &= ~std::uint64_t{0} >> (63 - top);
  out[words - 1] |= std::uint64_t{1} << top;
  out[0] |= 1;
}

Status hash_to_prime_var(const std::uint8_t* seeds, std::size_t count, unsigned bits, std::uint64_t* primes,
                         std::uint64_t* counters, JobControl* control) noexcept {
  if (bits < kHashToPrimeMinBits || bits > kHashToPrimeMaxBits) return Status::out_of_range;
  const std::size_t words = (bits + 63) / 64;
  for (std::size_t i = 0; i < count; i += kBlock) {
    const std::size_t n = std::min(kBlock, count - i);
    ASSAY_TRY(Block(seeds + kSha256Bytes * i, n, bits, primes + i * words, counters + i).run(control));
    if (control != nullptr) control->report("primes found", i + n, count);
  }
  return Status::ok;
}

}  // namespace assay
