// Montgomery multiplication modulo squares m^2, eight at a time, on pairs: (a, b) stands for a - b m mod m^2.
//
//   (a - b m)(c - d m) / R = t - m (a d + b c + q) / R  mod m^2,   R = 2^(52 n),   16 m <= R
//   q m = t R - a c
//
// as in bigint/square_montgomery.h, which says why. The reduction of lanes_montgomery.h adds t_i (k m) 2^(52 i) for
// i < n - 1 and at last q' m 2^(52 (n - 1)), so q = sum t_i k 2^(52 i) + q' 2^(52 (n - 1)): n - 1 products of digits.
//
// A pair is 2 n digits, a then b. Bounds: a < 5 m, b < 6 m. The reduction adds less than 2 m R, q is below 2 R; so with
// m <= R / 16 a product has a < (25 / 16 + 2) m, b < (60 / 16 + 2) m + 2, and what enters, x0 < R and x1 < R times
// canonical constants and a pair times another, a < (5 / 16 + 4) m, b < (11 / 16 + 4) m + 2.
// Columns take 10 n halves at most, n <= 79.
//
// Constant time: branches and addresses depend on n alone. Cost for eight: mul 5 n^2 products, sqr 7/2 n^2 + 3/2 n,
// entering 2 n digits 6 n^2, leaving 6 n^2.
#pragma once

#include <initializer_list>

#include "bigint/lanes_moduli.h"

ASSAY_ISA_BEGIN

namespace lanes::big {

// Digits of m, for the square of so many bits: m has half as many, rounded up.
constexpr std::size_t digits_of_root(unsigned square_bits) noexcept { return lanes_root_digits(square_bits); }

// What only reads need of the roots of eight moduli.
struct SquareConstants {
  std::size_t n;
  Factor *m, *clearing, *inverse;          // m, c, k
  Factor *square, *cube, *one, *unit;      // R^2, R^3, canonical; R; 1: pairs
  std::uint64_t *single, *first, *second;  // column starts: of a product; with its reduction; of two, q and a reduction

  SquareConstants(std::size_t digits, Scratch& memory) noexcept
      : n(digits),
        m(memory.take<Factor>(n)),
        clearing(memory.take<Factor>(n)),
        inverse(memory.take<Factor>(1)),
        square(memory.take<Factor>(2 * n)),
        cube(memory.take<Factor>(2 * n)),
        one(memory.take<Factor>(2 * n)),
        unit(memory.take<Factor>(2 * n)),
        single(memory.take<std::uint64_t>(2 * n)),
        first(memory.take<std::uint64_t>(2 * n)),
        second(memory.take<std::uint64_t>(2 * n)) {}
  static constexpr std::size_t words(std::size_t n) noexcept { return kLanes * (10 * n + 1) + 3 * (2 * n + kLanes); }
};

// Arithmetic modulo these in one thread's scratch; what lanes_power.h and lanes_products.h are made of.
class SquareArithmetic {
 public:
  using Constants = SquareConstants;

  SquareArithmetic(const Constants& constants, Scratch& scratch) noexcept
      : c_(constants),
        moduli_{c_.n,
                c_.m,
                c_.clearing,
                c_.inverse,
                c_.first,
                scratch.take<Word>(2 * c_.n),
                scratch.take<Factor>(c_.n + kRows)},
        quotient_(scratch.take<Factor>(c_.n)),
        pieces_(scratch.take<Factor>(2 * c_.n)),
        words_(scratch.take<Word>(kMaxWords)) {}
  static constexpr std::size_t constants_digits(unsigned square_bits) noexcept { return digits_of_root(square_bits); }
  static constexpr std::size_t value_digits(unsigned square_bits) noexcept { return 2 * digits_of_root(square_bits); }
  // A product takes as long as this many scans of a value.
  static constexpr std::size_t product_scans(unsigned square_bits) noexcept {
    return digits_of_root(square_bits) * 5 / 4;
  }
  static constexpr std::size_t scratch_words(unsigned square_bits) noexcept {
    return kLanes * (6 * digits_of_root(square_bits) + kRows + kMaxWords);
  }

  std::size_t digits() const noexcept { return 2 * c_.n; }
  const Factor* one() const noexcept { return c_.one; }

  // r may be a or b.
  void mul(Factor* r, const Factor* a, const Factor* b) const noexcept {
    const std::size_t n = c_.n;
    set_product(moduli_, c_.first, a, b);
    detail::reduce(moduli_, quotient_);
    set_product(moduli_, c_.second, a, b + n);
    add_product(moduli_, a + n, b);
    add_quotient();
    detail::copy_digits(r, quotient_, n);
    detail::reduce(moduli_, r + n);
  }

