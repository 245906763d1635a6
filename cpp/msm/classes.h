// Equal scalars share one multiplication: sum_i k_i P_i = sum_j v_j (sum_(k_i = v_j) P_i - sum_(k_i = r - v_j) P_i).
//
// A witness holds few different values beside its size: zeros and ones from selections and bit decompositions, and
// whatever its parts compute alike (doubling chains of a key that signs every transaction). The scalars are grouped by
// min(k, r - k), zero dropped; the bases of a class are added as a balanced tree of batch-affine additions, one
// addition a base instead of one a window, and the multi-scalar multiplication runs over the classes. Several base
// arrays share one grouping.
//
// Contract of bases, scalars and out as in msm/msm.h. Variable time; what derives from the scalars is wiped. Cost of
// grouping: one look-up in a hash table a scalar, keyed at random so that a witness cannot be made to collide; about
// 40 ns. Memory: 24 bytes a scalar, 32 a class, and a point a class while a sum runs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/words.h"
#include "msm/msm.h"
#include "parallel/pool.h"

namespace assay {

class ScalarClasses {
 public:
  // non_canonical if a scalar is not below r, too_large above kMsmMaxSize
  Status build(const std::uint64_t* scalars, std::size_t n, JobControl* control) noexcept;

  std::size_t classes() const noexcept { return classes_; }
  std::size_t live() const noexcept { return live_; }  // scalars that are not zero
  // Whether merging saves more than it costs: an addition a base against one a window.
  bool pays() const noexcept { return classes_ < live_ - live_ / 8; }
  // Whether it does where a table of the bases' multiples (msm/precomputed.h) makes the sum a fifth cheaper.
  bool pays_beside_multiples() const noexcept { return classes_ < live_ - live_ / 4; }

  const std::uint64_t* values() const noexcept {
    return values_.data();
  }  // [classes][4], canonical, at most (r - 1) / 2
  // Class j holds entries start[j] .. start[j + 1] - 1; an entry is 2 i + 1 if k_i = r - v_j, else 2 i.
  const std::uint32_t* start() const noexcept { return words32(start_); }
  const std::uint32_t* entries() const noexcept { return words32(entries_); }

 private:
  static const std::uint32_t* words32(const Words& words) noexcept {
    return reinterpret_cast<const std::uint32_t*>(words.data());
  }
  Words values_, start_, entries_;
  std::size_t classes_ = 0, live_ = 0;
};

Status msm_g1(const std::uint64_t* bases, const ScalarClasses& scalars, std::uint64_t* out, JobControl* control,
              MsmMemory memory = MsmMemory::fast) noexcept;
Status msm_g2(const std::uint64_t* bases, const ScalarClasses& scalars, std::uint64_t* out, JobControl* control,
              MsmMemory memory = MsmMemory::fast) noexcept;

}  // namespace assay
