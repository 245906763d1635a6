// Segments of a window's buckets in lanes: R_s = sum_j B_(sL+j) and A_s = sum_j (j + 1) B_(sL+j) for segments of L
// buckets, as in msm/bucket_weights.h. Eight neighbouring segments take a lane each, and many such groups take their
// steps together. Two additions a bucket; an empty bucket is infinity, whose row is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "msm/lanes_batch_add.h"

ASSAY_ISA_BEGIN

namespace lanes {

// Rows of `windows` windows, `stride` apart, each of 8 or more segments of `length` rows.
struct Buckets {
  const std::uint64_t* rows;
  std::size_t stride, segments, length;
};

template <class P, std::size_t M>
class SegmentSummer {
 public:
  static constexpr std::size_t kGroups = M == 1 ? 128 : 64;  // of eight segments

  bool allocate() noexcept {
    bucket_.reset(new (std::nothrow) Block[kGroups]);
    plain_.reset(new (std::nothrow) Block[kGroups]);
    weighted_.reset(new (std::nothrow) Block[kGroups]);
    jobs_.reset(new (std::nothrow) Job<Block>[2 * kGroups]);
    return bucket_ && plain_ && weighted_ && jobs_ && adder_.allocate(2 * kGroups);
  }
  static constexpr std::size_t bytes() noexcept {
    return kGroups * (3 * sizeof(Block) + 2 * sizeof(Job<Block>)) + BatchAdder<P, M>::bytes(2 * kGroups);
  }

  // Groups [first, last), at most kGroups, counted through the windows. Segment s of window w goes to row
  // w (segments + 1) + s of `plain` and row w segments + s of `weighted`.
  void run(std::size_t first, std::size_t last, const Buckets& buckets, std::uint64_t* plain,
           std::uint64_t* weighted) noexcept {
    const std::size_t count = last - first, length = buckets.length;
    for (std::size_t g = 0; g < count; ++g) {
      load(plain_[g], first + g, length - 1, buckets);
      weighted_[g] = plain_[g];
    }
    // Step t adds bucket length - 1 - t to R, and to A the R of the step before. R's additions come first in the
    // batch, which reads them last.
    for (std::size_t t = 1; t <= length; ++t) {
      std::size_t jobs = 0;
      for (std::size_t g = 0; t < length && g < count; ++g) {
        load(bucket_[g], first + g, length - 1 - t, buckets);
        jobs_[jobs++] = {&plain_[g], &bucket_[g], &plain_[g]};
      }
      for (std::size_t g = 0; t > 1 && g < count; ++g) jobs_[jobs++] = {&weighted_[g], &plain_[g], &weighted_[g]};
      adder_.run(jobs_.get(), jobs, [](std::size_t) noexcept {}, [](std::size_t) noexcept {});
    }
    for (std::size_t g = 0; g < count; ++g) {
      const std::size_t w = (first + g) * kLanes / buckets.segments;
      std::uint64_t* to[kLanes];
      for (std::size_t i = 0; i < kLanes; ++i) to[i] = plain + kWords * ((first + g) * kLanes + w + i);
      store_block(plain_[g], to);
      for (std::size_t i = 0; i < kLanes; ++i) to[i] = weighted + kWords * ((first + g) * kLanes + i);
      store_block(weighted_[g], to);
    }
  }

 private:
  using Block = lanes::Block<P, M>;
  static constexpr std::size_t kWords = kRowWords<P, M>;

  // bucket `at` of the segments of a group
  static void load(Block& block, std::size_t group, std::size_t at, const Buckets& buckets) noexcept {
    const std::size_t w = group * kLanes / buckets.segments, s = group * kLanes % buckets.segments;
    const std::uint64_t* row[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i)
      row[i] = buckets.rows + kWords * (w * buckets.stride + (s + i) * buckets.length + at);
    load_block<false>(block, row, 0);
  }

  BatchAdder<P, M> adder_;
  std::unique_ptr<Block[]> bucket_, plain_, weighted_;
  std::unique_ptr<Job<Block>[]> jobs_;
};

}  // namespace lanes

ASSAY_ISA_END
