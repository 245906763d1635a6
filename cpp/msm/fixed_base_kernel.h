// Tables and block additions of msm/fixed_base.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "base/large_array.h"
#include "base/pages.h"
#include "msm/batch_add.h"
#include "msm/digits.h"
#include "msm/fixed_base.h"
#include "msm/scratch.h"

ASSAY_ISA_BEGIN

namespace msm {

constexpr std::size_t kFixedBlock = 512;                  // scalars that share inversions
constexpr std::size_t kFixedStep = std::size_t{1} << 15;  // scalars between two reports

// Window size for n scalars: the least W(c) (n + 1.1 2^(c-1)); an entry of the table, first written to fresh memory,
// takes 1.1 times an addition. The largest table, of 16 bits, has 32 MiB in G1.
inline unsigned fixed_window_bits_for(std::size_t n) noexcept {
  const auto cost = [n](unsigned c) noexcept { return window_count(c) * (10 * n + 11 * (std::size_t{1} << (c - 1))); };
  unsigned best = kMinWindow;
  for (unsigned c = kMinWindow; c <= kMaxWindow; ++c)
    if (cost(c) < cost(best)) best = c;
  return best;
}

struct FixedTerm {
  std::uint32_t multiple, index;  // of the window's point; of the scalar
  bool negate;
};

// What a thread needs for one block. It is wiped when the job ends.
template <class F>
struct FixedScratch {
  BatchScratch<F> batch;
  std::uint64_t scalar[kFixedBlock][4];
  bool negated[kFixedBlock];
  FixedTerm terms[2][kFixedBlock];

  ~FixedScratch() {
    zeroize(scalar, sizeof scalar);
    zeroize(negated, sizeof negated);
    zeroize(terms, sizeof terms);
    if (batch.denominator) zeroize(batch.denominator.get(), kFixedBlock * sizeof(F));
    if (batch.product) zeroize(batch.product.get(), kFixedBlock * sizeof(F));
  }
};

// d 2^(c w) B at [w][d - 1]
template <class F>
class FixedTable {
 public:
  Status build(const Affine<F>& base, unsigned c, ScratchPool<FixedScratch<F>>& pool, JobControl* control) noexcept {
    const unsigned windows = window_count(c);
    const std::size_t row = std::size_t{1} << (c - 1);
    const std::unique_ptr<Jacobian<F>[]> powers(new (std::nothrow) Jacobian<F>[windows]);
    const std::unique_ptr<Affine<F>[]> first(new (std::nothrow) Affine<F>[windows]);
    const std::unique_ptr<F[]> inverses(new (std::nothrow) F[2 * windows]);
    if (!points_.allocate(windows * row) || !powers || !first || !inverses) return Status::out_of_memory;
    c_ = c;
    powers[0] = Jacobian<F>::from(base);
    for (unsigned w = 1; w < windows; ++w) {
      powers[w] = powers[w - 1];
      for (unsigned i = 0; i < c; ++i) powers[w] = dbl(powers[w]);
    }
    batch_to_affine_var(powers.get(), first.get(), windows, inverses.get());
    // multiples 1 to m become m + 1 to 2 m by adding m B
    return parallel_for(
        windows, 1,
        [&](std::size_t begin, std::size_t end) noexcept {
          const typename ScratchPool<FixedScratch<F>>::Lease lease(pool);
          for (std::size_t w = begin; w < end; ++w) {
            Affine<F>* t = points_.get() + w * row;
            t[0] = first[w];
            for (std::size_t m = 1; m < row; m *= 2) {
              for (std::size_t at = 0; at < m; at += kFixedBlock) {
                batch_add<F>(
                    std::min(kFixedBlock, m - at), (*lease).batch,
                    [&](std::size_t k) noexcept { return Operands<F>{t + at + k, t + m - 1}; },
                    [&](std::size_t k) noexcept -> Affine<F>& { return t[m + at + k]; });
              }
            }
          }
        },
        control);
  }
  const Affine<F>* row(unsigned w) const noexcept { return points_.get() + (std::size_t{w} << (c_ - 1)); }
  unsigned window_bits() const noexcept { return c_; }

 private:
  LargeArray<Affine<F>> points_;
  unsigned c_ = 0;
};

// The digits of window w that are not zero, of the n scalars of `scratch`; returns how many there are.
template <class F>
inline std::size_t fixed_terms(unsigned w, unsigned c, std::size_t n, const FixedScratch<F>& scratch,
                               FixedTerm* terms) noexcept {
  const bool top = w + 1 == window_count(c);
  const std::int32_t half = top ? 0 : 1 << (c - 1);
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t d = static_cast<std::int32_t>(detail::bits(scratch.scalar[i], c * w, top ? c + 1 : c)) - half;
    const std::int32_t sign = d >> 31;
    terms[count] = {static_cast<std::uint32_t>((d ^ sign) - sign), static_cast<std::uint32_t>(i),
                    (sign != 0) != scratch.negated[i]};
    count += d != 0;
  }
  return count;
}

