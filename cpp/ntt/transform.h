// The transforms themselves, generic over the field, compiled once for each level.
//
// Remainder tree: level l has 2^l blocks of m = n / 2^l elements; block b holds the polynomial modulo X^m - c_b^2 and
// splits into the remainders modulo X^(m/2) - c_b and X^(m/2) + c_b, with c_b = T[b] s^(m/2). The roots T in
// bit-reversed order do not depend on n: T[0] = 1, T[2^k + j] = w_(2^(k+2)) T[j]. Their inverses are among them too:
// 1/T[2^k + j] = -T[2^(k+1) + 2^k - 1 - j].
//
// The first levels run as column passes: the 2^k elements that meet in k levels are gathered, a few neighbouring
// columns together, into a buffer that fits L1, and written back once. The last kRowLog levels run on contiguous rows
// that fit L2, and recursively in L1. On a coset the column passes multiply their few roots by s^(m/2); a row, whose
// roots are many, is scaled by s^j instead and transformed plainly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "ntt/butterfly.h"
#include "ntt/domain.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN

namespace ntt {

constexpr unsigned kRowLog = 13;        // 256 KiB of four-limb elements
constexpr unsigned kColumnLog = 7;      // levels of one column pass
constexpr std::size_t kBuffer = 512;    // elements of a column buffer: 16 KiB
constexpr unsigned kLeafLog = 9;        // rows are split until they have this size
constexpr std::size_t kUnit = 1 << 13;  // elements of one unit of work in a column pass

// The passes over n = 2^log_n: column passes of levels[i], then rows of 2^row_log.
struct Plan {
  unsigned columns = 0, levels[3] = {}, row_log = 0;
  explicit Plan(unsigned log_n) noexcept : row_log(std::min(log_n, kRowLog)) {
    const unsigned rest = log_n - row_log;
    columns = (rest + kColumnLog - 1) / kColumnLog;
    for (unsigned i = 0; i < columns; ++i) levels[i] = rest * (i + 1) / columns - rest * i / columns;
  }
};

// 1 / T[i] = -T[conjugate(i)] for i >= 1
inline std::size_t conjugate(std::size_t i) noexcept {
  const std::size_t top = std::size_t{1} << (63 - __builtin_clzll(i));
  return 3 * top - 1 - i;
}

template <class F>
void forward_row(F* x, unsigned log_m, std::size_t block, const F* roots) noexcept {
  const std::size_t m = std::size_t{1} << log_m;
  if (log_m > kLeafLog) {
    const std::size_t h = m / 2;
    if (block == 0) {
      for (std::size_t j = 0; j < h; ++j) detail::butterfly_one(x[j], x[j + h]);
    } else {
      const F w = roots[block];
      for (std::size_t j = 0; j < h; ++j) detail::butterfly(x[j], x[j + h], w);
    }
    forward_row(x, log_m - 1, 2 * block, roots);
    forward_row(x + h, log_m - 1, 2 * block + 1, roots);
    return;
  }
  for (unsigned s = 0; s < log_m; ++s) {
    const std::size_t h = m >> (s + 1), first = block << s;
    for (std::size_t t = 0; t < (std::size_t{1} << s); ++t) {
      F* a = x + 2 * h * t;
      if (first + t == 0) {
        for (std::size_t j = 0; j < h; ++j) detail::butterfly_one(a[j], a[j + h]);
      } else {
        const F& w = roots[first + t];
        for (std::size_t j = 0; j < h; ++j) detail::butterfly(a[j], a[j + h], w);
      }
    }
  }
}

template <class F>
void inverse_row(F* x, unsigned log_m, std::size_t block, const F* roots) noexcept {
  const std::size_t m = std::size_t{1} << log_m;
  if (log_m > kLeafLog) {
    const std::size_t h = m / 2;
    inverse_row(x, log_m - 1, 2 * block, roots);
    inverse_row(x + h, log_m - 1, 2 * block + 1, roots);
    if (block == 0) {
      for (std::size_t j = 0; j < h; ++j) detail::butterfly_inverse_one(x[j], x[j + h]);
    } else {
      const F w = roots[conjugate(block)];
      for (std::size_t j = 0; j < h; ++j) detail::butterfly_inverse_negated(x[j], x[j + h], w);
    }
    return;
  }
  for (unsigned s = log_m; s-- > 0;) {
    const std::size_t h = m >> (s + 1), first = block << s;
    for (std::size_t t = 0; t < (std::size_t{1} << s); ++t) {
      F* a = x + 2 * h * t;
      if (first + t == 0) {
        for (std::size_t j = 0; j < h; ++j) detail::butterfly_inverse_one(a[j], a[j + h]);
      } else {
        const F& w = roots[conjugate(first + t)];
        for (std::size_t j = 0; j < h; ++j) detail::butterfly_inverse_negated(a[j], a[j + h], w);
      }
    }
  }
}

// One column pass: `levels` levels from level `first` on. power[q] = s^(m/2) of level first + q (null without a coset),
// inverted for the inverse transform.
template <class F, bool kInverse>
Status column_pass(F* x, unsigned log_n, unsigned first, unsigned levels, const F* roots, const F* power,
                   JobControl* control) noexcept {
  const std::size_t rows = std::size_t{1} << levels;
  const std::size_t stride = std::size_t{1} << (log_n - first - levels);
  const std::size_t width = std::min(stride, kBuffer / rows);
  const std::size_t span = std::min(stride, std::max(width, kUnit / rows));
  const std::size_t units = stride / span;
  return parallel_for(
      units << first, 1,
      [=](std::size_t begin, std::size_t end) noexcept {
        F w[std::size_t{1} << kColumnLog], y[kBuffer];
        for (std::size_t unit = begin; unit < end; ++unit) {
          const std::size_t block = unit / units;
          for (unsigned q = 0; q < levels; ++q) {
            const std::size_t count = std::size_t{1} << q;
            for (std::size_t t = 0; t < count; ++t) {
              const std::size_t i = (block << q) + t;
              F& c = w[count + t];
              c = kInverse && i > 0 ? -roots[conjugate(i)] : roots[i];
              if (power != nullptr) c *= power[q];
            }
          }
          for (std::size_t column = (unit % units) * span; column < (unit % units + 1) * span; column += width) {
            F* base = x + block * rows * stride + column;
            for (std::size_t r = 0; r < rows; ++r) std::copy_n(base + r * stride, width, y + r * width);
            for (unsigned step = 0; step < levels; ++step) {
              const unsigned q = kInverse ? levels - 1 - step : step;
              const std::size_t h = (rows * width) >> (q + 1);
              for (std::size_t t = 0; t < (std::size_t{1} << q); ++t) {
                F* a = y + 2 * h * t;
                const F& c = w[(std::size_t{1} << q) + t];
                if (power == nullptr && (block << q) + t == 0) {
                  for (std::size_t j = 0; j < h; ++j) {
                    if constexpr (kInverse) {
                      detail::butterfly_inverse_one(a[j], a[j + h]);
                    } else {
                      detail::butterfly_one(a[j], a[j + h]);
                    }
                  }
                } else {
                  for (std::size_t j = 0; j < h; ++j) {
                    if constexpr (kInverse) {
                      detail::butterfly_inverse(a[j], a[j + h], c);
                    } else {
                      detail::butterfly(a[j], a[j + h], c);
                    }
                  }
                }
              }
            }
            if (kInverse && first == 0)
              for (std::size_t i = 0; i < rows * width; ++i) detail::reduce_fully(y[i]);
            for (std::size_t r = 0; r < rows; ++r) std::copy_n(y + r * width, width, base + r * stride);
          }
        }
      },
      control);
}

// factor s^j for j < 2^log_m, and squares[i] = s^(2^i) for i < log_n
template <class F>
struct Coset {
  std::unique_ptr<F[]> scale;
  F squares[64];

