// Tables of verification for eight signatures side by side: each lane reads its own entry in whole rows of eight words,
// and a transpose brings the same word of all lanes together. (Gathers take longer, and many times that where the
// processor's microcode guards them.)
#pragma once

#include "curve/ed25519/base_table.h"
#include "curve/ed25519/lanes_field.h"
#include "curve/ed25519/point.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

namespace detail {

// word i of lane's `from(lane)` in row[i]
template <class From>
ASSAY_LANES_INLINE void gather_rows(lanes::Word (&row)[8], const From& from) noexcept {
#pragma GCC unroll 8
  for (std::size_t lane = 0; lane < 8; ++lane) row[lane] = lanes::load(from(lane));
  lanes::transpose(row);
}

}  // namespace detail

// The multiples 0 to 16 of eight points: entry (j, lane) is 20 words in three rows.
template <class F>
class KeyTable {
 public:
  static constexpr std::size_t kLargest = 16;

  void put(std::size_t j, const Cached<F>& point) noexcept {
    const F* elements[4] = {&point.sum, &point.difference, &point.twice_z, &point.twice_dt};
#pragma GCC unroll 4
    for (std::size_t r = 0; r < kRows; ++r) {
      lanes::Word row[8];
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 8; ++i) {
        const std::size_t word = 8 * r + i;
        row[i] = word < 20 ? elements[word / kLimbs51]->limb[word % kLimbs51] : lanes::broadcast(0);
      }
      lanes::transpose(row);
#pragma GCC unroll 8
      for (std::size_t lane = 0; lane < 8; ++lane) lanes::store(words_[j][lane] + 8 * r, row[lane]);
    }
  }

  [[gnu::noinline]] Cached<F> get(const std::uint64_t* index) const noexcept {
    Cached<F> point;
    F* elements[4] = {&point.sum, &point.difference, &point.twice_z, &point.twice_dt};
#pragma GCC unroll 4
    for (std::size_t r = 0; r < kRows; ++r) {
      lanes::Word row[8];
      detail::gather_rows(row, [&](std::size_t lane) noexcept { return words_[index[lane]][lane] + 8 * r; });
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 8; ++i)
        if (const std::size_t word = 8 * r + i; word < 20) elements[word / kLimbs51]->limb[word % kLimbs51] = row[i];
    }
    return point;
  }

 private:
  static constexpr std::size_t kRows = 3;
  alignas(64) std::uint64_t words_[kLargest + 1][8][8 * kRows];
};

template <class F>
[[gnu::noinline]] inline Step<F> base_step(const std::uint64_t* base, const std::uint64_t* index) noexcept {
  static_assert(kBaseEntryWords == 16 && lanes::kLanes == 8);
  Step<F> step;
  F* elements[3] = {&step.sum, &step.difference, &step.twice_dxy};
#pragma GCC unroll 2
  for (std::size_t r = 0; r < 2; ++r) {
    lanes::Word row[8];
    detail::gather_rows(row, [&](std::size_t lane) noexcept { return base + kBaseEntryWords * index[lane] + 8 * r; });
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i)
      if (const std::size_t word = 8 * r + i; word < 15) elements[word / kLimbs51]->limb[word % kLimbs51] = row[i];
  }
  return step;
}

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