// out[i] <- k_i B for n <= kFixedBlock scalars; false if one is not below the modulus
template <class F, class P>
inline bool fixed_block(const FixedTable<F>& table, const std::uint64_t* scalars, std::size_t n, Affine<F>* out,
                        FixedScratch<F>& scratch) noexcept {
  const unsigned c = table.window_bits(), windows = window_count(c);
  std::uint64_t offset[4] = {};
  detail::digit_offset(offset, c);
  for (std::size_t i = 0; i < n; ++i) {
    std::uint64_t* k = scratch.scalar[i];
    std::copy_n(scalars + 4 * i, 4, k);
    if (!detail::below_modulus<P>(k)) return false;
    scratch.negated[i] = detail::make_small<P>(k);
    std::uint64_t carry = 0;
    for (int j = 0; j < 4; ++j) k[j] = adc(k[j], offset[j], carry);
    out[i] = Affine<F>::infinity();
  }
  // While one window is added, the points of the next are on their way.
  FixedTerm *terms = scratch.terms[0], *next = scratch.terms[1];
  std::size_t count = fixed_terms(0, c, n, scratch, terms), next_count = 0;
  for (std::size_t j = 0; j < count; ++j) {
    const Affine<F>& p = table.row(0)[terms[j].multiple - 1];
    out[terms[j].index] = {p.x, detail::negate_if(p.y, terms[j].negate)};
  }
  const auto fetch = [&](unsigned w, std::size_t j) noexcept { prefetch_point(table.row(w) + (next[j].multiple - 1)); };
  for (unsigned w = 0; w < windows; ++w, std::swap(terms, next), count = next_count) {
    const unsigned ahead = w + 1;
    next_count = ahead < windows ? fixed_terms(ahead, c, n, scratch, next) : 0;
    if (w == 0) {
      for (std::size_t j = 0; j < next_count; ++j) fetch(ahead, j);
      continue;
    }
    const Affine<F>* row = table.row(w);  // row[m - 1] is m times its point
    batch_add<F>(
        count, scratch.batch,
        [&](std::size_t j) noexcept {
          return Operands<F>{out + terms[j].index, row + (terms[j].multiple - 1), false, terms[j].negate};
        },
        [&](std::size_t j) noexcept -> Affine<F>& { return out[terms[j].index]; },
        [&](std::size_t j) noexcept {
          if (j < next_count) fetch(ahead, j);
        });
  }
  return true;
}

template <class F, class P>
Status fixed_base(const std::uint64_t* base, const FixedBaseList* lists, std::size_t count,
                  JobControl* control) noexcept {
  using Pool = ScratchPool<FixedScratch<F>>;
  std::size_t total = 0, done = 0;
  for (std::size_t i = 0; i < count; ++i) total += lists[i].n;
  Pool pool;
  FixedTable<F> table;
  if (!pool.build([](FixedScratch<F>& s) noexcept { return s.batch.allocate(kFixedBlock); }))
    return Status::out_of_memory;
  ASSAY_TRY(table.build(*reinterpret_cast<const Affine<F>*>(base), fixed_window_bits_for(total), pool, control));
  std::atomic<bool> bad{false};
  for (std::size_t i = 0; i < count; ++i) {
    const FixedBaseList& list = lists[i];
    auto* points = reinterpret_cast<Affine<F>*>(list.out);
    for (std::size_t at = 0; at < list.n; at += kFixedStep) {
      const std::size_t step = std::min(kFixedStep, list.n - at);
      ASSAY_TRY(parallel_for(
          step, kFixedBlock,
          [&](std::size_t begin, std::size_t end) noexcept {
            const typename Pool::Lease lease(pool);
            if (!fixed_block<F, P>(table, list.scalars + 4 * (at + begin), end - begin, points + at + begin, *lease))
              bad.store(true, std::memory_order_relaxed);
          },
          control));
      if (bad.load()) return Status::non_canonical;
      if (list.mapped) discard_pages(points + at, step * sizeof *points);
      done += step;
      if (control != nullptr) control->report("multiples of a base", done, total);
    }
  }
  return Status::ok;
}

}  // namespace msm

ASSAY_ISA_END
