// Numbers, moduli and digits for the fuzzer of big numbers.
#pragma once

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/words.h"
#include "bigint/montgomery.h"
#include "bigint_levels.h"
#include "random.h"

namespace assay::fuzz {

using u64 = std::uint64_t;
constexpr u64 kMask = (u64{1} << 52) - 1;
constexpr std::size_t kMaxWords = 132;  // of a value below 2^(52 158)

inline void require(Status status) {
  if (status == Status::ok) return;
  std::fprintf(stderr, "bigint_levels: %s\n", message(status));
  std::exit(2);
}

struct Number {
  u64 words[kMaxWords] = {};
};

inline u64 bit_mask(std::size_t bits) { return bits >= 64 ? ~u64{0} : (u64{1} << bits) - 1; }

// A number of at most `bits` bits: random, or of the edges.
inline Number number(Random& random, std::size_t bits) {
  Number x;
  const std::size_t words = (bits + 63) / 64;
  const u64 choice = random();
  switch (choice % 8) {
    case 0:
      x.words[0] = (choice >> 8) % 4;
      break;
    case 1:  // all ones, one off
      for (std::size_t i = 0; i < words; ++i) x.words[i] = ~u64{0};
      x.words[0] -= (choice >> 8) % 3;
      break;
    case 2: {  // 2^k, 2^k - 1
      const std::size_t k = (choice >> 8) % bits;
      if ((choice >> 40) & 1) {
        x.words[k / 64] = u64{1} << k % 64;
      } else {
        for (std::size_t i = 0; i < k / 64; ++i) x.words[i] = ~u64{0};
        x.words[k / 64] = bit_mask(k % 64);
      }
      break;
    }
    case 3:
    case 4: {  // digits of zeros and ones
      for (std::size_t at = 0; at < bits; at += 52) {
        const u64 kind = random() % 6;
        const u64 digit = kind == 0   ? 0
                          : kind == 1 ? kMask
                          : kind == 2 ? 1
                          : kind == 3 ? kMask - 1
                          : kind == 4 ? u64{1} << 51
                                      : random() & kMask;
        x.words[at / 64] |= digit << at % 64;
        if (at % 64 > 12) x.words[at / 64 + 1] |= digit >> (64 - at % 64);
      }
      break;
    }
    default:
      for (std::size_t i = 0; i < words; ++i) x.words[i] = random();
  }
  x.words[bits / 64] &= bit_mask(bits % 64);
  for (std::size_t i = bits / 64 + 1; i < kMaxWords; ++i) x.words[i] = 0;
  return x;
}

inline unsigned modulus_bits(Random& random) {
  const u64 choice = random(), spread = choice >> 16;
  const auto between = [&](u64 low, u64 high) { return static_cast<unsigned>(low + spread % (high - low + 1)); };
  const u64 kind = choice % 1024;
  if (kind < 1) return between(4000, 8192);
  if (kind < 4) return between(2100, 4200);
  if (kind < 40) return between(1024, 2100);
  if (kind < 200) return between(640, 1100);
  return kind < 500 ? between(320, 640) : between(256, 320);
}

// A number for each lane.
struct Rows {
  Number of[kLanes];
};

enum class Kind { any, mixed, alike };  // lengths of moduli: the same, any up to the longest; one modulus in all lanes

// Roots of moduli whose pairs are used: of more than 32 bits in the top word.
inline unsigned root_bits(Random& random) {
  const u64 choice = random(), kind = choice % 64,
            words = kind < 1    ? 17 + (choice >> 16) % 48
                    : kind < 16 ? 8 + (choice >> 16) % 10
                                : 3 + (choice >> 16) % 6;
  return static_cast<unsigned>(64 * words - (choice >> 32) % 31);
}

// Odd, the longest of `widest` bits unless mixed.
inline Rows draw_moduli(Random& random, unsigned widest, Kind kind) {
  Rows r;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (kind == Kind::alike && lane > 0) {
      r.of[lane] = r.of[0];
      continue;
    }
    const unsigned length = kind == Kind::mixed ? 256 + static_cast<unsigned>(random() % (widest - 255)) : widest;
    r.of[lane] = number(random, length);
    r.of[lane].words[0] |= 1;
    r.of[lane].words[(length - 1) / 64] |= u64{1} << (length - 1) % 64;
  }
  return r;
}

