// Montgomery multiplication of big numbers, eight at a time, in radix 2^52:
//
//   mul(a, b) = a b / R mod m, up to a multiple of m,   R = 2^(52 n),   8 m <= R
//
// Bounds. Values have n digits below 2^52 and are below 4 m. For a < A m, b < B m the result is below
// (A B m / R + 2) m <= (A B / 8 + 2) m: 4 m for A = B = 4, and 3 m for one factor below R and the other below m. So
// no operation ends with a subtraction (almost-Montgomery form).
//
// The reduction needs no quotients: with k = -1 / m mod 2^52 and c = (k m + 1) / 2^52 < m, adding
// t_i (k m) 2^(52 i) = t_i (2^52 c - 1) 2^(52 i) clears column i. All such steps but the last add less than 2^(52 n) m
// together; the last, column n - 1, adds q m with q = t_(n-1) k mod 2^52, again less than 2^(52 n) m.
//
// Constant time: branches and addresses depend on n alone.
// Cost for eight: mul 2 n^2 products, sqr 3/2 n^2 + n / 2, and 4 n more sums for the carries.
#pragma once

#include "bigint/lanes_columns.h"

ASSAY_ISA_BEGIN

namespace lanes::big {

// Eight moduli of n digits and what their arithmetic needs; plain pointers into one block of scratch.
struct Moduli {
  std::size_t n;
  const Factor* m;
  const Factor* clearing;          // c, n digits
  const Factor* negative_inverse;  // k, one digit
  const std::uint64_t* start;      // what column i < 2 n of a product holds before it and its reduction are added
  Word* columns;                   // 2 n, scratch
  Factor* quotients;               // n + kRows, scratch: what the last reduction took, t_i for i < n - 1, then q
};

namespace detail {

constexpr unsigned product_lows(std::size_t n, std::size_t c) {
  return static_cast<unsigned>(c < n ? c + 1 : 2 * n - 1 - c);
}
// c in columns i + 1 .. i + n for i < n - 1; m in columns n - 1 .. 2 n - 2
constexpr unsigned reduction_lows(std::size_t n, std::size_t c) {
  if (c == 0) return n == 1;
  const std::size_t first = c > n ? c - n : 0, last = c < n ? c : n - 1;
  return static_cast<unsigned>((last > first ? last - first : 0) + (c + 1 >= n && c + 1 < 2 * n));
}
constexpr unsigned lows(std::size_t n, std::size_t c) { return product_lows(n, c) + reduction_lows(n, c); }

// The last step of a reduction, by a true quotient, and the carries of what remains.
ASSAY_LANES_INLINE void last_row(const Moduli& moduli, Factor* r) noexcept {
  const std::size_t n = moduli.n;
  const Word* t = moduli.columns + n - 1;
  const Factor q = low_factor(low_factor(t[0]), *moduli.negative_inverse);
  moduli.quotients[n - 1] = q;
  Word column = t[0], next = t[1];
  multiply_add(column, next, q, moduli.m[0]);
  Word up = shift_right<kRadixBits>(column);
#pragma GCC unroll 4
  for (std::size_t j = 1; j < n; ++j) {
    column = next;
    next = t[j + 1];
    multiply_add(column, next, q, moduli.m[j]);
    column = column + up;
    up = shift_right<kRadixBits>(column);
    r[j - 1] = low_factor(column);
  }
  r[n - 1] = low_factor(next + up);
}

// r = t / R mod m
ASSAY_LANES_INLINE void reduce(const Moduli& moduli, Factor* r) noexcept {
  Word* t = moduli.columns;
  const std::size_t n = moduli.n;
  for_rows(n - 1, [&]<std::size_t R>(std::size_t i) {
    Factor* current = moduli.quotients + i;
    if (i == 0) first_quotients<R>(t, moduli.clearing, current);
    const std::size_t left = n - 1 - i - R;
    clear_columns<R>(t + i, current, moduli.clearing, n, current + R, left < kRows ? left : kRows);
  });
  last_row(moduli, r);
}

}  // namespace detail

// The column sums of a product and its reduction start here.
inline void column_starts(std::uint64_t* start, std::size_t n) noexcept {
  for (std::size_t c = 0; c < 2 * n; ++c)
    start[c] = column_start(detail::lows(n, c), c == 0 ? 0 : detail::lows(n, c - 1));
}

// Columns of a b over their starts.
ASSAY_LANES_INLINE void set_product(const Moduli& moduli, const std::uint64_t* start, const Factor* a,
                                    const Factor* b) noexcept {
  Word* t = moduli.columns;
  const std::size_t n = moduli.n;
  for_rows(n, [&]<std::size_t R>(std::size_t i) {
    if (i == 0) return add_product_rows<R>(t, a, b, n, [&](std::size_t c) { return broadcast(start[c]); });
    for (std::size_t c = i + n; c < i + n + R; ++c) t[c] = broadcast(start[c]);
    add_product_rows<R>(t + i, a + i, b, n, [&](std::size_t c) { return t[i + c]; });
  });
}

// Columns += a b
inline void add_product(const Moduli& moduli, const Factor* a, const Factor* b) noexcept {
  Word* t = moduli.columns;
  for_rows(moduli.n, [&]<std::size_t R>(std::size_t i) {
    add_product_rows<R>(t + i, a + i, b, moduli.n, [&](std::size_t c) { return t[i + c]; });
  });
}

// Columns of a^2 over their starts: the products of unequal digits once, doubled a column at a time.
ASSAY_LANES_INLINE void set_square(const Moduli& moduli, const std::uint64_t* start, const Factor* a) noexcept {
  Word* t = moduli.columns;
  const std::size_t n = moduli.n;
  // halves of the starts: those are multiples of 2^52
  t[0] = broadcast(start[0] >> 1);
  for_rows(n, [&]<std::size_t R>(std::size_t i) {
    if (i == 0) {
      add_cross_rows<R>(t, a, n, [&](std::size_t c) { return broadcast(start[c] >> 1); });
    } else {
      for (std::size_t c = i + n; c < i + n + R; ++c) t[c] = broadcast(start[c] >> 1);
      add_cross_rows<R>(t + 2 * i, a + i, n - i, [&](std::size_t c) { return t[2 * i + c]; });
    }
    double_add_squares(t + 2 * i, a + i, R);
  });
}

// r may be a or b.
inline void mul(const Moduli& moduli, Factor* r, const Factor* a, const Factor* b) noexcept {
  set_product(moduli, moduli.start, a, b);
  detail::reduce(moduli, r);
}

// r may be a.
inline void sqr(const Moduli& moduli, Factor* r, const Factor* a) noexcept {
  set_square(moduli, moduli.start, a);
  detail::reduce(moduli, r);
}

}  // namespace lanes::big

ASSAY_ISA_END
