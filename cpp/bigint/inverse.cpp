#include "bigint/inverse.h"

#include <algorithm>
#include <atomic>

#include "base/declassify.h"
#include "base/division_steps.h"
#include "base/words.h"

namespace assay {
namespace {

using namespace division_steps;

constexpr std::size_t kMaxWords = 256;

// The operands of one inversion: f = d a and g = e a modulo m.
class Inversion {
 public:
  Status allocate(std::size_t words) noexcept {
    words_ = words;
    length_ = limbs(words);
    ASSAY_TRY(space_.allocate(5 * length_));
    auto* base = reinterpret_cast<std::int64_t*>(space_.data());
    f_ = base, g_ = base + length_, d_ = base + 2 * length_, e_ = base + 3 * length_, m_ = base + 4 * length_;
    return Status::ok;
  }

  void assign(const std::uint64_t* a, const std::uint64_t* m) noexcept {
    from_words(m_, length_, m, words_);
    std::copy_n(m_, length_, f_);
    from_words(g_, length_, a, words_);
    std::fill_n(d_, length_, 0);
    std::fill_n(e_, length_, 0);
    e_[0] = difference(m_, 1, length_) != 0 ? 1 : 0;  // 1 mod m
    std::uint64_t x = m[0];                           // 1 / m modulo 2^3, then 2^6, 2^12, ... 2^96
    for (int i = 0; i < 5; ++i) x *= 2 - m[0] * x;
    m_inverse_ = x & kMask;
  }

  void run() noexcept {
    std::int64_t delta = 1;
    for (std::size_t i = rounds(words_); i > 0; --i) {
      Transition t;
      delta = steps(delta, low_word(f_), low_word(g_), t);
      apply_modular(t, d_, e_, m_, m_inverse_, length_);
      apply_exact(t, f_, g_, length_);
    }
  }

  void run_var() noexcept {
    std::int64_t delta = 1;
    std::size_t n = length_;
    while (difference(g_, 0, n) != 0) {
      Transition t;
      delta = steps_var(delta, low_word(f_), low_word(g_), t);
      apply_modular(t, d_, e_, m_, m_inverse_, length_);
      apply_exact(t, f_, g_, n);
      n = shorten_var(f_, g_, n);
    }
    lengthen(f_, n, length_);
  }

  // Writes the inverse, or zero; returns 0 if there is one.
  std::uint64_t finish(std::uint64_t* out) noexcept {
    const std::int64_t negate = sign_mask(f_, length_);
    combine(f_, 1 | negate, m_, 0, length_);  // |f|
    combine(d_, 1, m_, sign_mask(d_, length_), length_);
    combine(d_, 1 | negate, m_, 0, length_);
    combine(d_, 1, m_, sign_mask(d_, length_), length_);
    const std::uint64_t bad = difference(f_, 1, length_);
    const std::uint64_t keep = ((bad | (0 - bad)) >> 63) - 1;  // all ones if bad is zero
    to_words(out, words_, d_, length_);
    for (std::size_t i = 0; i < words_; ++i) out[i] &= keep;
    return ~keep;
  }

 private:
  std::size_t words_ = 0, length_ = 0;
  Words space_;
  std::int64_t *f_ = nullptr, *g_ = nullptr, *d_ = nullptr, *e_ = nullptr, *m_ = nullptr;
  std::uint64_t m_inverse_ = 0;
};

template <bool kVariableTime>
Status invert(const InverseBatch& batch, std::size_t* first_bad, JobControl* control) noexcept {
  if (batch.words == 0 || batch.words > kMaxWords) return Status::out_of_range;
  for (std::size_t i = 0; i < (batch.modulus_step == 0 ? 1 : batch.count); ++i) {
    *first_bad = i;
    if ((batch.moduli[i * batch.words] & 1) == 0) return Status::out_of_range;
  }
  std::atomic<std::size_t> bad{batch.count};
  std::atomic<bool> no_memory{false};
  const auto chunk = [&](std::size_t begin, std::size_t end) noexcept {
    Inversion inversion;
    if (inversion.allocate(batch.words) != Status::ok) {
      no_memory.store(true, std::memory_order_relaxed);
      return;
    }
    for (std::size_t i = begin; i < end; ++i) {
      inversion.assign(batch.values + i * batch.words, batch.moduli + i * batch.modulus_step * batch.words);
      kVariableTime ? inversion.run_var() : inversion.run();
      if (declassify(inversion.finish(batch.out + i * batch.words)) == 0) continue;
      std::size_t known = bad.load(std::memory_order_relaxed);
      while (i < known && !bad.compare_exchange_weak(known, i, std::memory_order_relaxed)) {
      }
    }
  };
  const std::size_t grain = std::max<std::size_t>(1, 4096 / (batch.words * batch.words));
  ASSAY_TRY(parallel_for(batch.count, grain, chunk, control));
  if (no_memory.load()) return Status::out_of_memory;
  *first_bad = bad.load();
  return *first_bad < batch.count ? Status::not_invertible : Status::ok;
}

}  // namespace

Status inverse(const InverseBatch& batch, std::size_t* first_bad, JobControl* control) noexcept {
  return invert<false>(batch, first_bad, control);
}

Status inverse_var(const InverseBatch& batch, std::size_t* first_bad, JobControl* control) noexcept {
  return invert<true>(batch, first_bad, control);
}

}  // namespace assay
