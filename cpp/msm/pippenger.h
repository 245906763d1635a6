// The bucket method: digits, sorting, bucket sums, weighted sums, Horner over the windows. Contract: msm/msm.h.
//
// Passes, each a window or several of precomputed bases, are taken in groups whose sorted entries fit kGroupEntries,
// the highest first. Each stage of a group is one parallel loop over many more pieces than threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "msm/bucket_sums.h"
#include "msm/bucket_weights.h"
#include "msm/digits.h"
#include "msm/groups.h"
#include "msm/msm.h"
#include "msm/scratch.h"
#include "msm/straus.h"

ASSAY_ISA_BEGIN

namespace msm {

constexpr std::size_t kL2Bytes = std::size_t{1} << 18;  // what a chunk and its scratch may take; the next is on its way

// Window size for n scalars: the least of a model of the cost, W(c) windows of 6.8 multiplications a point and 14 a
// bucket.
inline unsigned window_bits_for(std::size_t n) noexcept {
  unsigned best = kMinWindow;
  double least = 0;
  for (unsigned c = kMinWindow; c <= kMaxWindow; ++c) {
    const double cost =
        window_count(c) * (6.8 * static_cast<double>(n) + 14.0 * static_cast<double>(std::size_t{1} << (c - 1)));
    if (c == kMinWindow || cost < least) {
      least = cost;
      best = c;
    }
  }
  return best;
}

inline MsmShape shape_for(std::size_t n) noexcept {
  const unsigned c = window_bits_for(n);
  return {c, window_count(c)};
}

constexpr unsigned log_segment(unsigned c) noexcept { return c - 1 < 4 ? c - 1 : (c > 11 ? 5 : 4); }

template <class F>
constexpr std::size_t chunk_limit(std::size_t entries, std::size_t threads) noexcept {
  constexpr std::size_t most = kL2Bytes / (BucketSummer<F>::bytes(2) / 2);
  return std::clamp<std::size_t>(entries / (8 * threads), std::min<std::size_t>(512, most), most);
}

template <class F, class P>
class Pippenger {
 public:
  Status run(const Affine<F>* bases, const std::uint64_t* scalars, std::size_t n, const MsmShape* shape, Affine<F>& out,
             JobControl* control, MsmMemory memory) noexcept {
    bases_ = bases;
    memory_ = memory;
    ASSAY_TRY(digits_.template build<P>(
        scalars, n, [bases](std::size_t i) noexcept { return bases[i].is_infinity(); },
        [shape](std::size_t full, std::size_t small) noexcept {
          return shape != nullptr ? *shape : shape_for(full + small / 4);
        },
        control));
    ASSAY_TRY(allocate());
    XYZZ<F> total = XYZZ<F>::infinity();
    const unsigned passes = digits_.passes();
    for (unsigned top = passes; top > 0;) {
      const unsigned count = std::min(group_, top);
      ASSAY_TRY(group(top - count, count, control));
      for (unsigned g = count; g-- > 0;) {
        for (unsigned i = 0; i < digits_.window_bits(); ++i) total = dbl(total);
        total = add(total, pass_sums_[g]);
      }
      top -= count;
      if (control != nullptr) control->report("multi-scalar multiplication", passes - top, passes);
    }
    out = to_affine_var(total);
    return Status::ok;
  }

 private:
  Status allocate() noexcept {
    const unsigned c = digits_.window_bits();
    buckets_ = std::size_t{1} << (c - 1);
    log_segment_ = log_segment(c);
    segments_ = buckets_ >> log_segment_;
    group_ = group_passes(digits_.entries(), digits_.passes(), memory_, num_threads());
    const std::size_t cells = group_ * buckets_;
    start_.reset(new (std::nothrow) std::uint32_t[cells + 1]);
    cursor_.reset(new (std::nothrow) std::uint32_t[cells]);
    sums_.reset(new (std::nothrow) Affine<F>[cells]);
    weighted_.reset(new (std::nothrow) Affine<F>[group_ * segments_]);
    plain_.reset(new (std::nothrow) Affine<F>[group_ * segments_]);
    pass_sums_.reset(new (std::nothrow) XYZZ<F>[group_]);
    limit_ = chunk_limit<F>(digits_.entries() * group_, num_threads());
    batch_ = std::clamp<std::size_t>(group_ * segments_ / (4 * num_threads()), 64, 1024);
    const bool have = start_ && cursor_ && sums_ && weighted_ && plain_ && pass_sums_ &&
                      entries_.allocate(std::max<std::size_t>(1, digits_.entries() * group_)) &&
                      summers_.build([this](BucketSummer<F>& s) noexcept { return s.allocate(limit_); }) &&
                      segment_summers_.build([this](SegmentSummer<F>& s) noexcept { return s.allocate(batch_); });
    return have ? Status::ok : Status::out_of_memory;
  }

