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

// Jobs of a batch. More cost cache, fewer cost inversions, which weigh more the faster a multiplication is.
#if defined(ASSAY_ISA_IFMA)
inline constexpr std::size_t kBatch = 256;
#else
inline constexpr std::size_t kBatch = 128;
#endif

// Window bits for 2^k points and more, k from kFirstWindow on.
inline constexpr unsigned kFirstWindow = 8;
// 2^8 to 2^20:
inline constexpr std::array<std::uint8_t, 13> kWindows = {6, 7, 8, 8, 9, 10, 11, 12, 13, 13, 15, 15, 16};

inline unsigned window_bits_for(std::size_t n) noexcept {
  const std::size_t size = std::bit_width(n | 1) - 1;
  return kWindows[std::min<std::size_t>(std::max<std::size_t>(size, kFirstWindow) - kFirstWindow, kWindows.size() - 1)];
}

}  // namespace lanes

ASSAY_ISA_END
