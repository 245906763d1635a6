// Sums of points that share a bucket.
//
// The entries (point number and sign) of all windows stand sorted by bucket. Work is cut at bucket boundaries into
// chunks of at most `limit` entries; a longer bucket is cut into pieces whose sums are added at the end. The points of
// a chunk are copied once into scratch, as the additions read theirs several times, and all its buckets are halved
// together there, round by round: neighbours are added pairwise in one batch, so that no two additions of a batch meet.
// A chunk and its scratch stay in L2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "msm/batch_add.h"

ASSAY_ISA_BEGIN

namespace msm {

// The sum of entries [begin, end) of the buckets [bucket, bucket + buckets). piece: this is a part of one long bucket.
struct Chunk {
  std::uint32_t bucket, buckets, begin, end;
  bool piece;
};

template <class F>
class BucketSummer {
 public:
  bool allocate(std::size_t limit) noexcept {
    points_.reset(new (std::nothrow) Affine<F>[limit]);
    pairs_.reset(new (std::nothrow) Pair[limit / 2 + 1]);
    runs_.reset(new (std::nothrow) Run[limit / 2 + 1]);
    return points_ && pairs_ && runs_ && scratch_.allocate(limit / 2 + 1);
  }
  static constexpr std::size_t bytes(std::size_t limit) noexcept {
    return limit * sizeof(Affine<F>) + BatchScratch<F>::bytes(limit / 2 + 1) +
           (limit / 2 + 1) * (sizeof(Pair) + sizeof(Run));
  }

  // sums[b] <- the sum of bucket b, for the chunk's buckets that are not empty; a piece goes to *sums. The points of
  // `next`, the chunk that will follow here, are fetched meanwhile; it may be null.
  void run(const Chunk& chunk, const Chunk* next, const std::uint32_t* start, const std::uint32_t* entries,
           const Affine<F>* bases, Affine<F>* sums) noexcept {
    gather(chunk.begin, chunk.end, entries, bases);
    std::size_t run_count = 0;
    const std::size_t buckets = chunk.piece ? 1 : chunk.buckets;
    for (std::size_t b = 0; b < buckets; ++b) {
      const std::uint32_t begin = chunk.piece ? chunk.begin : start[chunk.bucket + b];
      const std::uint32_t length = (chunk.piece ? chunk.end : start[chunk.bucket + b + 1]) - begin;
      if (length == 0) continue;
      Affine<F>* sum = chunk.piece ? sums : sums + chunk.bucket + b;
      Affine<F>* first = points_.get() + (begin - chunk.begin);
      if (length == 1) {
        *sum = *first;
      } else {
        runs_[run_count++] = {first, sum, length};
      }
    }
    const std::uint32_t* ahead = next != nullptr ? entries + next->begin : nullptr;
    const std::size_t ahead_count = next != nullptr ? next->end - next->begin : 0;
    run_count = halve(run_count, [=](std::size_t k) noexcept {
      for (std::size_t i = 2 * k; i < std::min(2 * k + 2, ahead_count); ++i) prefetch_point(bases + (ahead[i] >> 1));
    });
    while (run_count > 0) run_count = halve(run_count, [](std::size_t) noexcept {});
  }

 private:
  struct Pair {
    Affine<F>* out;
    const Affine<F>* in;  // in[0] + in[1]
  };
  struct Run {
    Affine<F>*points, *sum;
    std::uint32_t length;  // at least 2
  };

  // points_ <- the bases of entries [begin, end), with their signs
  void gather(std::uint32_t begin, std::uint32_t end, const std::uint32_t* entries, const Affine<F>* bases) noexcept {
    constexpr std::uint32_t kAhead = 24;
    for (std::uint32_t i = begin; i < end; ++i) {
      if (end - i > kAhead) prefetch_point(bases + (entries[i + kAhead] >> 1));
      const Affine<F>& from = bases[entries[i] >> 1];
      Affine<F>& to = points_[i - begin];
      to.x = from.x;
      to.y = detail::negate_if(from.y, (entries[i] & 1) != 0);
    }
  }

  // One round on the points in scratch; returns how many runs are left. soon: of batch_add.
  template <class Soon>
  std::size_t halve(std::size_t run_count, Soon&& soon) noexcept {
    std::size_t pair_count = 0;
    for (std::size_t r = 0; r < run_count; ++r) {
      const Run& run = runs_[r];
      for (std::uint32_t i = 0; i < run.length / 2; ++i)
        pairs_[pair_count++] = {run.length == 2 ? run.sum : run.points + i, run.points + 2 * i};
    }
    batch_add<F>(
        pair_count, scratch_, [&](std::size_t k) noexcept { return Operands<F>{pairs_[k].in, pairs_[k].in + 1}; },
        [&](std::size_t k) noexcept -> Affine<F>& { return *pairs_[k].out; }, soon);
    std::size_t left = 0;
    for (std::size_t r = 0; r < run_count; ++r) {
      Run run = runs_[r];
      if (run.length == 2) continue;
      if (run.length % 2 == 1) run.points[run.length / 2] = run.points[run.length - 1];
      run.length = (run.length + 1) / 2;
      runs_[left++] = run;
    }
    return left;
  }

  std::unique_ptr<Affine<F>[]> points_;
  BatchScratch<F> scratch_;
  std::unique_ptr<Pair[]> pairs_;
  std::unique_ptr<Run[]> runs_;
};

}  // namespace msm

ASSAY_ISA_END
