#include "bigint/gcd.h"

#include <algorithm>
#include <atomic>

#include "base/division_steps.h"
#include "base/words.h"

namespace assay {
namespace {

using namespace division_steps;

constexpr std::size_t kMaxWords = 256;

// of a number that is not zero
std::size_t trailing_zeros_var(const std::uint64_t* a) noexcept {
  std::size_t i = 0;
  while (a[i] == 0) ++i;
  return 64 * i + static_cast<std::size_t>(__builtin_ctzll(a[i]));
}

bool is_zero_var(const std::uint64_t* a, std::size_t words) noexcept {
  return std::all_of(a, a + words, [](std::uint64_t x) { return x == 0; });
}

void shift_right(std::uint64_t* a, std::size_t words, std::size_t bits) noexcept {
  const std::size_t skip = bits / 64, offset = bits % 64;
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint64_t low = i + skip < words ? a[i + skip] : 0, high = i + skip + 1 < words ? a[i + skip + 1] : 0;
    a[i] = offset == 0 ? low : low >> offset | high << (64 - offset);
  }
}

void shift_left(std::uint64_t* a, std::size_t words, std::size_t bits) noexcept {
  const std::size_t skip = bits / 64, offset = bits % 64;
  for (std::size_t i = words; i-- > 0;) {
    const std::uint64_t high = i >= skip ? a[i - skip] : 0, low = i >= skip + 1 ? a[i - skip - 1] : 0;
    a[i] = offset == 0 ? high : high << offset | low >> (64 - offset);
  }
}

// The greatest common divisor of b, odd, and a.
class Gcd {
 public:
  Status allocate(std::size_t words) noexcept {
    words_ = words;
    length_ = limbs(words);
    ASSAY_TRY(space_.allocate(2 * length_));
    f_ = reinterpret_cast<std::int64_t*>(space_.data());
    g_ = f_ + length_;
    return Status::ok;
  }

  void run(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out) noexcept {
    assign(a, b);
    std::int64_t delta = 1;
    for (std::size_t i = rounds(words_); i > 0; --i) {
      Transition t;
      delta = steps(delta, low_word(f_), low_word(g_), t);
      apply_exact(t, f_, g_, length_);
    }
    finish(out);
  }

  void run_var(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out) noexcept {
    assign(a, b);
    std::int64_t delta = 1;
    std::size_t n = length_;
    while (difference(g_, 0, n) != 0) {
      Transition t;
      delta = steps_var(delta, low_word(f_), low_word(g_), t);
      apply_exact(t, f_, g_, n);
      n = shorten_var(f_, g_, n);
    }
    lengthen(f_, n, length_);
    finish(out);
  }

 private:
  void assign(const std::uint64_t* a, const std::uint64_t* b) noexcept {
    from_words(f_, length_, b, words_);
    from_words(g_, length_, a, words_);
  }
  void finish(std::uint64_t* out) noexcept {
    combine(f_, 1 | sign_mask(f_, length_), f_, 0, length_);
    to_words(out, words_, f_, length_);
  }

  std::size_t words_ = 0, length_ = 0;
  Words space_;
  std::int64_t *f_ = nullptr, *g_ = nullptr;
};

// *first_bad: the first even b
bool all_odd(const PairBatch& batch, std::size_t* first_bad) noexcept {
  for (std::size_t i = 0; i < (batch.b_step == 0 ? 1 : batch.count); ++i) {
    *first_bad = i;
    if ((batch.b[i * batch.words] & 1) == 0) return false;
  }
  return true;
}

// body(scratch, a, b, i) for each pair, with what make(scratch) has set up for a chunk of them
template <class Scratch, class Make, class Body>
Status for_each_pair(const PairBatch& batch, std::size_t grain, JobControl* control, Make make, Body body) noexcept {
  std::atomic<bool> no_memory{false};
  const auto chunk = [&](std::size_t begin, std::size_t end) noexcept {
    Scratch scratch;
    if (make(scratch) != Status::ok) {
      no_memory.store(true, std::memory_order_relaxed);
      return;
    }
    for (std::size_t i = begin; i < end; ++i)
      body(scratch, batch.a + i * batch.words, batch.b + i * batch.b_step * batch.words, i);
  };
  ASSAY_TRY(parallel_for(batch.count, grain, chunk, control));
  return no_memory.load() ? Status::out_of_memory : Status::ok;
}

std::size_t grain_of(std::size_t words) noexcept { return std::max<std::size_t>(1, 4096 / (words * words)); }

struct GcdScratch {
  Gcd gcd;
  Words pair;  // a and b without their factors two
};

}  // namespace

