// Tables and block additions of msm/fixed_base.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "msm/batch_add.h"
#include "msm/fixed_lists.h"

ASSAY_ISA_BEGIN

namespace msm {

constexpr std::size_t kFixedBlock = 512;  // scalars that share inversions

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

// Fills the table: multiples 1 to m of a window's point become m + 1 to 2 m by adding m of it.
template <class F>
Status fixed_table(const std::uint64_t* base, unsigned c, std::uint64_t* table, JobControl* control) noexcept {
  const unsigned windows = window_count(c);
  const std::size_t row = std::size_t{1} << (c - 1);
  const std::unique_ptr<Jacobian<F>[]> powers(new (std::nothrow) Jacobian<F>[windows]);
  const std::unique_ptr<Affine<F>[]> first(new (std::nothrow) Affine<F>[windows]);
  const std::unique_ptr<F[]> inverses(new (std::nothrow) F[2 * windows]);
  ScratchPool<BatchScratch<F>> pool;
  if (!powers || !first || !inverses ||
      !pool.build([](BatchScratch<F>& s) noexcept { return s.allocate(kFixedBlock); }))
    return Status::out_of_memory;
  powers[0] = Jacobian<F>::from(*reinterpret_cast<const Affine<F>*>(base));
  for (unsigned w = 1; w < windows; ++w) {
    powers[w] = powers[w - 1];
    for (unsigned i = 0; i < c; ++i) powers[w] = dbl(powers[w]);
  }
  batch_to_affine_var(powers.get(), first.get(), windows, inverses.get());
  return parallel_for(
      windows, 1,
      [&](std::size_t begin, std::size_t end) noexcept {
        const typename ScratchPool<BatchScratch<F>>::Lease lease(pool);
        for (std::size_t w = begin; w < end; ++w) {
          Affine<F>* t = reinterpret_cast<Affine<F>*>(table) + w * row;
          t[0] = first[w];
          for (std::size_t m = 1; m < row; m *= 2) {
            for (std::size_t at = 0; at < m; at += kFixedBlock) {
              batch_add<F>(
                  std::min(kFixedBlock, m - at), *lease,
                  [&](std::size_t k) noexcept { return Operands<F>{t + at + k, t + m - 1}; },
                  [&](std::size_t k) noexcept -> Affine<F>& { return t[m + at + k]; });
            }
          }
        }
      },
      control);
}

// The digits of window w that are not zero, of the n scalars of `scratch`; returns how many there are.
template <class F>
inline std::size_t fixed_terms(unsigned w, const FixedDigits& digits, std::size_t n, const FixedScratch<F>& scratch,
                               FixedTerm* terms) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t d = digits.digit(scratch.scalar[i], w), sign = d >> 31;
    terms[count] = {static_cast<std::uint32_t>((d ^ sign) - sign), static_cast<std::uint32_t>(i),
                    (sign != 0) != scratch.negated[i]};
    count += d != 0;
  }
  return count;
}

// out[i] <- k_i B for n <= kFixedBlock scalars; false if one is not below the modulus
template <class F, class P>
inline bool fixed_block(const FixedTable& table, const std::uint64_t* scalars, std::size_t n, Affine<F>* out,
                        FixedScratch<F>& scratch) noexcept {
  const unsigned c = table.window_bits;
  const FixedDigits digits(c);
  const unsigned windows = digits.windows();
  for (std::size_t i = 0; i < n; ++i) {
    if (!digits.load<P>(scalars + 4 * i, scratch.scalar[i], scratch.negated[i])) return false;
    out[i] = Affine<F>::infinity();
  }
  const auto row_of = [&table, c](unsigned w) noexcept {  // row[m - 1] is m times its point
    return reinterpret_cast<const Affine<F>*>(table.points) + (std::size_t{w} << (c - 1));
  };
  // While one window is added, the points of the next are on their way.
  FixedTerm *terms = scratch.terms[0], *next = scratch.terms[1];
  std::size_t count = fixed_terms(0, digits, n, scratch, terms), next_count = 0;
  for (std::size_t j = 0; j < count; ++j) {
    const Affine<F>& p = row_of(0)[terms[j].multiple - 1];
    out[terms[j].index] = {p.x, detail::negate_if(p.y, terms[j].negate)};
  }
  const auto fetch = [&](unsigned w, std::size_t j) noexcept { prefetch_point(row_of(w) + (next[j].multiple - 1)); };
  for (unsigned w = 0; w < windows; ++w, std::swap(terms, next), count = next_count) {
    const unsigned ahead = w + 1;
    next_count = ahead < windows ? fixed_terms(ahead, digits, n, scratch, next) : 0;
    if (w == 0) {
      for (std::size_t j = 0; j < next_count; ++j) fetch(ahead, j);
      continue;
    }
    const Affine<F>* row = row_of(w);
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
Status fixed_base(const FixedTable& table, const FixedBaseList* lists, std::size_t count,
                  JobControl* control) noexcept {
  using Scratch = FixedScratch<F>;
  ScratchPool<Scratch> pool;
  if (!pool.build([](Scratch& s) noexcept { return s.batch.allocate(kFixedBlock); })) return Status::out_of_memory;
  return for_each_fixed_block(
      lists, count, sizeof(Affine<F>) / 8, kFixedBlock, pool,
      [&table](Scratch& scratch, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out) noexcept {
        return fixed_block<F, P>(table, scalars, n, reinterpret_cast<Affine<F>*>(out), scratch);
      },
      control);
}

}  // namespace msm

ASSAY_ISA_END
