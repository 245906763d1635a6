// The bucket method of msm/pippenger.h with bucket sums and weights in eight lanes. Contract: msm/msm.h.
//
// Differences: the bases are read where they lie; the segments of a window are weighted in lanes again until eight are
// left; window sizes come from a table.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "msm/digits.h"
#include "msm/groups.h"
#include "msm/lanes_bucket_sums.h"
#include "msm/lanes_bucket_weights.h"
#include "msm/lanes_tuning.h"
#include "msm/msm.h"
#include "msm/scratch.h"

ASSAY_ISA_BEGIN

namespace lanes {

// Entries of a task: buckets are sorted by length within it.
constexpr std::size_t kTaskEntries = std::size_t{1} << 16;
constexpr unsigned kLogSegment = 5;

inline MsmShape shape_for(std::size_t n) noexcept {
  const unsigned c = window_bits_for(n);
  return {c, msm::window_count(c)};
}

// One thread's part of the bucket sums: buckets sorted by length, then summed.
template <class P, std::size_t M>
class Task {
 public:
  using Summer = BucketSummer<P, M>;

  bool allocate(std::size_t spans) noexcept {
    spans_.reset(new (std::nothrow) Span[spans]);
    return spans_ && summer_.allocate();
  }
  // Buckets [first, last): of bucket b the entries from start[b] to start[b + 1], summed to row out(b). What is longer
  // than kLongest goes in parts to the rows from `parts` on, an empty bucket's row becomes zero.
  template <class Out>
  void run(std::size_t first, std::size_t last, const std::uint32_t* start, const Source& source, Out&& out,
           std::uint64_t* parts) noexcept {
    constexpr std::uint32_t kLongest = Summer::kLongest;
    std::uint32_t at[kLongest + 1] = {};  // where spans of a length go: the longest first
    for (std::size_t b = first; b < last; ++b) {
      const std::uint32_t length = start[b + 1] - start[b];
      if (length > kLongest) at[kLongest] += length / kLongest;
      ++at[length > kLongest ? length % kLongest : length];
    }
    std::uint32_t total = 0;
    for (std::uint32_t length = kLongest; length > 0; --length) total += std::exchange(at[length], total);
    for (std::size_t b = first; b < last; ++b) {
      std::uint32_t begin = start[b], length = start[b + 1] - begin;
      if (length > kLongest) {
        for (; length > 0; parts += kRowWords<P, M>) {
          const std::uint32_t part = std::min(length, kLongest);
          spans_[at[part]++] = {begin, part, parts};
          begin += part;
          length -= part;
        }
      } else if (length > 0) {
        spans_[at[length]++] = {begin, length, out(b)};
      } else {
        std::fill_n(out(b), kRowWords<P, M>, 0);
      }
    }
    summer_.run(spans_.get(), total, source);
  }

 private:
  std::unique_ptr<Span[]> spans_;
  Summer summer_;
};

template <class F, class R>
class Pippenger {
 public:
  using P = typename Shape<F>::Params;
  static constexpr std::size_t M = Shape<F>::M, kWords = kRowWords<P, M>;

  Status run(const Affine<F>* bases, const std::uint64_t* scalars, std::size_t n, const MsmShape* shape,
             std::uint64_t* out, CombineFunction combine, JobControl* control, MsmMemory memory) noexcept {
    bases_ = bases;
    memory_ = memory;
    ASSAY_TRY(digits_.template build<R>(
        scalars, n, [bases](std::size_t i) noexcept { return bases[i].is_infinity(); },
        [shape](std::size_t full, std::size_t small) noexcept {
          return shape != nullptr ? *shape : shape_for(full + small / 4);
        },
        control));
    try {
      allocate();
      const unsigned passes = digits_.passes();
      for (unsigned top = passes; top > 0;) {
        const unsigned count = std::min(group_, top);
        ASSAY_TRY(group(top - count, count, control));
        top -= count;
        if (control != nullptr) control->report("multi-scalar multiplication", passes - top, passes);
      }
      const unsigned log_segment = std::min(kLogSegment, digits_.window_bits() - 4);
      const unsigned log_rest = digits_.window_bits() - 4 - log_segment;
      combine(reinterpret_cast<const std::uint64_t*>(reduced_.get()), passes, digits_.window_bits(),
              log_rest == 0 ? 0 : log_segment, log_rest == 0 ? log_segment : log_rest, out);
    } catch (const std::bad_alloc&) {
      return Status::out_of_memory;
    }
    return Status::ok;
  }

