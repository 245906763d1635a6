// What field51.h asks of a word: 64 bits that stand for one element, or for one of each of eight.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

template <class W>
struct WordTraits;

template <>
struct WordTraits<std::uint64_t> {
  static constexpr std::size_t kLanes = 1;
  static constexpr unsigned kDifferenceShift = 2;  // field51.h
  using Mask = std::uint8_t;                       // bit i: lane i
  static std::uint64_t broadcast(std::uint64_t x) noexcept { return x; }
  static std::uint64_t load(const std::uint64_t* p) noexcept { return *p; }
  static void store(std::uint64_t* p, std::uint64_t a) noexcept { *p = a; }
  template <unsigned Bits>
  static std::uint64_t shift_right(std::uint64_t a) noexcept {
    return a >> Bits;
  }
  template <unsigned Bits>
  static std::uint64_t shift_left(std::uint64_t a) noexcept {
    return a << Bits;
  }
  static Mask zero_mask(std::uint64_t a) noexcept { return a == 0; }
  // lane i: mask bit i ? b : a
  static std::uint64_t select(std::uint64_t a, std::uint64_t b, Mask mask) noexcept { return (mask & 1) != 0 ? b : a; }
};

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
