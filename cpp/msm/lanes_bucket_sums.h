// Sums of points that share a bucket, in lanes.
//
// Eight buckets of about the same length take a lane each (a bundle); longer ones than kLongest are cut. Up to kJobs
// bundles are under way: each step gathers the next point of every bucket and adds it to the bucket's sum, all in one
// batch. A bundle that ends makes room for the next one. Lanes hold different buckets, so there are no conflicts to
// resolve, and sums, points and products of a batch stay in L2.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "msm/lanes_batch_add.h"
#include "msm/lanes_tuning.h"

ASSAY_ISA_BEGIN

namespace lanes {

// *out <- the sum of the points named by entries [begin, begin + length); an entry is twice a point's number and 1 if
// it is to be negated.
struct Span {
  std::uint32_t begin, length;
  std::uint64_t* out;
};

// Points to be added: rows of bases, or of sums.
struct Source {
  const std::uint32_t* entries;
  const std::uint64_t* rows;
  bool bases;
};

template <class P, std::size_t M>
class BucketSummer {
 public:
  static constexpr std::uint32_t kLongest = 128;
  static constexpr std::size_t kJobs = M == 1 ? kBatch : kBatch / 2;

  bool allocate() noexcept {
    bundles_.reset(new (std::nothrow) Bundle[kJobs]);
    sum_.reset(new (std::nothrow) Block[kJobs]);
    point_.reset(new (std::nothrow) Block[kJobs]);
    jobs_.reset(new (std::nothrow) Job<Block>[kJobs]);
    return bundles_ && sum_ && point_ && jobs_ && adder_.allocate(kJobs);
  }
  static constexpr std::size_t bytes() noexcept {
    return kJobs * (sizeof(Bundle) + 2 * sizeof(Block) + sizeof(Job<Block>)) + BatchAdder<P, M>::bytes(kJobs);
  }

  // Spans of 1 to kLongest points, the longest first.
  void run(const Span* spans, std::size_t n, const Source& source) noexcept {
    source_ = source;
    std::size_t active = 0, next = 0;
    for (;;) {
      for (std::size_t k = 0; k < active;) {  // what has ended goes out, the last takes its place
        if (bundles_[k].at < bundles_[k].longest) {
          ++k;
          continue;
        }
        store_block(sum_[k], bundles_[k].out);
        if (k == --active) break;
        bundles_[k] = bundles_[active];
        sum_[k] = sum_[active];
      }
      for (; active < kJobs && next < n; next += kLanes) {
        start(bundles_[active], spans + next, std::min<std::size_t>(kLanes, n - next));
        prefetch_entries(spans, next + kAhead, n);
        gather(sum_[active], bundles_[active]);
        if (bundles_[active].longest == 1) {
          store_block(sum_[active], bundles_[active].out);
        } else {
          ++active;
        }
      }
      if (active == 0) return;
      for (std::size_t k = 0; k < active; ++k) jobs_[k] = {&sum_[k], &point_[k], &sum_[k]};
      adder_.run(
          jobs_.get(), active, [this](std::size_t k) noexcept { gather(point_[k], bundles_[k]); },
          [this](std::size_t k) noexcept { prefetch(bundles_[k]); });
    }
  }

 private:
  using Block = lanes::Block<P, M>;
  static constexpr std::size_t kWords = kRowWords<P, M>;
  static constexpr std::size_t kAhead = 8 * kLanes;  // spans whose entries are

  struct Bundle {
    const std::uint32_t* entries[kLanes];
    std::uint32_t length[kLanes];  // the first is the longest
    std::uint32_t at, longest, shortest;
    std::uint64_t* out[kLanes];
  };

  void start(Bundle& bundle, const Span* spans, std::size_t count) noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) {
      bundle.entries[i] = source_.entries + (i < count ? spans[i].begin : 0);
      bundle.length[i] = i < count ? spans[i].length : 0;
      bundle.out[i] = i < count ? spans[i].out : nowhere_;
    }
    bundle.at = 0;
    bundle.longest = bundle.length[0];
    bundle.shortest = bundle.length[kLanes - 1];
  }

  // The next point of each bucket; infinity where there is none.
  ASSAY_LANES_INLINE void gather(Block& block, Bundle& bundle) noexcept {
    const std::uint64_t* row[kLanes];
    unsigned negate = 0;
    const std::uint32_t at = bundle.at++;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kLanes; ++i) {
      if (at < bundle.shortest || at < bundle.length[i]) {
        const std::uint32_t entry = bundle.entries[i][at];
        row[i] = source_.rows + kWords * (entry >> 1);
        negate |= (entry & 1) << i;
      } else {
        row[i] = infinity_;
      }
    }
    if (source_.bases) {
      load_block<true>(block, row, static_cast<LaneMask>(negate));
    } else {
      load_block<false>(block, row, static_cast<LaneMask>(negate));
    }
  }

  void prefetch(const Bundle& bundle) const noexcept {
    __asm__ volatile("");  // gcc drops calls of functions that do nothing but prefetch
    for (std::size_t i = 0; i < kLanes; ++i) {
      if (bundle.at >= bundle.length[i]) break;
      const std::uint64_t* row = source_.rows + kWords * (bundle.entries[i][bundle.at] >> 1);
      for (std::size_t m = 0; m < M; ++m) __builtin_prefetch(row + kLanes * m, 0, 2);
      __builtin_prefetch(row + kWords - 1, 0, 2);  // rows need not be aligned to cache lines
    }
  }
  void prefetch_entries(const Span* spans, std::size_t first, std::size_t n) const noexcept {
    __asm__ volatile("");
    for (std::size_t i = first; i < std::min(first + kLanes, n); ++i)
      __builtin_prefetch(source_.entries + spans[i].begin);
  }

  Source source_{};
  BatchAdder<P, M> adder_;
  std::unique_ptr<Bundle[]> bundles_;
  std::unique_ptr<Block[]> sum_, point_;
  std::unique_ptr<Job<Block>[]> jobs_;
  alignas(64) std::uint64_t infinity_[kWords] = {}, nowhere_[kWords];
};

}  // namespace lanes

ASSAY_ISA_END
