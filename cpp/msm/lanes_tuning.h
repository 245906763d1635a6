// What was measured for the bucket method in lanes: window sizes, and how many additions share an inversion.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/isa.h"

ASSAY_ISA_BEGIN

namespace lanes {

// Jobs of a batch. More cost cache, fewer cost inversions: at level avx512, 2^16 points in G1 take 155 ms with 128, 148
// with 256.
inline constexpr std::size_t kBatch = 256;

// Window bits for 2^k points and more, k from kFirstWindow on: the fewest additions, W (n + 1.1 2^c) for W windows of c
// bits, since one in the buckets takes as long as one in their weights. Timed at 2^10, 2^12, 2^14 and 2^16, no
// neighbour was faster.
inline constexpr unsigned kFirstWindow = 8;
// 2^8 to 2^20:
inline constexpr std::array<std::uint8_t, 13> kWindows = {6, 7, 8, 8, 9, 10, 11, 12, 13, 13, 15, 15, 16};

inline unsigned window_bits_for(std::size_t n) noexcept {
  const std::size_t size = std::bit_width(n | 1) - 1;
  return kWindows[std::min<std::size_t>(std::max<std::size_t>(size, kFirstWindow) - kFirstWindow, kWindows.size() - 1)];
}

}  // namespace lanes

ASSAY_ISA_END