  Status build(const F& shift, const F& factor, unsigned log_n, unsigned log_m) noexcept {
    const std::size_t m = std::size_t{1} << log_m;
    scale.reset(new (std::nothrow) F[m]);
    if (!scale) return Status::out_of_memory;
    squares[0] = shift;
    for (unsigned i = 1; i <= log_n; ++i) squares[i] = sqr(squares[i - 1]);
    scale[0] = factor;
    for (unsigned i = 0; i < log_m; ++i)
      for (std::size_t j = 0; j < (std::size_t{1} << i); ++j) scale[(std::size_t{1} << i) + j] = scale[j] * squares[i];
    return Status::ok;
  }
  // s^(m/2) of the levels from `first` on
  void powers(F* out, unsigned log_n, unsigned first, unsigned levels) const noexcept {
    for (unsigned q = 0; q < levels; ++q) out[q] = squares[log_n - first - q - 1];
  }
};

// divide: multiplies all by 1/n besides
template <class F>
Status forward(std::uint64_t* values, unsigned log_n, const std::uint64_t* root_limbs, const std::uint64_t* shift,
               bool divide, JobControl* control) noexcept {
  F* x = reinterpret_cast<F*>(values);
  const F* roots = reinterpret_cast<const F*>(root_limbs);
  const Plan plan(log_n);
  const F factor = divide ? domain_size_inverse<F>(log_n) : F::one();
  const bool scaled = shift != nullptr || divide;
  Coset<F> coset;
  F power[kColumnLog];
  if (scaled)
    ASSAY_TRY(coset.build(shift ? *reinterpret_cast<const F*>(shift) : F::one(), factor, log_n, plan.row_log));
  unsigned level = 0;
  for (unsigned i = 0; i < plan.columns; ++i) {
    if (shift) coset.powers(power, log_n, level, plan.levels[i]);
    ASSAY_TRY((column_pass<F, false>(x, log_n, level, plan.levels[i], roots, shift ? power : nullptr, control)));
    level += plan.levels[i];
  }
  const std::size_t m = std::size_t{1} << plan.row_log;
  const F* scale = scaled ? coset.scale.get() : nullptr;
  return parallel_for(
      std::size_t{1} << level, 1,
      [=](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t row = begin; row < end; ++row) {
          F* y = x + row * m;
          if (scale != nullptr)
            for (std::size_t j = 0; j < m; ++j) detail::lazy_mul(y[j], y[j], scale[j]);
          forward_row(y, plan.row_log, row, roots);
          for (std::size_t j = 0; j < m; ++j) detail::reduce_fully(y[j]);
        }
      },
      control);
}