  void sqr(Factor* r, const Factor* a) const noexcept {
    const std::size_t n = c_.n;
    Word* t = moduli_.columns;
    set_square(moduli_, c_.first, a);
    detail::reduce(moduli_, quotient_);
    for_rows(n, [&]<std::size_t R>(std::size_t i) {  // halves of the starts, doubled with the sum
      if (i == 0)
        return add_product_rows<R>(t, a, a + n, n, [&](std::size_t c) { return broadcast(c_.second[c] >> 1); });
      for (std::size_t c = i + n; c < i + n + R; ++c) t[c] = broadcast(c_.second[c] >> 1);
      add_product_rows<R>(t + i, a + i, a + n, n, [&](std::size_t c) { return t[i + c]; });
    });
#pragma GCC unroll 4
    for (std::size_t c = 0; c < 2 * n; ++c) t[c] = shift_left<1>(t[c]);
    add_quotient();
    detail::copy_digits(r, quotient_, n);
    detail::reduce(moduli_, r + n);
  }

  // r = a residue of rows of `count` words each, however long: from the top, what there is times R^2, plus two pieces.
  void enter(Factor* r, const std::uint64_t* const (&rows)[kLanes], std::size_t count) const noexcept {
    const std::size_t n = c_.n, steps = (digits_of_bits(64 * count) + 2 * n - 1) / (2 * n);
    for (std::size_t i = steps; i-- > 0;) {
      const bool more = i + 1 < steps;
      for (const std::size_t piece : {std::size_t{0}, std::size_t{1}})
        read_digits(words_, pieces_ + piece * n, n, rows, count, (2 * i + piece) * n);
      set_columns(c_.first, more ? 2 : 1);
      if (more) add_product(moduli_, r, c_.cube);
      add_product(moduli_, pieces_, c_.square);
      add_product(moduli_, pieces_ + n, c_.cube);
      detail::reduce(moduli_, quotient_);
      set_columns(c_.second, more ? 2 : 0);
      if (more) {
        add_product(moduli_, r, c_.cube + n);
        add_product(moduli_, r + n, c_.cube);
      }
      add_product(moduli_, pieces_, c_.square + n);
      add_product(moduli_, pieces_ + n, c_.cube + n);
      add_quotient();
      detail::copy_digits(r, quotient_, n);
      detail::reduce(moduli_, r + n);
    }
  }

  // r = the pair of rows [a, b] of c_.words words in w, `count` words together
  void from_words(Factor* r, const Word* w, std::size_t count) const noexcept {
    split(r, c_.n, w, count / 2);
    split(r + c_.n, c_.n, w + count / 2, count / 2);
  }

  // rows of `count` words = the number that the residue a stands for, below m^2. a is overwritten.
  void leave(std::uint64_t* const (&rows)[kLanes], std::size_t count, Factor* a) const noexcept {
    mul(a, a, c_.unit);
    write(rows, count, a);
  }
  // rows of `count` words = a - b m mod m^2, below m^2. The pair is overwritten.
  void write(std::uint64_t* const (&rows)[kLanes], std::size_t count, Factor* pair) const noexcept {
    const std::size_t n = c_.n;
    // a - s m, and (s + 7 m - b) mod m in the place of -b: below 8 m
    const Word taken = settle(pair, 5);
    const Word mask = broadcast(kRadixMask);
    Word up = taken;
    for (std::size_t j = 0; j < n; ++j) {
      const Word digit = number(c_.m[j]);
      up = shift_left<3>(digit) - digit - (number(pair[n + j]) & mask) + up;
      pair[n + j] = low_factor(up);
      up = shift_right_signed<kRadixBits>(up);
    }
    settle(pair + n, 8);
    set_product(moduli_, c_.single, pair + n, c_.m);
    up = broadcast(0);
    for (std::size_t j = 0; j < 2 * n; ++j) {
      up = moduli_.columns[j] + up;
      if (j < n) up = up + (number(pair[j]) & mask);
      pieces_[j] = low_factor(up);
      up = shift_right<kRadixBits>(up);
    }
    const std::size_t most = (2 * kRadixBits * n + 63) / 64, words = count < most ? count : most;
    join(words_, words, pieces_, 2 * n);
    store_rows(rows, words, words_);
    for (std::uint64_t* row : rows) std::memset(row + words, 0, 8 * (count - words));
  }

