// The weighted sum of a window's buckets, S = sum_b (b + 1) B_b.
//
// Buckets are cut into segments of L. In segment s a running sum from the top gives R_s = sum_j B_(sL+j) and
// A_s = sum_j (j + 1) B_(sL+j), in two additions a bucket; hundreds of segments take their steps together, in batches
// of affine additions. Then S = sum_s A_s + L sum_s s R_s, in XYZZ coordinates, as there are few segments. Cost: 12
// multiplications a bucket and 34 / L.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "msm/batch_add.h"

ASSAY_ISA_BEGIN

namespace msm {

// A_s and R_s of neighbouring segments.
template <class F>
class SegmentSummer {
 public:
  bool allocate(std::size_t segments) noexcept {
    additions_.reset(new (std::nothrow) Addition[2 * segments]);
    return additions_ && scratch_.allocate(2 * segments);
  }
  static constexpr std::size_t bytes(std::size_t segments) noexcept {
    return BatchScratch<F>::bytes(2 * segments) + 2 * segments * sizeof(Addition);
  }

  // Segments [first, last). start[b] == start[b + 1] marks an empty bucket, whose sum is not read.
  void run(std::size_t first, std::size_t last, std::size_t length, const std::uint32_t* start, const Affine<F>* sums,
           Affine<F>* weighted, Affine<F>* plain) noexcept {
    for (std::size_t s = first; s < last; ++s) weighted[s] = plain[s] = Affine<F>::infinity();
    // Step t adds bucket length - 1 - t to R, and to A the R of the step before: one step more ends it.
    for (std::size_t t = 0; t <= length; ++t) {
      std::size_t count = 0;
      for (std::size_t s = first; s < last; ++s) {
        if (t > 0 && !plain[s].is_infinity()) additions_[count++] = {weighted + s, plain + s};
        if (t == length) continue;
        const std::size_t b = (s + 1) * length - 1 - t;
        if (start[b] != start[b + 1]) additions_[count++] = {plain + s, sums + b};
      }
      batch_add<F>(
          count, scratch_, [&](std::size_t k) noexcept { return Operands<F>{additions_[k].to, additions_[k].what}; },
          [&](std::size_t k) noexcept -> Affine<F>& { return *additions_[k].to; },
          [&](std::size_t k) noexcept {
            prefetch_point(additions_[k].to);
            prefetch_point(additions_[k].what);
          });
    }
  }

 private:
  struct Addition {
    Affine<F>* to;
    const Affine<F>* what;
  };
  BatchScratch<F> scratch_;
  std::unique_ptr<Addition[]> additions_;
};

// S of one window from its segments; length = 2^log_length.
template <class F>
inline XYZZ<F> weighted_sum(const Affine<F>* weighted, const Affine<F>* plain, std::size_t segments,
                            unsigned log_length) noexcept {
  XYZZ<F> running = XYZZ<F>::infinity(), total = running;
  for (std::size_t s = segments; s-- > 1;) {
    running = add(running, plain[s]);
    total = add(total, running);
  }
  for (unsigned i = 0; i < log_length; ++i) total = dbl(total);
  for (std::size_t s = 0; s < segments; ++s) total = add(total, weighted[s]);
  return total;
}

}  // namespace msm

ASSAY_ISA_END