// divide: by n, as the inverse of forward demands
template <class F>
Status inverse(std::uint64_t* values, unsigned log_n, const std::uint64_t* root_limbs, const std::uint64_t* shift,
               bool divide, JobControl* control) noexcept {
  F* x = reinterpret_cast<F*>(values);
  const F* roots = reinterpret_cast<const F*>(root_limbs);
  const Plan plan(log_n);
  const F factor = divide ? domain_size_inverse<F>(log_n) : F::one();
  const bool scaled = shift != nullptr || divide;
  Coset<F> coset;
  F power[kColumnLog];
  if (scaled) {
    const F s = shift ? inverse_var(*reinterpret_cast<const F*>(shift)) : F::one();
    ASSAY_TRY(coset.build(s, factor, log_n, plan.row_log));
  }
  const std::size_t m = std::size_t{1} << plan.row_log;
  unsigned level = log_n - plan.row_log;
  const F* scale = scaled ? coset.scale.get() : nullptr;
  ASSAY_TRY(parallel_for(
      std::size_t{1} << level, 1,
      [=](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t row = begin; row < end; ++row) {
          F* y = x + row * m;
          inverse_row(y, plan.row_log, row, roots);
          if (scale != nullptr)
            for (std::size_t j = 0; j < m; ++j) detail::lazy_mul(y[j], y[j], scale[j]);
          if (plan.columns == 0)
            for (std::size_t j = 0; j < m; ++j) detail::reduce_fully(y[j]);
        }
      },
      control));
  for (unsigned i = plan.columns; i-- > 0;) {
    level -= plan.levels[i];
    if (shift) coset.powers(power, log_n, level, plan.levels[i]);
    ASSAY_TRY((column_pass<F, true>(x, log_n, level, plan.levels[i], roots, shift ? power : nullptr, control)));
  }
  return Status::ok;
}

// Extends T from 2^have to 2^want roots (have <= want; at have = 0 the table is empty but for room).
template <class F>
Status roots(std::uint64_t* table, unsigned have, unsigned want, JobControl* control) noexcept {
  F* t = reinterpret_cast<F*>(table);
  if (have == 0) t[0] = F::one();
  for (unsigned k = have; k < want; ++k) {
    const F w = domain_root<F>(k + 2);
    ASSAY_TRY(parallel_for(
        std::size_t{1} << k, 4096,
        [=](std::size_t begin, std::size_t end) noexcept {
          for (std::size_t j = begin; j < end; ++j) t[(std::size_t{1} << k) + j] = t[j] * w;
        },
        control));
  }
  return Status::ok;
}

}  // namespace ntt

ASSAY_ISA_END
