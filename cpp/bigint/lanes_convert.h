// Rows of 64-bit words, one a lane, to digits of radix 2^52 side by side and back. Once at the start and the end of a
// batch; in between values stay digits. Addresses and time depend on lengths alone.
#pragma once

#include <cstring>

#include "base/zeroize.h"
#include "bigint/lanes_columns.h"

ASSAY_ISA_BEGIN

namespace lanes::big {

constexpr std::size_t digits_of_bits(std::size_t bits) noexcept { return (bits + kRadixBits - 1) / kRadixBits; }

// w[j], j < count: word j of each lane; words beyond a row's length are zero. w has room for a multiple of eight.
inline void load_rows(Word* w, std::size_t count, const std::uint64_t* const (&rows)[kLanes],
                      const std::size_t (&lengths)[kLanes]) noexcept {
  alignas(64) std::uint64_t line[kLanes];
  const ZeroizeGuard wipe(line);
  for (std::size_t at = 0; at < count; at += kLanes) {
    Word block[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t left = lengths[lane] > at ? lengths[lane] - at : 0;
      if (left >= kLanes) {
        block[lane] = load(rows[lane] + at);
      } else {
        std::memset(line, 0, sizeof line);
        if (left > 0) std::memcpy(line, rows[lane] + at, 8 * left);
        block[lane] = load(line);
      }
    }
    transpose(block);
    for (std::size_t j = 0; j < kLanes; ++j) w[at + j] = block[j];
  }
}

// The first `count` words of every row from w, which has room for a multiple of eight.
inline void store_rows(std::uint64_t* const (&rows)[kLanes], std::size_t count, const Word* w) noexcept {
  alignas(64) std::uint64_t line[kLanes];
  const ZeroizeGuard wipe(line);
  for (std::size_t at = 0; at < count; at += kLanes) {
    const std::size_t left = count - at < kLanes ? count - at : kLanes;
    Word block[kLanes];
    for (std::size_t j = 0; j < kLanes; ++j) block[j] = w[at + j];
    transpose(block);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      store(line, block[lane]);
      std::memcpy(rows[lane] + at, line, 8 * left);
    }
  }
}

// `width` <= 64 bits from bit `at` on of the rows in w, `count` words long
ASSAY_LANES_INLINE Word bits_at(const Word* w, std::size_t count, std::size_t at, unsigned width) noexcept {
  const std::size_t word = at / 64, shift = at % 64;
  if (word >= count) return broadcast(0);
  Word x = shift_right(w[word], static_cast<unsigned>(shift));
  if (shift + width > 64 && word + 1 < count) x = x | shift_left(w[word + 1], static_cast<unsigned>(64 - shift));
  return width == 64 ? x : x & broadcast((std::uint64_t{1} << width) - 1);
}

// The lowest n digits of the rows in w, `count` words long.
inline void split(Factor* r, std::size_t n, const Word* w, std::size_t count) noexcept {
  for (std::size_t j = 0; j < n; ++j) r[j] = factor(bits_at(w, count, kRadixBits * j, kRadixBits));
}

// Words of the numbers a, n digits below 2^52; words beyond them are zero.
inline void join(Word* w, std::size_t count, const Factor* a, std::size_t n) noexcept {
  const Word mask = broadcast(kRadixMask);
  for (std::size_t j = 0; j < count; ++j) {
    Word x = broadcast(0);
    const std::size_t first = 64 * j / kRadixBits;
    for (std::size_t d = first; d < n && kRadixBits * d < 64 * (j + 1); ++d) {
      const Word digit = number(a[d]) & mask;
      const std::size_t digit_at = kRadixBits * d, word_at = 64 * j;
      x = x | (digit_at >= word_at ? shift_left(digit, static_cast<unsigned>(digit_at - word_at))
                                   : shift_right(digit, static_cast<unsigned>(word_at - digit_at)));
    }
    w[j] = x;
  }
}

}  // namespace lanes::big

ASSAY_ISA_END
