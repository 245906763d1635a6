// Sums of products of big numbers in radix 2^52, eight at a time, as columns of 64 bits without carries.
//
// Layout: digit-major. Digit j of eight numbers is one Word (or Factor); column c of t stands for t_c 2^(52 c).
// Every product adds its low half to one column and its high half to the next. A column takes 2^12 halves of 52 bits;
// the largest kernel here, a product of n digits with its reduction, adds 4 n at most, and n <= kMaxDigits = 158.
//
// R rows are added at a time: R factors and a window of R + 1 columns stay in registers while the other number passes
// by, so that R products cost two loads and one store.
// Source of the order: Gueron, Krasnov, "Software implementation of modular exponentiation, using advanced vector
// instructions architectures", WAIFI 2012; the window over several rows is ours.
#pragma once

#include "field/lanes/product.h"

ASSAY_ISA_BEGIN

namespace lanes::big {

inline constexpr std::size_t kMaxDigits = 158;  // 8192 bits and three to spare
inline constexpr std::size_t kRows = 8;  // at a time: 8 factors, 9 columns and what a product needs fit 32 registers
static_assert(4 * kMaxDigits < (std::size_t{1} << 12));

template <std::size_t R>
struct Window {
  Word column[R + 1];
};

// One digit b of the other number passes: the window's first column is complete for these rows.
template <std::size_t R>
ASSAY_LANES_INLINE void meet(Window<R>& w, const Factor (&x)[R], const Factor& b) noexcept {
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) multiply_add(w.column[r], w.column[r + 1], x[r], b);
}
template <std::size_t R>
ASSAY_LANES_INLINE void slide(Window<R>& w) noexcept {
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) w.column[r] = w.column[r + 1];
}

// Columns t[0 .. count + R) += x y, y of `count` digits; the first R columns are in the window already. column(j): what
// t[j] holds before.
template <std::size_t R, class Column>
ASSAY_LANES_INLINE void walk(Word* t, const Factor (&x)[R], const Factor* y, std::size_t count, Window<R>& w,
                             const Column& column) noexcept {
#pragma GCC unroll 3
  for (std::size_t j = 0; j < count; ++j) {
    w.column[R] = column(j + R);
    meet(w, x, y[j]);
    t[j] = w.column[0];
    slide(w);
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) t[count + r] = w.column[r];
}

// t += (x_0, ..., x_(R - 1)) y
template <std::size_t R, class Column>
ASSAY_LANES_INLINE void add_product_rows(Word* t, const Factor* x, const Factor* y, std::size_t n,
                                         const Column& column) noexcept {
  Factor a[R];
  Window<R> w;
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
    a[r] = x[r];
    w.column[r] = column(r);
  }
  walk<R>(t, a, y, n, w, column);
}

// t += the products x_r x_j, r < R, r < j < n; t[0] is not touched
template <std::size_t R, class Column>
ASSAY_LANES_INLINE void add_cross_rows(Word* t, const Factor* x, std::size_t n, const Column& column) noexcept {
  Factor a[R];
  Window<R> w;
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) a[r] = x[r];
  w.column[0] = column(1);
#pragma GCC unroll 8
  for (std::size_t d = 1; d < R; ++d) {  // the window starts at column d; rows below d meet digit d
    if (d > 1) w.column[d - 1] = column(2 * d - 1);
    w.column[d] = column(2 * d);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < d; ++r) multiply_add(w.column[r], w.column[r + 1], a[r], a[d]);
    t[d] = w.column[0];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < d; ++r) w.column[r] = w.column[r + 1];
  }
  w.column[R - 1] = column(2 * R - 1);
  walk<R>(t + R, a, x + R, n - R, w, [&](std::size_t j) { return column(j + R); });
}

// t[2 i], t[2 i + 1] doubled, plus x_i^2, for i < count
ASSAY_LANES_INLINE void double_add_squares(Word* t, const Factor* x, std::size_t count) noexcept {
#pragma GCC unroll 3
  for (std::size_t i = 0; i < count; ++i) {
    Word low = shift_left<1>(t[2 * i]), high = shift_left<1>(t[2 * i + 1]);
    multiply_add(low, high, x[i], x[i]);
    t[2 * i] = low;
    t[2 * i + 1] = high;
  }
}

// The reduction clears column after column: adds t_i (2^52 c - 1) 2^(52 i), c = `clearing` (lanes_montgomery.h).

// The quotients q_r = t_r of R columns once those before have been cleared; column R takes what they carry.
template <std::size_t R>
ASSAY_LANES_INLINE void first_quotients(Word* t, const Factor* clearing, Factor* q) noexcept {
  Word low[R + 1];
#pragma GCC unroll 9
  for (std::size_t r = 0; r <= R; ++r) low[r] = t[r];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
    q[r] = low_factor(low[r]);
    low[r + 1] = low[r + 1] + shift_right<kRadixBits>(low[r]);
#pragma GCC unroll 8
    for (std::size_t s = 0; r + s + 1 < R; ++s) multiply_add(low[r + s + 1], low[r + s + 2], q[r], clearing[s]);
  }
  t[R] = low[R];
}

// Adds what quotients of columns 0 .. R - 1 put into columns R and up, and finds the `following` <= kRows quotients of
// the columns after them as soon as these are complete: their chain of products hides behind the other rows.
template <std::size_t R>
ASSAY_LANES_INLINE void clear_columns(Word* t, const Factor* quotients, const Factor* clearing, std::size_t n,
                                      Factor* next, std::size_t following) noexcept {
  Factor q[R];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) q[r] = quotients[r];
  Window<R> w;  // from column R on
  w.column[0] = t[R];
#pragma GCC unroll 8
  for (std::size_t s = 0; s + 1 < R; ++s) {
    w.column[s + 1] = t[R + s + 1];
#pragma GCC unroll 8
    for (std::size_t r = R - 1 - s; r < R; ++r)
      multiply_add(w.column[r + s + 1 - R], w.column[r + s + 2 - R], q[r], clearing[s]);
  }
  t += R;
  const Factor* y = clearing + (R - 1);
  if constexpr (R == kRows) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kRows; ++v) {
      if (v >= following) break;
      w.column[R] = t[v + R];
      meet(w, q, y[v]);
#pragma GCC unroll 8
      for (std::size_t u = 0; u < v; ++u) multiply_add(w.column[0], w.column[1], next[u], clearing[v - 1 - u]);
      next[v] = low_factor(w.column[0]);
      w.column[1] = w.column[1] + shift_right<kRadixBits>(w.column[0]);
      t[v] = w.column[0];
      slide(w);
    }
    t += following;
    y += following;
  }
  walk<R>(t, q, y, n - (R - 1) - (R == kRows ? following : 0), w, [&](std::size_t j) { return t[j]; });
}

// body.template operator()<R>(i) for rows i .. i + R, in order, over [0, rows)
template <class Body>
ASSAY_LANES_INLINE void for_rows(std::size_t rows, const Body& body) noexcept {
  std::size_t i = 0;
  for (; i + kRows <= rows; i += kRows) body.template operator()<kRows>(i);
  switch (rows - i) {
    case 1:
      return body.template operator()<1>(i);
    case 2:
      return body.template operator()<2>(i);
    case 3:
      return body.template operator()<3>(i);
    case 4:
      return body.template operator()<4>(i);
    case 5:
      return body.template operator()<5>(i);
    case 6:
      return body.template operator()<6>(i);
    case 7:
      return body.template operator()<7>(i);
    default:
      return;
  }
}

}  // namespace lanes::big

ASSAY_ISA_END
