// Tables of verification for eight signatures side by side: each lane reads its own entry in whole rows of eight words,
// and a transpose brings the same word of all lanes together. (Gathers take longer, and many times that where the
// processor's microcode guards them.)
#pragma once

#include "curve/ed25519/base_table.h"
#include "curve/ed25519/lanes_field.h"
#include "curve/ed25519/point.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

// The multiples 0 to 16 of eight points: entry (j, lane) is 20 words in three rows.
template <class F>
class KeyTable {
 public:
  static constexpr std::size_t kLargest = 16;

  void put(std::size_t j, const Cached<F>& point) noexcept {
    const F* elements[4] = {&point.sum, &point.difference, &point.twice_z, &point.twice_dt};
    for (std::size_t r = 0; r < kRows; ++r) {
      lanes::Word row[8];
      for (std::size_t i = 0; i < 8; ++i) {
        const std::size_t word = 8 * r + i;
        row[i] = word < 20 ? elements[word / kLimbs51]->limb[word % kLimbs51] : lanes::broadcast(0);
      }
      lanes::transpose(row);
      for (std::size_t lane = 0; lane < 8; ++lane) lanes::store(words_[j][lane] + 8 * r, row[lane]);
    }
  }

  Cached<F> get(const std::uint64_t* index) const noexcept {
    lanes::Word word[8 * kRows];
    for (std::size_t r = 0; r < kRows; ++r) {
      lanes::Word row[8];
      for (std::size_t lane = 0; lane < 8; ++lane) row[lane] = lanes::load(words_[index[lane]][lane] + 8 * r);
      lanes::transpose(row);
      for (std::size_t i = 0; i < 8; ++i) word[8 * r + i] = row[i];
    }
    Cached<F> point;
    for (std::size_t i = 0; i < kLimbs51; ++i) {
      point.sum.limb[i] = word[i];
      point.difference.limb[i] = word[kLimbs51 + i];
      point.twice_z.limb[i] = word[2 * kLimbs51 + i];
      point.twice_dt.limb[i] = word[3 * kLimbs51 + i];
    }
    return point;
  }

 private:
  static constexpr std::size_t kRows = 3;
  alignas(64) std::uint64_t words_[kLargest + 1][8][8 * kRows];
};

template <class F>
inline Step<F> base_step(const std::uint64_t* base, const std::uint64_t* index) noexcept {
  static_assert(kBaseEntryWords == 16 && lanes::kLanes == 8);
  lanes::Word word[16];
  for (std::size_t r = 0; r < 2; ++r) {
    lanes::Word row[8];
    for (std::size_t lane = 0; lane < 8; ++lane) row[lane] = lanes::load(base + kBaseEntryWords * index[lane] + 8 * r);
    lanes::transpose(row);
    for (std::size_t i = 0; i < 8; ++i) word[8 * r + i] = row[i];
  }
  Step<F> step;
  for (std::size_t i = 0; i < kLimbs51; ++i) {
    step.sum.limb[i] = word[i];
    step.difference.limb[i] = word[kLimbs51 + i];
    step.twice_dxy.limb[i] = word[2 * kLimbs51 + i];
  }
  return step;
}

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