// Eight moduli, or the squares of eight roots, what the levels made of them, and R = 2^(52 n) and 1 / R as residues of
// rows of words.
struct Moduli {
  bool squares;
  Modulus modulus[kLanes];
  ModulusView views[kLanes];
  unsigned bits = 0;
  std::size_t n = 0;
  std::vector<Words> prepared;
  Number radix[kLanes], inverse_radix[kLanes];

  Moduli(const Rows& moduli, const std::vector<const BigintLevel*>& levels, bool squared = false)
      : squares(squared), prepared(levels.size()) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      std::size_t size = kMaxWords;
      while (moduli.of[lane].words[size - 1] == 0) --size;
      require(squares ? modulus[lane].assign_square(moduli.of[lane].words, size, 1)
                      : modulus[lane].assign(moduli.of[lane].words, size));
      if (squares && !modulus[lane].in_pairs()) require(Status::out_of_range);
      views[lane] = modulus[lane].view();
      bits = std::max(bits, views[lane].bits);
    }
    n = squares ? ((bits + 1) / 2 + 4 + 51) / 52 : (bits + 3 + 51) / 52;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      require(prepared[i].allocate(kernel(*levels[i]).moduli_words(bits)));
      kernel(*levels[i]).prepare(views, prepared[i].data());
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      Montgomery rows;
      require(rows.assign(modulus[lane].plain_view()));
      const std::size_t size = rows.size();
      const Number one = {{1}};
      u64 *x = inverse_radix[lane].words, *y = radix[lane].words;
      std::copy_n(rows.one(), size, x);
      std::copy_n(rows.one(), size, y);
      std::size_t power = 0;  // x stands for 2^-power
      for (; power < 52 * n; power += 64 * size) rows.mul(x, x, one.words);
      rows.canonical(x, x);
      for (; power > 52 * n; --power) rows.add(x, x, x);
      for (std::size_t i = 0; i < 52 * n; ++i) rows.add(y, y, y);
    }
  }
  const LanesKernel& kernel(const BigintLevel& level) const { return squares ? level.squares : level.kernel; }
};

using Group = std::vector<u64>;  // digits, [8 j + lane]

inline Number lane_of(const Group& digits, std::size_t n, std::size_t lane) {
  Number x;
  for (std::size_t j = 0; j < n; ++j) {
    const u64 digit = digits[kLanes * j + lane];
    x.words[52 * j / 64] |= digit << 52 * j % 64;
    if (52 * j % 64 > 12) x.words[52 * j / 64 + 1] |= digit >> (64 - 52 * j % 64);
  }
  return x;
}
inline void set_lane(Group& digits, std::size_t n, std::size_t lane, const Number& x) {
  for (std::size_t j = 0; j < n; ++j) {
    u64 digit = x.words[52 * j / 64] >> 52 * j % 64;
    if (52 * j % 64 > 12) digit |= x.words[52 * j / 64 + 1] << (64 - 52 * j % 64);
    digits[kLanes * j + lane] = digit & kMask;
  }
}

inline void print(const char* name, const Number& x, std::size_t words) {
  std::printf("  %-10s 0x", name);
  for (std::size_t i = words; i-- > 0;) std::printf("%016" PRIx64, x.words[i]);
  std::printf("\n");
}

// k m
inline Number multiple(const ModulusView& m, u64 k) {
  Number r;
  __extension__ unsigned __int128 carry = 0;
  for (std::size_t i = 0; i <= m.size; ++i) {
    if (i < m.size) carry += static_cast<unsigned __int128>(k) * m.words[i];
    r.words[i] = static_cast<u64>(carry);
    carry >>= 64;
  }
  return r;
}

// A value below `bound` m, 4 or more.
inline Number unreduced(Random& random, const ModulusView& m, u64 bound = 4) {
  const u64 choice = random();
  if (choice % 4 != 0) return number(random, m.bits + 1);  // < 2^(bits + 1) <= 4 m
  Number x = multiple(m, 1 + (choice >> 8) % bound);
  u64 borrow = 1 + (choice >> 16) % 3;
  for (std::size_t i = 0; i < kMaxWords && borrow != 0; ++i) {
    const u64 before = x.words[i];
    x.words[i] = before - borrow;
    borrow = before < borrow;
  }
  return x;
}

}  // namespace assay::fuzz
