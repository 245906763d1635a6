// Passes of the bucket method that are sorted and summed together, and their sorting: what msm/pippenger.h and
// msm/lanes_pippenger.h share.
//
// A pass is a window, or several that share buckets over precomputed bases. Offsets into the sorted entries of a group
// are 32-bit words, which bounds a group. Variable time; entries hold digits of scalars, their owner wipes them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "msm/digits.h"
#include "msm/msm.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN

namespace msm {

constexpr std::size_t kGroupEntries = std::size_t{1} << 23;
constexpr std::size_t kMostGroupEntries = ~std::uint32_t{0};

// Passes of `entries` entries each in a group: as many as fit kGroupEntries, and one a thread at least, within 32 bits.
inline unsigned group_passes(std::size_t entries, unsigned passes, MsmMemory memory, std::size_t threads) noexcept {
  const std::size_t each = std::max<std::size_t>(entries, 1);
  const std::size_t fit = memory == MsmMemory::lean ? 0 : kGroupEntries / each;
  const std::size_t most = std::max<std::size_t>(kMostGroupEntries / each, 1);
  return static_cast<unsigned>(std::min<std::size_t>({std::max(fit, threads), most, passes}));
}

// Counting sort of passes [first, first + count) of `buckets` buckets each: start[b] is the first entry of bucket b,
// numbered through all passes of the group; start holds count * buckets + 1 words, cursor one less. One pass, one
// thread.
inline Status sort_by_bucket(const Digits& digits, unsigned first, unsigned count, std::size_t buckets,
                             std::uint32_t* start, std::uint32_t* cursor, std::uint32_t* entries,
                             JobControl* control) noexcept {
  const std::size_t cells = count * buckets;
  std::fill_n(cursor, cells, 0);
  ASSAY_TRY(parallel_for(
      count, 1,
      [&](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t g = begin; g < end; ++g) {
          std::uint32_t* counts = cursor + g * buckets;
          digits.for_each(first + static_cast<unsigned>(g),
                          [counts](std::size_t bucket, std::uint32_t) noexcept { ++counts[bucket]; });
        }
      },
      control));
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < cells; ++i) {
    start[i] = at;
    at += std::exchange(cursor[i], at);
  }
  start[cells] = at;
  return parallel_for(
      count, 1,
      [&](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t g = begin; g < end; ++g) {
          std::uint32_t* next = cursor + g * buckets;
          digits.for_each(first + static_cast<unsigned>(g),
                          [=](std::size_t bucket, std::uint32_t id) noexcept { entries[next[bucket]++] = id; });
        }
      },
      control);
}

}  // namespace msm

ASSAY_ISA_END
