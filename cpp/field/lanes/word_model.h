// Eight 64-bit words in plain C++: what word_x86.h means, for other machines and for the fuzzer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/isa.h"

ASSAY_ISA_BEGIN

namespace lanes {

inline constexpr std::size_t kLanes = 8;
using LaneMask = std::uint8_t;

struct Word {
  std::uint64_t v[kLanes];
};

#define ASSAY_LANES_INLINE inline

namespace detail {
template <class Op>
inline Word each(const Op& op) noexcept {
  Word r;
  for (std::size_t i = 0; i < kLanes; ++i) r.v[i] = op(i);
  return r;
}
template <class Test>
inline LaneMask mask_of(const Test& test) noexcept {
  unsigned mask = 0;
  for (std::size_t i = 0; i < kLanes; ++i) mask |= static_cast<unsigned>(test(i)) << i;
  return static_cast<LaneMask>(mask);
}
}  // namespace detail

inline Word broadcast(std::uint64_t x) noexcept {
  return detail::each([&](std::size_t) { return x; });
}
inline Word load(const std::uint64_t* p) noexcept {
  return detail::each([&](std::size_t i) { return p[i]; });
}
inline void store(std::uint64_t* p, const Word& a) noexcept {
  for (std::size_t i = 0; i < kLanes; ++i) p[i] = a.v[i];
}
inline Word operator+(const Word& a, const Word& b) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] + b.v[i]; });
}
inline Word operator-(const Word& a, const Word& b) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] - b.v[i]; });
}
inline Word operator&(const Word& a, const Word& b) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] & b.v[i]; });
}
inline Word operator|(const Word& a, const Word& b) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] | b.v[i]; });
}
inline Word operator^(const Word& a, const Word& b) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] ^ b.v[i]; });
}
template <unsigned Bits>
inline Word shift_left(const Word& a) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] << Bits; });
}
template <unsigned Bits>
inline Word shift_right(const Word& a) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] >> Bits; });
}
inline Word shift_left(const Word& a, unsigned count) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] << count; });
}
inline Word shift_right(const Word& a, unsigned count) noexcept {
  return detail::each([&](std::size_t i) { return a.v[i] >> count; });
}
template <unsigned Bits>
inline Word shift_right_signed(const Word& a) noexcept {
  return detail::each(
      [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(a.v[i]) >> Bits); });
}
inline LaneMask equal_mask(const Word& a, const Word& b) noexcept {
  return detail::mask_of([&](std::size_t i) { return a.v[i] == b.v[i]; });
}
inline LaneMask zero_mask(const Word& a) noexcept {
  return detail::mask_of([&](std::size_t i) { return a.v[i] == 0; });
}
inline LaneMask negative_mask(const Word& a) noexcept {
  return detail::mask_of([&](std::size_t i) { return (a.v[i] >> 63) != 0; });
}
inline Word select(const Word& a, const Word& b, LaneMask mask) noexcept {
  return detail::each([&](std::size_t i) { return ((mask >> i) & 1) != 0 ? b.v[i] : a.v[i]; });
}
inline Word pick(const Word& table, const Word& index) noexcept {
  return detail::each([&](std::size_t i) { return table.v[index.v[i] % kLanes]; });
}
inline Word gather(const std::uint64_t* table, const Word& index) noexcept {
  return detail::each([&](std::size_t i) { return table[index.v[i]]; });
}
inline Word reverse(const Word& a) noexcept {
  return detail::each([&](std::size_t i) { return a.v[kLanes - 1 - i]; });
}
inline void split_pairs(const Word& a, const Word& b, Word& even, Word& odd) noexcept {
  const auto at = [x = a, y = b](std::size_t i) { return i < kLanes ? x.v[i] : y.v[i - kLanes]; };
  even = detail::each([&](std::size_t i) { return at(2 * i); });
  odd = detail::each([&](std::size_t i) { return at(2 * i + 1); });
}
inline void load_elements(const std::uint64_t* p, Word (&w)[4]) noexcept {
  for (std::size_t j = 0; j < 4; ++j) w[j] = detail::each([&](std::size_t i) { return p[4 * i + j]; });
}
inline void store_elements(std::uint64_t* p, const Word (&w)[4]) noexcept {
  for (std::size_t j = 0; j < 4; ++j)
    for (std::size_t i = 0; i < kLanes; ++i) p[4 * i + j] = w[j].v[i];
}
inline void transpose(Word (&row)[8]) noexcept {
  for (std::size_t i = 0; i < 8; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const std::uint64_t t = row[i].v[j];
      row[i].v[j] = row[j].v[i];
      row[j].v[i] = t;
    }
}

}  // namespace lanes

ASSAY_ISA_END