  // Of n full-size scalars, in bytes.
  static std::size_t memory_estimate(std::size_t n, const MsmShape* given, MsmMemory memory) noexcept {
    const MsmShape shape = given != nullptr ? *given : shape_for(n);
    const unsigned c = shape.window_bits;
    const std::size_t entries = n * msm::layer_count(shape);
    const std::size_t group = msm::group_passes(entries, shape.passes, memory, num_threads()), cells = group << (c - 1);
    const std::size_t digits = n * (2 * msm::window_count(c) + sizeof(std::uint32_t));
    const std::size_t sorted = entries * group * sizeof(std::uint32_t);
    const std::size_t rows = cells + 2 * group * segments(c);
    const std::size_t spans = std::max<std::size_t>(kTaskEntries, std::size_t{1} << (c - 1));
    const std::size_t task = spans * sizeof(Span) + BucketSummer<P, M>::bytes() + SegmentSummer<P, M>::bytes();
    return digits + sorted + cells * 2 * sizeof(std::uint32_t) + rows * 8 * kWords + num_threads() * task;
  }

 private:
  static std::size_t segments(unsigned c) noexcept {
    return (std::size_t{1} << (c - 1)) >> std::min(kLogSegment, c - 4);
  }
  using Rows = std::unique_ptr<std::uint64_t[]>;
  static Rows make_rows(std::size_t n) { return Rows(new std::uint64_t[kWords * n]); }

  void allocate() {
    const unsigned c = digits_.window_bits();
    buckets_ = std::size_t{1} << (c - 1);
    segments_ = segments(c);
    group_ = msm::group_passes(digits_.entries(), digits_.passes(), memory_, num_threads());
    const std::size_t cells = group_ * buckets_;
    start_.reset(new std::uint32_t[cells + 1]);
    cursor_.reset(new std::uint32_t[cells]);
    sums_ = make_rows(cells);
    weighted_ = make_rows(group_ * segments_);
    plain_ = make_rows(group_ * (segments_ + 1));
    for (auto& rows : top_) rows = make_rows(group_ * (kLanes + 1));
    reduced_.reset(new Affine<F>[kReducedPoints * digits_.passes()]);
    if (!entries_.allocate(std::max<std::size_t>(1, digits_.entries() * group_)) ||
        !summers_.build([](SegmentSummer<P, M>& s) noexcept { return s.allocate(); }))
      throw std::bad_alloc();
  }

  // Passes first, ..., first + count - 1 into reduced_.
  Status group(unsigned first, unsigned count, JobControl* control) {
    ASSAY_TRY(
        msm::sort_by_bucket(digits_, first, count, buckets_, start_.get(), cursor_.get(), entries_.get(), control));
    ASSAY_TRY(sum_buckets({entries_.get(), reinterpret_cast<const std::uint64_t*>(bases_), true}, start_.get(),
                          count * buckets_, nullptr, control));
    ASSAY_TRY(
        weigh({sums_.get(), buckets_, segments_, buckets_ / segments_}, count, plain_.get(), weighted_.get(), control));
    return finish(first, count, control);
  }

  // Row names[b], or b, of sums_ <- the sum of bucket b. Long buckets are cut; their parts are entries of buckets
  // again.
  Status sum_buckets(const Source& source, const std::uint32_t* start, std::size_t cells, const std::uint32_t* names,
                     JobControl* control) {
    constexpr std::uint32_t kLongest = Task<P, M>::Summer::kLongest;
    struct Range {
      std::size_t first, last, part;
    };
    std::vector<Range> ranges;
    std::vector<std::uint32_t> long_names, long_start;
    const std::size_t most = std::clamp<std::size_t>(start[cells] / (4 * num_threads()), 1 << 12, kTaskEntries);
    std::size_t parts = 0, spans = 0;
    for (std::size_t b = 0; b < cells;) {
      Range range = {b, b, parts};
      const std::uint32_t begin = start[b];
      do {
        const std::uint32_t length = start[range.last + 1] - start[range.last];
        if (length > kLongest) {
          long_names.push_back(names == nullptr ? static_cast<std::uint32_t>(range.last) : names[range.last]);
          long_start.push_back(static_cast<std::uint32_t>(parts));
          parts += (length + kLongest - 1) / kLongest;
        }
        ++range.last;
      } while (range.last < cells && start[range.last + 1] - begin <= most);
      spans = std::max(spans, range.last - range.first + parts - range.part);
      b = range.last;
      ranges.push_back(range);
    }
    const Rows part_rows = make_rows(parts);
    const auto out = [=, this](std::size_t b) noexcept {
      return sums_.get() + kWords * (names == nullptr ? b : names[b]);
    };
    {
      msm::ScratchPool<Task<P, M>> tasks;
      if (!tasks.build([spans](Task<P, M>& task) noexcept { return task.allocate(spans); }))
        return Status::out_of_memory;
      ASSAY_TRY(parallel_for(
          ranges.size(), 1,
          [&](std::size_t begin, std::size_t end) noexcept {
            typename msm::ScratchPool<Task<P, M>>::Lease task(tasks);
            for (std::size_t i = begin; i < end; ++i)
              (*task).run(ranges[i].first, ranges[i].last, start, source, out,
                          part_rows.get() + kWords * ranges[i].part);
          },
          control));
    }
    if (parts == 0) return Status::ok;
    long_start.push_back(static_cast<std::uint32_t>(parts));
    std::vector<std::uint32_t> entries(parts);
    for (std::size_t i = 0; i < parts; ++i) entries[i] = static_cast<std::uint32_t>(2 * i);
    return sum_buckets({entries.data(), part_rows.get(), false}, long_start.data(), long_names.size(),
                       long_names.data(), control);
  }

