// Tables of verification for single signatures.
#pragma once

#include "curve/ed25519/base_table.h"
#include "curve/ed25519/point.h"
#include "curve/ed25519/scalar_field.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

template <class F>
class KeyTable {
 public:
  static constexpr std::size_t kLargest = 16;
  void put(std::size_t j, const Cached<F>& point) noexcept { points_[j] = point; }
  const Cached<F>& get(const std::uint64_t* index) const noexcept { return points_[index[0]]; }

 private:
  Cached<F> points_[kLargest + 1];
};

template <class F>
inline Step<F> base_step(const std::uint64_t* base, const std::uint64_t* index) noexcept {
  const std::uint64_t* entry = base + kBaseEntryWords * index[0];
  Step<F> step;
  for (std::size_t i = 0; i < kLimbs51; ++i) {
    step.sum.limb[i] = entry[i];
    step.difference.limb[i] = entry[kLimbs51 + i];
    step.twice_dxy.limb[i] = entry[2 * kLimbs51 + i];
  }
  return step;
}

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