Status gcd(const PairBatch& batch, std::uint64_t* out, std::size_t* first_bad, JobControl* control) noexcept {
  if (batch.words == 0 || batch.words > kMaxWords) return Status::out_of_range;
  if (!all_odd(batch, first_bad)) return Status::out_of_range;
  return for_each_pair<Gcd>(
      batch, grain_of(batch.words), control, [&](Gcd& scratch) noexcept { return scratch.allocate(batch.words); },
      [&](Gcd& scratch, const std::uint64_t* a, const std::uint64_t* b, std::size_t i) noexcept {
        scratch.run(a, b, out + i * batch.words);
      });
}

Status gcd_var(const PairBatch& batch, std::uint64_t* out, JobControl* control) noexcept {
  const std::size_t words = batch.words;
  if (words == 0 || words > kMaxWords) return Status::out_of_range;
  return for_each_pair<GcdScratch>(
      batch, grain_of(words), control,
      [&](GcdScratch& scratch) noexcept {
        ASSAY_TRY(scratch.pair.allocate(2 * words));
        return scratch.gcd.allocate(words);
      },
      [&](GcdScratch& scratch, const std::uint64_t* a, const std::uint64_t* b, std::size_t i) noexcept {
        std::uint64_t *x = scratch.pair.data(), *y = x + words, *result = out + i * words;
        if (is_zero_var(a, words) || is_zero_var(b, words)) {
          std::copy_n(is_zero_var(a, words) ? b : a, words, result);
          return;
        }
        std::copy_n(a, words, x);
        std::copy_n(b, words, y);
        const std::size_t twos_a = trailing_zeros_var(a), twos_b = trailing_zeros_var(b);
        shift_right(x, words, twos_a);
        shift_right(y, words, twos_b);
        scratch.gcd.run_var(x, y, result);
        shift_left(result, words, std::min(twos_a, twos_b));
      });
}

int jacobi_word_var(std::uint64_t a, std::uint64_t n) noexcept {
  int sign = 1;
  for (a %= n; a != 0;) {
    const int twos = __builtin_ctzll(a);
    a >>= twos;
    if ((twos & 1) != 0 && ((n & 7) == 3 || (n & 7) == 5)) sign = -sign;
    if ((a & n & 3) == 3) sign = -sign;
    const std::uint64_t next = n % a;
    n = a;
    a = next;
  }
  return n == 1 ? sign : 0;
}

int jacobi_inplace_var(std::uint64_t* a, std::uint64_t* n, std::size_t words) noexcept {
  int sign = 1;
  for (;;) {
    while (words > 1 && (a[words - 1] | n[words - 1]) == 0) --words;
    if (words == 1) return sign * jacobi_word_var(a[0], n[0]);
    if (is_zero_var(a, words)) return 0;  // n > 1
    const std::size_t twos = trailing_zeros_var(a);
    shift_right(a, words, twos);
    if ((twos & 1) != 0 && ((n[0] & 7) == 3 || (n[0] & 7) == 5)) sign = -sign;
    std::size_t top = words;
    while (top > 0 && a[top - 1] == n[top - 1]) --top;
    if (top == 0) return n[0] == 1 && is_zero_var(n + 1, words - 1) ? sign : 0;  // a = n
    if (a[top - 1] < n[top - 1]) {
      std::swap(a, n);
      if ((a[0] & n[0] & 3) == 3) sign = -sign;
    }
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < words; ++i) {
      const std::uint64_t x = a[i], y = x - n[i];
      a[i] = y - borrow;
      borrow = static_cast<std::uint64_t>(x < n[i]) | static_cast<std::uint64_t>(y < borrow);
    }
  }
}

Status jacobi_var(const PairBatch& batch, std::int8_t* out, std::size_t* first_bad, JobControl* control) noexcept {
  const std::size_t words = batch.words;
  if (words == 0 || words > kMaxWords) return Status::out_of_range;
  if (!all_odd(batch, first_bad)) return Status::out_of_range;
  return for_each_pair<Words>(
      batch, grain_of(words), control, [&](Words& scratch) noexcept { return scratch.allocate(2 * words); },
      [&](Words& scratch, const std::uint64_t* a, const std::uint64_t* b, std::size_t i) noexcept {
        std::copy_n(a, words, scratch.data());
        std::copy_n(b, words, scratch.data() + words);
        out[i] = static_cast<std::int8_t>(jacobi_inplace_var(scratch.data(), scratch.data() + words, words));
      });
}

}  // namespace assay
