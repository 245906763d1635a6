// Sums over bases that are known beforehand, whose multiples are kept.
//
// Equation: with W = ceil(254/c) windows and T passes, sum_i k_i P_i = sum_(t < T) 2^(c t) S_t, S_t = sum_(i, j)
// d_(i, t + T j) (2^(c T j) P_i). The table holds the multiples 2^(c T j) P_i, j < ceil(W/T), so that the windows
// t, t + T, ... share one set of buckets, weighted once. Source: Brickell, Gordon, McCurley, Wilson, EUROCRYPT '92,
// section 2, on the bucket method of msm/msm.h, with its contract of bases, scalars, out, and variable time.
// Cost of a sum: W n additions and 1.1 2^c T for the buckets; of the table: about 254 doublings a base, once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/large_array.h"
#include "base/status.h"
#include "msm/msm.h"
#include "parallel/pool.h"

namespace assay {

// memory_factor, 1 or more: at most so many times the bases' own memory; what no window needs is not taken.
class PrecomputedBases {
 public:
  // limbs: of a base, 8 or 16. invalid_length for other limbs or a factor of 0, too_large if the table would have more
  // than kMsmMaxSize points.
  Status build(const std::uint64_t* bases, std::size_t n, std::size_t limbs, unsigned memory_factor,
               JobControl* control) noexcept;

  std::size_t size() const noexcept { return n_; }
  std::size_t limbs() const noexcept { return limbs_; }
  const MsmShape& shape() const noexcept { return shape_; }
  const std::uint64_t* points() const noexcept { return points_.get(); }  // [layer][base][limbs]

 private:
  LargeArray<std::uint64_t> points_;
  std::size_t n_ = 0, limbs_ = 8;
  MsmShape shape_{};
};

// out: bases.limbs() limbs
Status msm_precomputed(const PrecomputedBases& bases, const std::uint64_t* scalars, std::uint64_t* out,
                       JobControl* control, MsmMemory memory = MsmMemory::fast) noexcept;

struct PrecomputedMemory {
  std::size_t table, sum;  // bytes: of the table; at the peak of a sum beyond table and scalars
};
PrecomputedMemory precomputed_memory_estimate(std::size_t n, std::size_t limbs, unsigned memory_factor,
                                              MsmMemory memory = MsmMemory::fast) noexcept;

}  // namespace assay
