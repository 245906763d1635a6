// Sums of points that share a bucket, in lanes.
//
// Eight buckets of about the same length take a lane each (a bundle); longer ones than kLongest are cut. A bundle's
// points are turned into blocks, position by position, and halved round by round: block k is added to block k + half.
// Rounds of different bundles share a batch: while the first sums of new bundles are formed, older ones take their next
// round, so that every inversion serves a full batch. No addition of a batch needs another's result, and lanes never
// meet: there are no conflicts to resolve.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "msm/lanes_batch_add.h"

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
  static constexpr std::uint32_t kLongest = 256;
  static constexpr std::size_t kJobs = M == 1 ? 256 : 128;  // of a batch: its blocks and products stay in L2
  static_assert(kLongest / 2 <= kJobs);

  bool allocate() noexcept {
    jobs_.reset(new (std::nothrow) Job<Block>[kJobs]);
    fresh_.reset(new (std::nothrow) Block[2 * kJobs]);
    ring_.reset(new (std::nothrow) Block[kRing]);
    bundles_.reset(new (std::nothrow) Bundle[kRing]);
    return jobs_ && fresh_ && ring_ && bundles_ && adder_.allocate(kJobs);
  }
  static constexpr std::size_t bytes() noexcept {
    return kJobs * (sizeof(Job<Block>) + 2 * sizeof(Block)) + kRing * (sizeof(Block) + sizeof(Bundle)) +
           BatchAdder<P, M>::bytes(kJobs);
  }

  // Spans of 1 to kLongest points, the longest first.
  void run(const Span* spans, std::size_t n, const Source& source) noexcept {
    source_ = source;
    soon_ = {spans, n, 0, 0, 0};
    head_ = tail_ = ring_used_ = ring_at_ = 0;
    std::size_t next = 0;
    do {
      std::size_t jobs = 0, fresh = 0;
      for (std::size_t i = head_; i != tail_; ++i) {
        Bundle& bundle = bundles_[i % kRing];
        if (!bundle.done) bundle.length = halve(bundle.blocks, bundle.blocks, bundle.length, jobs);
      }
      for (; next < n; next += kLanes) {
        const std::uint32_t length = spans[next].length, left = (length + 1) / 2;
        if (jobs + length / 2 > kJobs || !has_room(left)) break;
        Bundle& bundle = bundles_[tail_++ % kRing];
        take(bundle, left);
        gather(spans + next, std::min<std::size_t>(kLanes, n - next), length, fresh_.get() + fresh, bundle);
        if (soon_.first <= next) {
          soon_.first = next + kLanes;
          soon_.at = 0;
          soon_.count = 0;
        } else {
          soon_.count -= length;
        }
        (void)halve(fresh_.get() + fresh, bundle.blocks, length, jobs);
        fresh += length / 2 * 2;
      }
      adder_.run(jobs_.get(), jobs, [this]() noexcept { prefetch(); });
      finish();
    } while (next < n || head_ != tail_);
  }

 private:
  using Block = lanes::Block<P, M>;
  static constexpr std::size_t kRing = 3 * kJobs, kWords = kRowWords<P, M>;
  static constexpr std::size_t kAhead = 2 * kJobs;  // blocks whose rows are fetched before they are gathered

  struct Bundle {
    Block* blocks;
    std::uint32_t length, taken;  // taken: blocks of the ring
    bool done;
    std::uint64_t* out[kLanes];
  };
  // Where prefetching is: position `at` of the bundle of spans [first, first + 8), `count` blocks ahead.
  struct Soon {
    const Span* spans;
    std::size_t n, first;
    std::uint32_t at;
    std::size_t count;
  };

  // A contiguous part of the ring. What is left at its end is taken too when the next part does not fit there.
  bool has_room(std::size_t blocks) const noexcept {
    if (tail_ - head_ == kRing) return false;
    const std::size_t end = kRing - ring_at_;
    return ring_used_ + blocks + (blocks > end ? end : 0) <= kRing;
  }
  void take(Bundle& bundle, std::uint32_t blocks) noexcept {
    const bool wraps = ring_at_ + blocks > kRing;
    const std::size_t skipped = wraps ? kRing - ring_at_ : 0;
    if (wraps) ring_at_ = 0;
    bundle.blocks = ring_.get() + ring_at_;
    bundle.length = blocks;
    bundle.taken = static_cast<std::uint32_t>(skipped + blocks);
    bundle.done = false;
    ring_at_ += blocks;
    ring_used_ += bundle.taken;
  }

  // Jobs that add the upper half of `length` blocks to the lower; returns how many are left. The middle one of an odd
  // number stays where it is.
  std::uint32_t halve(const Block* in, Block* out, std::uint32_t length, std::size_t& jobs) noexcept {
    const std::uint32_t half = length / 2, left = length - half;
    const std::uint32_t upper = in == out ? left : half;  // gather() has put the middle one to its place
    for (std::uint32_t k = 0; k < half; ++k) jobs_[jobs++] = {in + k, in + k + upper, out + k};
    return left;
  }

  void gather(const Span* spans, std::size_t count, std::uint32_t length, Block* fresh, Bundle& bundle) noexcept {
    std::uint32_t begin[kLanes], end[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      begin[i] = i < count ? spans[i].begin : 0;
      end[i] = i < count ? spans[i].length : 0;
      bundle.out[i] = i < count ? spans[i].out : nowhere_;
    }
    const std::uint32_t half = length / 2, shortest = end[kLanes - 1];
    for (std::uint32_t at = 0; at < length; ++at) {
      const std::uint64_t* row[kLanes];
      unsigned negate = 0;
      for (std::size_t i = 0; i < kLanes; ++i) {
        if (at < shortest || at < end[i]) {
          const std::uint32_t entry = source_.entries[begin[i] + at];
          row[i] = source_.rows + kWords * (entry >> 1);
          negate |= (entry & 1) << i;
        } else {
          row[i] = infinity_;
        }
      }
      Block& block = at < 2 * half ? fresh[at] : bundle.blocks[half];
      if (source_.bases) {
        load_block<true>(block, row, static_cast<LaneMask>(negate));
      } else {
        load_block<false>(block, row, static_cast<LaneMask>(negate));
      }
    }
  }

  void finish() noexcept {
    for (std::size_t i = head_; i != tail_; ++i) {
      Bundle& bundle = bundles_[i % kRing];
      if (bundle.done || bundle.length > 1) continue;
      store_block(*bundle.blocks, bundle.out);
      bundle.done = true;
    }
    for (; head_ != tail_ && bundles_[head_ % kRing].done; ++head_) ring_used_ -= bundles_[head_ % kRing].taken;
  }

  // The next block's rows.
  void prefetch() noexcept {
    if (soon_.count >= kAhead || soon_.first >= soon_.n) return;
    const std::size_t lanes = std::min(kLanes, soon_.n - soon_.first);
    for (std::size_t i = 0; i < lanes; ++i) {
      const Span& span = soon_.spans[soon_.first + i];
      if (soon_.at >= span.length) break;
      const std::uint64_t* row = source_.rows + kWords * (source_.entries[span.begin + soon_.at] >> 1);
      for (std::size_t m = 0; m < M; ++m) __builtin_prefetch(row + kLanes * m, 0, 2);
      __builtin_prefetch(row + kWords - 1, 0, 2);  // rows need not be aligned to lines
    }
    ++soon_.count;
    if (++soon_.at < soon_.spans[soon_.first].length) return;
    soon_.at = 0;
    soon_.first += kLanes;
    for (std::size_t i = soon_.first + kLanes; i < std::min(soon_.n, soon_.first + 2 * kLanes); ++i)
      __builtin_prefetch(source_.entries + soon_.spans[i].begin, 0, 2);
  }

  Source source_{};
  Soon soon_{};
  BatchAdder<P, M> adder_;
  std::unique_ptr<Job<Block>[]> jobs_;
  std::unique_ptr<Block[]> fresh_, ring_;
  std::unique_ptr<Bundle[]> bundles_;
  std::size_t head_ = 0, tail_ = 0, ring_at_ = 0, ring_used_ = 0;
  alignas(64) std::uint64_t infinity_[kWords] = {}, nowhere_[kWords];
};

}  // namespace lanes

ASSAY_ISA_END
