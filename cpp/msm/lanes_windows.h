// Window sizes of the bucket method in lanes: for 2^k points and more, k from kFirst on.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/isa.h"

ASSAY_ISA_BEGIN

namespace lanes {

inline constexpr unsigned kFirstWindow = 8;
//                                                      2^8  9 10 11 12  13  14  15  16  17  18  19  20 and more
inline constexpr std::array<std::uint8_t, 13> kWindows = {7, 8, 8, 9, 10, 11, 11, 12, 13, 13, 15, 15, 16};

inline unsigned window_bits_for(std::size_t n) noexcept {
  const std::size_t size = std::bit_width(n | 1) - 1;
  return kWindows[std::min<std::size_t>(std::max<std::size_t>(size, kFirstWindow) - kFirstWindow, kWindows.size() - 1)];
}

}  // namespace lanes

ASSAY_ISA_END
