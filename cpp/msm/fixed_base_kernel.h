// Tables and block additions of msm/fixed_base.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "msm/batch_add.h"
#include "msm/digits.h"
#include "msm/fixed_base.h"

ASSAY_ISA_BEGIN

namespace msm {

constexpr std::size_t kFixedBlock = 512;  // scalars that share inversions

// Window size for n scalars: the least W(c) (n + 2^(c-1)), tables of at most 14 bits (10 MiB in G1).
inline unsigned fixed_window_bits_for(std::size_t n) noexcept {
  unsigned best = kMinWindow;
  for (unsigned c = kMinWindow; c <= 14; ++c)
    if (window_count(c) * (n + (std::size_t{1} << (c - 1))) < window_count(best) * (n + (std::size_t{1} << (best - 1))))
      best = c;
  return best;
}

// d 2^(c w) B at [w][d - 1]
template <class F>
class FixedTable {
 public:
  Status build(const Affine<F>& base, unsigned c, JobControl* control) noexcept {
    const unsigned windows = window_count(c);
    const std::size_t row = std::size_t{1} << (c - 1);
    points_.reset(new (std::nothrow) Affine<F>[windows * row]);
    const std::unique_ptr<Jacobian<F>[]> powers(new (std::nothrow) Jacobian<F>[windows]);
    const std::unique_ptr<Affine<F>[]> first(new (std::nothrow) Affine<F>[windows]);
    const std::unique_ptr<F[]> inverses(new (std::nothrow) F[2 * windows]);
    if (!points_ || !powers || !first || !inverses) return Status::out_of_memory;
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
          F scratch[kFixedBlock];
          for (std::size_t w = begin; w < end; ++w) {
            Affine<F>* t = points_.get() + w * row;
            t[0] = first[w];
            for (std::size_t m = 1; m < row; m *= 2) {
              for (std::size_t at = 0; at < m; at += kFixedBlock) {
                batch_add<F>(
                    std::min(kFixedBlock, m - at), scratch,
                    [&](std::size_t k) noexcept { return Operands<F>{t + at + k, t + m - 1}; },
                    [&](std::size_t k, const Affine<F>& sum) noexcept { t[m + at + k] = sum; });
              }
            }
          }
        },
        control);
  }
  const Affine<F>* row(unsigned w) const noexcept { return points_.get() + (std::size_t{w} << (c_ - 1)); }
  unsigned window_bits() const noexcept { return c_; }

 private:
  std::unique_ptr<Affine<F>[]> points_;
  unsigned c_ = 0;
};

// out[i] <- k_i B for n <= kFixedBlock scalars; false if one is not below the modulus
template <class F, class P>
inline bool fixed_block(const FixedTable<F>& table, const std::uint64_t* scalars, std::size_t n,
                        Affine<F>* out) noexcept {
  const unsigned c = table.window_bits(), windows = window_count(c);
  std::uint64_t offset[4] = {}, k[kFixedBlock][4];
  const ZeroizeGuard guard(k);
  for (unsigned w = 0; w + 1 < windows; ++w) offset[(c * w + c - 1) / 64] |= std::uint64_t{1} << ((c * w + c - 1) % 64);
  bool negated[kFixedBlock];
  const ZeroizeGuard negated_guard(negated);
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(scalars + 4 * i, 4, k[i]);
    if (!detail::below_modulus<P>(k[i])) return false;
    negated[i] = detail::make_small<P>(k[i]);
    std::uint64_t carry = 0;
    for (int j = 0; j < 4; ++j) k[i][j] = adc(k[i][j], offset[j], carry);
    out[i] = Affine<F>::infinity();
  }
  struct Term {
    const Affine<F>* point;
    std::uint32_t index;
    bool negate;
  } terms[kFixedBlock];
  const ZeroizeGuard terms_guard(terms);
  F scratch[kFixedBlock];
  const ZeroizeGuard scratch_guard(scratch);
  for (unsigned w = 0; w < windows; ++w) {
    const bool top = w + 1 == windows;
    const std::int32_t half = top ? 0 : 1 << (c - 1);
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::int32_t d = static_cast<std::int32_t>(detail::bits(k[i], c * w, top ? c + 1 : c)) - half;
      if (d == 0) continue;
      const Affine<F>* point = table.row(w) + (d < 0 ? -d : d) - 1;
      for (std::size_t byte = 0; byte < sizeof *point; byte += 64)
        __builtin_prefetch(reinterpret_cast<const char*>(point) + byte);
      terms[count++] = {point, static_cast<std::uint32_t>(i), (d < 0) != negated[i]};
    }
    batch_add<F>(
        count, scratch,
        [&](std::size_t j) noexcept {
          return Operands<F>{out + terms[j].index, terms[j].point, false, terms[j].negate};
        },
        [&](std::size_t j, const Affine<F>& sum) noexcept { out[terms[j].index] = sum; });
  }
  return true;
}

template <class F, class P>
Status fixed_base(const std::uint64_t* base, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out,
                  JobControl* control) noexcept {
  FixedTable<F> table;
  ASSAY_TRY(table.build(*reinterpret_cast<const Affine<F>*>(base), fixed_window_bits_for(n), control));
  auto* points = reinterpret_cast<Affine<F>*>(out);
  std::atomic<bool> bad{false};
  ASSAY_TRY(parallel_for(
      n, kFixedBlock,
      [&](std::size_t begin, std::size_t end) noexcept {
        if (!fixed_block<F, P>(table, scalars + 4 * begin, end - begin, points + begin))
          bad.store(true, std::memory_order_relaxed);
      },
      control));
  return bad.load() ? Status::non_canonical : Status::ok;
}

}  // namespace msm

ASSAY_ISA_END