  // pass_sums_[g] <- the sum of pass first + g
  Status group(unsigned first, unsigned count, JobControl* control) noexcept {
    ASSAY_TRY(sort_by_bucket(digits_, first, count, buckets_, start_.get(), cursor_.get(), entries_.get(), control));
    ASSAY_TRY(sum_buckets(count, control));
    ASSAY_TRY(parallel_for(
        count * segments_, batch_,
        [this](std::size_t begin, std::size_t end) noexcept {
          typename ScratchPool<SegmentSummer<F>>::Lease summer(segment_summers_);
          (*summer).run(begin, end, std::size_t{1} << log_segment_, start_.get(), sums_.get(), weighted_.get(),
                        plain_.get());
        },
        control));
    return parallel_for(
        count, 1,
        [this](std::size_t begin, std::size_t end) noexcept {
          for (std::size_t g = begin; g < end; ++g) {
            pass_sums_[g] =
                weighted_sum(weighted_.get() + g * segments_, plain_.get() + g * segments_, segments_, log_segment_);
          }
        },
        control);
  }

  Status sum_buckets(unsigned count, JobControl* control) noexcept {
    std::size_t pieces = 0;
    std::unique_ptr<Affine<F>[]> piece_sums;
    try {
      pieces = plan(count * buckets_);
      piece_sums.reset(new Affine<F>[pieces]);
    } catch (...) {
      return Status::out_of_memory;
    }
    ASSAY_TRY(parallel_for(
        chunks_.size(), std::clamp<std::size_t>(chunks_.size() / (8 * num_threads()), 1, 8),
        [&](std::size_t begin, std::size_t end) noexcept {
          typename ScratchPool<BucketSummer<F>>::Lease summer(summers_);
          for (std::size_t i = begin; i < end; ++i) {
            const Chunk& chunk = chunks_[i];
            (*summer).run(chunk, i + 1 < end ? &chunks_[i + 1] : nullptr, start_.get(), entries_.get(), bases_,
                          chunk.piece ? piece_sums.get() + chunk.buckets : sums_.get());
          }
        },
        control));
    for (std::size_t i = 0; i < chunks_.size();) {
      if (!chunks_[i].piece) {
        ++i;
        continue;
      }
      const std::uint32_t bucket = chunks_[i].bucket;
      XYZZ<F> total = XYZZ<F>::infinity();
      for (; i < chunks_.size() && chunks_[i].piece && chunks_[i].bucket == bucket; ++i)
        total = add(total, piece_sums[chunks_[i].buckets]);
      sums_[bucket] = to_affine_var(total);
    }
    return Status::ok;
  }

  // Cuts the entries into chunks_; returns the number of pieces, whose `buckets` numbers them.
  std::size_t plan(std::size_t cells) {
    const auto limit = static_cast<std::uint32_t>(limit_);
    std::uint32_t pieces = 0;
    chunks_.clear();
    for (std::size_t b = 0; b < cells;) {
      const std::uint32_t begin = start_[b];
      if (start_[b + 1] - begin > limit) {
        for (std::uint32_t at = begin; at < start_[b + 1]; at += limit)
          chunks_.push_back({static_cast<std::uint32_t>(b), pieces++, at, std::min(at + limit, start_[b + 1]), true});
        ++b;
        continue;
      }
      std::size_t last = b + 1;
      while (last < cells && start_[last + 1] - begin <= limit) ++last;
      if (start_[last] != begin) {
        chunks_.push_back(
            {static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(last - b), begin, start_[last], false});
      }
      b = last;
    }
    return pieces;
  }

  const Affine<F>* bases_ = nullptr;
  MsmMemory memory_ = MsmMemory::fast;
  Digits digits_;
  std::size_t buckets_ = 0, segments_ = 0, limit_ = 0, batch_ = 0;  // buckets and segments of one pass
  unsigned log_segment_ = 0, group_ = 0;
  std::unique_ptr<std::uint32_t[]> start_, cursor_;
  SecretArray<std::uint32_t> entries_;
  std::unique_ptr<Affine<F>[]> sums_, weighted_, plain_;
  std::unique_ptr<XYZZ<F>[]> pass_sums_;
  std::vector<Chunk> chunks_;
  ScratchPool<BucketSummer<F>> summers_;
  ScratchPool<SegmentSummer<F>> segment_summers_;
};

template <class F, class P>
Status multiply_add(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, const MsmShape* shape,
                    std::uint64_t* out, JobControl* control, MsmMemory memory) noexcept {
  if (n > kMsmMaxSize) return Status::too_large;
  const auto* points = reinterpret_cast<const Affine<F>*>(bases);
  auto& result = *reinterpret_cast<Affine<F>*>(out);
  if (n <= kStrausMax) {
    for (std::size_t i = 0; i < n; ++i)
      if (!detail::below_modulus<P>(scalars + 4 * i)) return Status::non_canonical;
    result = straus(points, scalars, n);
    return Status::ok;
  }
  Pippenger<F, P> pippenger;
  return pippenger.run(points, scalars, n, shape, result, control, memory);
}

}  // namespace msm

ASSAY_ISA_END
