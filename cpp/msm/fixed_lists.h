// What the kernels of msm/fixed_base.h share at all levels: the digits of a scalar, and the way through the lists.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/pages.h"
#include "msm/digits.h"
#include "msm/fixed_base.h"
#include "msm/scratch.h"

ASSAY_ISA_BEGIN

namespace msm {

constexpr std::size_t kFixedStep = std::size_t{1} << 15;  // scalars between two reports, at least

// The digits of a scalar, window by window, as in msm/digits.h.
class FixedDigits {
 public:
  explicit FixedDigits(unsigned c) noexcept : c_(c), windows_(window_count(c)) { detail::digit_offset(offset_, c); }
  unsigned windows() const noexcept { return windows_; }

  // k <- what `digit` reads, of a scalar or (null) of zero; false if it is not below the modulus
  template <class P>
  bool load(const std::uint64_t* scalar, std::uint64_t* k, bool& negated) const noexcept {
    std::fill_n(k, 4, 0);
    if (scalar != nullptr) std::copy_n(scalar, 4, k);
    if (!detail::below_modulus<P>(k)) return false;
    negated = detail::make_small<P>(k);
    std::uint64_t carry = 0;
    for (int j = 0; j < 4; ++j) k[j] = adc(k[j], offset_[j], carry);
    return true;
  }
  std::int32_t digit(const std::uint64_t* k, unsigned w) const noexcept {
    const bool top = w + 1 == windows_;
    return static_cast<std::int32_t>(detail::bits(k, c_ * w, top ? c_ + 1 : c_)) - (top ? 0 : 1 << (c_ - 1));
  }

 private:
  std::uint64_t offset_[4] = {};
  unsigned c_, windows_;
};

// run(scratch, scalars, n, out) on all threads for every list in blocks of at most `block` scalars; it returns false
// for a scalar that is not below the modulus. words: of a point.
template <class Scratch, class Run>
Status for_each_fixed_block(const FixedBaseList* lists, std::size_t count, std::size_t words, std::size_t block,
                            ScratchPool<Scratch>& pool, Run&& run, JobControl* control) noexcept {
  const std::size_t most = std::max(kFixedStep, 4 * block * num_threads());
  std::size_t total = 0, done = 0;
  for (std::size_t i = 0; i < count; ++i) total += lists[i].n;
  std::atomic<bool> bad{false};
  for (std::size_t i = 0; i < count; ++i) {
    const FixedBaseList& list = lists[i];
    for (std::size_t at = 0; at < list.n; at += most) {
      const std::size_t step = std::min(most, list.n - at);
      std::uint64_t* const out = list.out + words * at;
      ASSAY_TRY(parallel_for(
          step, block,
          [&](std::size_t begin, std::size_t end) noexcept {
            const typename ScratchPool<Scratch>::Lease lease(pool);
            if (!run(*lease, list.scalars + 4 * (at + begin), end - begin, out + words * begin))
              bad.store(true, std::memory_order_relaxed);
          },
          control));
      if (bad.load()) return Status::non_canonical;
      if (list.mapped) discard_pages(out, 8 * words * step);
      done += step;
      if (control != nullptr) control->report("multiples of a base", done, total);
    }
  }
  return Status::ok;
}

}  // namespace msm

ASSAY_ISA_END