  // Fills the constants.
  void prepare(const ModulusView (&moduli)[kLanes]) const noexcept {
    const std::size_t n = c_.n;
    const std::uint64_t* rows[kLanes];
    std::size_t sizes[kLanes], most = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      rows[lane] = moduli[lane].root.words;
      sizes[lane] = moduli[lane].root.size;
      most = sizes[lane] > most ? sizes[lane] : most;
    }
    load_rows(words_, most, rows, sizes);
    split(c_.m, n, words_, most);
    find_clearing(c_.m, n, c_.clearing, c_.inverse);
    for (std::size_t c = 0; c < 2 * n; ++c) {
      const unsigned product = detail::product_lows(n, c), reduction = detail::reduction_lows(n, c),
                     quotient = c + 1 < n;
      const unsigned product_high = c == 0 ? 0 : detail::product_lows(n, c - 1),
                     reduction_high = c == 0 ? 0 : detail::reduction_lows(n, c - 1), quotient_high = c > 0 && c < n;
      c_.single[c] = column_start(product, product_high);
      c_.first[c] = column_start(product + reduction, product_high + reduction_high);
      c_.second[c] =
          column_start(2 * product + quotient + reduction, 2 * product_high + quotient_high + reduction_high);
    }
    for (std::size_t j = 0; j < 2 * n; ++j) c_.unit[j] = factor(broadcast(j == 0));
    for (const std::size_t half : {std::size_t{0}, std::size_t{1}}) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) rows[lane] = moduli[lane].root.square + half * sizes[lane];
      load_rows(words_, most, rows, sizes);
      split(c_.square + half * n, n, words_, most);
    }
    find_square(sizes);
    mul(c_.cube, c_.square, c_.square);
    canonical(c_.cube);
    mul(c_.one, c_.square, c_.unit);
  }

 private:
  static constexpr std::size_t kMaxWords = (kRadixBits * kMaxDigits + 63) / 64 + 16;  // as in Arithmetic

  // Columns that start with `start` and as many products more.
  void set_columns(const std::uint64_t* start, std::size_t products) const noexcept {
    for (std::size_t c = 0; c < 2 * c_.n; ++c) moduli_.columns[c] = broadcast(start[c] + products * c_.single[c]);
  }

  // t += q of the reduction before
  ASSAY_LANES_INLINE void add_quotient() const noexcept {
    const std::size_t n = c_.n;
    const Factor k = *c_.inverse;
    Word *t = moduli_.columns, column = t[0];
#pragma GCC unroll 4
    for (std::size_t i = 0; i + 1 < n; ++i) {
      Word next = t[i + 1];
      multiply_add(column, next, moduli_.quotients[i], k);
      t[i] = column;
      column = next;
    }
    t[n - 1] = column + (number(moduli_.quotients[n - 1]) & broadcast(kRadixMask));
  }

  // a < bound m made smaller than m; returns how often m was taken from it.
  Word settle(Factor* a, unsigned bound) const noexcept {
    Word taken = broadcast(0);
    for (bool twice = bound > 2; bound > 1; bound = twice ? (bound > 4 ? bound - 2 : 2) : 1) {
      twice = bound > 2;
      const LaneMask negative = detail::subtract_once(a, a, c_.m, c_.n, twice, moduli_.columns);
      taken = select(taken + broadcast(twice ? 2 : 1), taken, negative);
    }
    return taken;
  }

  // The pair (a - s m, (b - s) mod m) with both halves below m
  void canonical(Factor* pair) const noexcept {
    const std::size_t n = c_.n;
    const Word taken = settle(pair, 5), mask = broadcast(kRadixMask);
    Word up = broadcast(0) - taken;
    for (std::size_t j = 0; j < n; ++j) {
      up = (number(pair[n + j]) & mask) + number(c_.m[j]) + up;
      pair[n + j] = low_factor(up);
      up = shift_right_signed<kRadixBits>(up);
    }
    settle(pair + n, 7);
  }

  // A canonical pair doubled in the lanes of `mask`: 2 a less m takes 1 from 2 b, which is m - 1 more.
  void double_once(Factor* pair, LaneMask mask) const noexcept {
    const std::size_t n = c_.n;
    const Word digit_mask = broadcast(kRadixMask);
    Factor *a = pieces_, *b = pieces_ + n;
    Word up = broadcast(0);
    for (std::size_t j = 0; j < n; ++j) {
      const Word x = number(pair[j]) & digit_mask;
      up = x + x + up;
      a[j] = low_factor(up);
      up = shift_right<kRadixBits>(up);
    }
    const Word taken = settle(a, 2), every = broadcast(0) - taken;  // 0 or all ones
    up = every;
    for (std::size_t j = 0; j < n; ++j) {
      const Word x = number(pair[n + j]) & digit_mask;
      up = x + x + (number(c_.m[j]) & every) + up;
      b[j] = low_factor(up);
      up = shift_right_signed<kRadixBits>(up);
    }
    settle(b, 3);
    for (std::size_t j = 0; j < 2 * n; ++j) pair[j] = from_bits(select(bits(pair[j]), bits(pieces_[j]), mask));
  }

  // square: 2^(128 s) to R^2, as Arithmetic does with one half.
  void find_square(const std::size_t (&sizes)[kLanes]) const noexcept {
    const std::size_t n = c_.n;
    const detail::SquarePlan plan(n, sizes);
    Factor *rho = c_.square, *power = c_.one;
    for (std::size_t step = 0; step < plan.most; ++step) double_once(rho, plan.doubled(step));
    for (std::size_t j = n; j < 2 * n; ++j) power[j] = factor(broadcast(0));
    detail::powers_of_two(power, n, plan.first);
    for (std::size_t j = 0; j < 2 * n; ++j) power[j] = from_bits(select(bits(rho[j]), bits(power[j]), plan.above()));
    mul(rho, rho, power);
    for (std::size_t j = n; j < 2 * n; ++j) power[j] = factor(broadcast(0));
    detail::powers_of_two(power, n, plan.second);
    mul(power, rho, power);
    for (std::size_t j = 0; j < 2 * n; ++j) rho[j] = from_bits(select(bits(power[j]), bits(rho[j]), plan.above()));
    canonical(rho);
  }

  Constants c_;
  Moduli moduli_;
  Factor *quotient_, *pieces_;
  Word* words_;
};

}  // namespace lanes::big

ASSAY_ISA_END