  Status weigh(const Buckets& buckets, std::size_t windows, std::uint64_t* plain, std::uint64_t* weighted,
               JobControl* control) noexcept {
    const std::size_t groups = windows * buckets.segments / kLanes;
    constexpr std::size_t kMost = SegmentSummer<P, M>::kGroups;
    const std::size_t pieces = num_threads() * ((groups + kMost * num_threads() - 1) / (kMost * num_threads()));
    return parallel_for(
        groups, (groups + pieces - 1) / pieces,
        [=, this](std::size_t begin, std::size_t end) noexcept {
          typename msm::ScratchPool<SegmentSummer<P, M>>::Lease summer(summers_);
          (*summer).run(begin, end, buckets, plain, weighted);
        },
        control);
  }

  // From segments with A_s and R_s: sum_s A_s + L sum_s s R_s. The second sum weighs R_1, R_2, ... by 1, 2, ... once
  // more, in eight segments; the first is left in eight parts.
  Status finish(unsigned first, unsigned count, JobControl* control) {
    const std::size_t length = segments_ / kLanes;
    std::uint64_t *const plain = plain_.get(), *const weighted = weighted_.get();
    if (length > 1) {
      for (std::size_t g = 0; g < count; ++g)
        std::fill_n(plain + kWords * (g * (segments_ + 1) + segments_), kWords, 0);
      ASSAY_TRY(weigh({plain + kWords, segments_ + 1, kLanes, length}, count, top_[0].get(), top_[1].get(), control));
      // eighths of sum_s A_s
      std::vector<std::uint32_t> entries(count * segments_), start(count * kLanes + 1);
      for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = static_cast<std::uint32_t>(2 * i);
      for (std::size_t i = 0; i < start.size(); ++i) start[i] = static_cast<std::uint32_t>(i * length);
      ASSAY_TRY(sum_buckets({entries.data(), weighted, false}, start.data(), count * kLanes, nullptr, control));
    }
    for (unsigned g = 0; g < count; ++g) {
      Affine<F>* out = reduced_.get() + kReducedPoints * (first + g);
      leave<F>((length > 1 ? top_[1].get() : weighted) + kWords * kLanes * g, out);
      leave<F>((length > 1 ? top_[0].get() : plain) + kWords * (kLanes + 1) * g, out + kLanes);
      if (length > 1) {
        leave<F>(sums_.get() + kWords * kLanes * g, out + 2 * kLanes);
      } else {
        std::fill_n(out + 2 * kLanes, kLanes, Affine<F>::infinity());
      }
    }
    return Status::ok;
  }

  const Affine<F>* bases_ = nullptr;
  MsmMemory memory_ = MsmMemory::fast;
  msm::Digits digits_;
  std::size_t buckets_ = 0, segments_ = 0;  // of one pass
  unsigned group_ = 0;
  std::unique_ptr<std::uint32_t[]> start_, cursor_;
  msm::SecretArray<std::uint32_t> entries_;
  Rows sums_, weighted_, plain_, top_[2];
  std::unique_ptr<Affine<F>[]> reduced_;  // of all passes
  msm::ScratchPool<SegmentSummer<P, M>> summers_;
};

}  // namespace lanes

ASSAY_ISA_END
