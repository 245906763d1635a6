#include "bigint/power_row.h"

#include <algorithm>

#include "bigint/natural.h"

namespace assay {
namespace {

using u64 = std::uint64_t;

constexpr std::size_t kStopEvery = 16;  // windows

// `count` <= 16 bits of x from bit `at` on; bits beyond its words are 0.
unsigned bits_at(const u64* x, std::size_t words, std::size_t at, unsigned count) noexcept {
  const std::size_t word = at / 64, shift = at % 64;
  u64 value = x[word] >> shift;
  if (shift + count > 64 && word + 1 < words) value |= x[word + 1] << (64 - shift);
  return static_cast<unsigned>(value & ((u64{1} << count) - 1));
}

// All ones where a equals b, else 0, without a branch; both below 2^63.
u64 equal_mask(u64 a, u64 b) noexcept { return -(((a ^ b) - 1) >> 63); }

// out <- `kPairs` pairs of words of entry `index`; entries are n words apart.
template <std::size_t kPairs>
void scan_pairs(u64* out, const u64* table, std::size_t entries, std::size_t n, unsigned index) noexcept {
  typedef u64 Pair __attribute__((vector_size(16)));
  Pair sum[kPairs] = {};
  for (std::size_t e = 0; e < entries; ++e, table += n) {
    const u64 mask = equal_mask(e, index);
    const Pair select = {mask, mask};
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kPairs; ++i) {
      Pair entry;
      __builtin_memcpy(&entry, table + 2 * i, sizeof entry);
      sum[i] |= entry & select;
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kPairs; ++i) __builtin_memcpy(out + 2 * i, &sum[i], sizeof sum[i]);
}

// out <- entry `index` of a table of `entries` rows of n words: every entry is read, whichever is wanted.
void scan(u64* out, const u64* table, std::size_t entries, std::size_t n, unsigned index) noexcept {
  std::size_t at = 0;
  for (; at + 16 <= n; at += 16) scan_pairs<8>(out + at, table + at, entries, n, index);
  for (; at + 2 <= n; at += 2) scan_pairs<1>(out + at, table + at, entries, n, index);
  if (at < n) {
    u64 sum = 0;
    for (std::size_t e = 0; e < entries; ++e) sum |= table[e * n + at] & equal_mask(e, index);
    out[at] = sum;
  }
}

}  // namespace

// Where a wider one begins to pay: 2^w products more for the table against E / (w (w + 1)) fewer, each of which reads
// the whole table.
unsigned fixed_window(std::size_t exponent_bits) noexcept {
  constexpr std::size_t kFrom[] = {8, 24, 80, 240, 1800, 6500};
  unsigned window = 1;
  for (const std::size_t from : kFrom) window += exponent_bits >= from;
  return window;
}

unsigned sliding_window(std::size_t exponent_bits) noexcept {
  constexpr std::size_t kFrom[] = {8, 24, 80, 240, 672, 1792, 4608};
  unsigned window = 1;
  for (const std::size_t from : kFrom) window += exponent_bits >= from;
  return window;
}

std::size_t power_table_words(std::size_t modulus_size, std::size_t exponent_words) noexcept {
  const std::size_t fixed = std::size_t{1} << fixed_window(64 * exponent_words);
  const std::size_t sliding = std::size_t{1} << (sliding_window(64 * exponent_words) - 1);
  return (std::max(fixed, sliding) + 2) * modulus_size;
}

void power_row(Montgomery& m, const PowerRow& row, Stop stop) noexcept {
  const std::size_t n = m.size(), bits = 64 * row.exponent_words;
  const unsigned w = fixed_window(bits);
  const std::size_t entries = std::size_t{1} << w;
  u64 *table = row.table, *accumulator = table + entries * n, *factor = accumulator + n;
  std::copy_n(m.one(), n, accumulator);
  if (bits > 0) {
    std::copy_n(m.one(), n, table);
    m.enter(table + n, row.base, row.words);
    for (std::size_t e = 2; e < entries; e += 2) {
      m.sqr(table + e * n, table + e / 2 * n);
      m.mul(table + (e + 1) * n, table + e * n, table + n);
    }
    std::size_t at = (bits - 1) / w * w;
    scan(accumulator, table, entries, n, bits_at(row.exponent, row.exponent_words, at, w));
    for (std::size_t windows = 1; at > 0; ++windows) {
      if (windows % kStopEvery == 0 && stop()) return;
      at -= w;
      for (unsigned i = 0; i < w; ++i) m.sqr(accumulator, accumulator);
      scan(factor, table, entries, n, bits_at(row.exponent, row.exponent_words, at, w));
      m.mul(accumulator, accumulator, factor);
    }
  }
  m.leave(row.out, accumulator);
}

void power_row_var(Montgomery& m, const PowerRow& row, Stop stop) noexcept {
  const std::size_t n = m.size(), bits = natural_bits_var(row.exponent, row.exponent_words);
  const unsigned w = sliding_window(bits);
  const std::size_t entries = std::size_t{1} << (w - 1);  // base^1, base^3, ...
  u64 *table = row.table, *accumulator = table + entries * n, *square = accumulator + n;
  std::copy_n(m.one(), n, accumulator);
  if (bits > 0) {
    m.enter(table, row.base, row.words);
    if (entries > 1) m.sqr(square, table);
    for (std::size_t e = 1; e < entries; ++e) m.mul(table + e * n, table + (e - 1) * n, square);
    const auto bit = [&](std::size_t i) { return (row.exponent[i / 64] >> (i % 64) & 1) != 0; };
    bool started = false;
    std::size_t windows = 0;
    for (std::size_t at = bits; at > 0;) {
      if (!bit(at - 1)) {
        m.sqr(accumulator, accumulator);
        --at;
        continue;
      }
      if (++windows % kStopEvery == 0 && stop()) return;
      std::size_t low = at > w ? at - w : 0;
      while (!bit(low)) ++low;
      const unsigned digit =
          bits_at(row.exponent, row.exponent_words, low, static_cast<unsigned>(at - low));  // odd, at most w bits
      const u64* entry = table + digit / 2 * n;
      if (started) {
        for (std::size_t i = low; i < at; ++i) m.sqr(accumulator, accumulator);
        m.mul(accumulator, accumulator, entry);
      } else {
        std::copy_n(entry, n, accumulator);
        started = true;
      }
      at = low;
    }
  }
  m.leave(row.out, accumulator);
}

}  // namespace assay
