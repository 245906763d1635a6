// Multiples of one base in eight lanes. Contract: msm/fixed_base.h, whose table is made at the scalar level and read
// where it lies.
//
// A block of scalars is as many groups of eight as share an inversion; each step adds to every sum its entry of one
// window, while the entries of the next are fetched. A digit that is zero adds infinity. The base is not infinity.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "base/zeroize.h"
#include "msm/fixed_lists.h"
#include "msm/lanes_batch_add.h"
#include "msm/lanes_tuning.h"

ASSAY_ISA_BEGIN

namespace lanes {

template <class F, class R>
class FixedSummer {
 public:
  using P = typename Shape<F>::Params;
  static constexpr std::size_t M = Shape<F>::M, kWords = kRowWords<P, M>;
  static constexpr std::size_t kGroups = M == 1 ? kBatch : kBatch / 2, kScalars = kLanes * kGroups;

  FixedSummer() = default;
  FixedSummer(const FixedSummer&) = delete;
  FixedSummer& operator=(const FixedSummer&) = delete;
  ~FixedSummer() {
    if (groups_) zeroize(groups_.get(), kGroups * sizeof(Group));
    adder_.wipe();
  }
  bool allocate() noexcept {
    groups_.reset(new (std::nothrow) Group[kGroups]);
    jobs_.reset(new (std::nothrow) Job<Block>[kGroups]);
    return groups_ && jobs_ && adder_.allocate(kGroups);
  }

  // out[i] <- k_i B for n <= kScalars scalars; false if one is not below the modulus
  bool run(const FixedTable& table, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out) noexcept {
    const msm::FixedDigits digits(table.window_bits);
    const std::size_t groups = (n + kLanes - 1) / kLanes;
    for (std::size_t i = 0; i < groups * kLanes; ++i) {
      Group& g = groups_[i / kLanes];
      if (!digits.load<R>(i < n ? scalars + 4 * i : nullptr, g.scalar[i % kLanes], g.negated[i % kLanes])) return false;
    }
    for (std::size_t k = 0; k < groups; ++k) fetch(groups_[k], 0, digits, table);
    for (std::size_t k = 0; k < groups; ++k) {
      Group& g = groups_[k];
      load_block<true>(g.sum, g.row, g.negate);
      jobs_[k] = {&g.sum, &g.point, &g.sum};
      fetch(g, 1, digits, table);
    }
    for (unsigned w = 1; w < digits.windows(); ++w) {
      adder_.run(
          jobs_.get(), groups,
          [this](std::size_t k) noexcept { load_block<true>(groups_[k].point, groups_[k].row, groups_[k].negate); },
          [&, w](std::size_t k) noexcept {
            if (w + 1 < digits.windows()) fetch(groups_[k], w + 1, digits, table);
          });
    }
    for (std::size_t k = 0; k < groups; ++k)
      leave(groups_[k], std::min(kLanes, n - k * kLanes), out + k * kLanes * kWords);
    return true;
  }

 private:
  using Block = lanes::Block<P, M>;
  struct Group {
    Block sum, point;
    std::uint64_t scalar[kLanes][4];
    const std::uint64_t* row[kLanes];  // of the table, or infinity_
    bool negated[kLanes];
    LaneMask negate;
  };

  // The entries of window w
  void fetch(Group& g, unsigned w, const msm::FixedDigits& digits, const FixedTable& table) noexcept {
    const std::uint64_t* rows = table.points + (kWords * w << (table.window_bits - 1));
    unsigned negate = 0;
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::int32_t d = digits.digit(g.scalar[i], w), sign = d >> 31;
      const std::uint64_t* row = rows + kWords * static_cast<std::size_t>((d ^ sign) - sign) - kWords;
      g.row[i] = d == 0 ? infinity_ : row;
      for (std::size_t m = 0; m < M; ++m) __builtin_prefetch(g.row[i] + kLanes * m);
      negate |= static_cast<unsigned>(d != 0 && (sign != 0) != g.negated[i]) << i;
    }
    g.negate = static_cast<LaneMask>(negate);
  }

  static void leave(const Group& g, std::size_t count, std::uint64_t* out) noexcept {
    alignas(64) std::uint64_t rows[kLanes * kWords];
    const ZeroizeGuard wipe(rows);
    std::uint64_t* to[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) to[i] = rows + kWords * i;
    store_block(g.sum, to);
    Affine<F> points[kLanes];
    const ZeroizeGuard wipe_points(points);
    lanes::leave<F>(rows, points);
    std::copy_n(points, count, reinterpret_cast<Affine<F>*>(out));
  }

  std::unique_ptr<Group[]> groups_;
  std::unique_ptr<Job<Block>[]> jobs_;
  BatchAdder<P, M> adder_;
  alignas(64) std::uint64_t infinity_[kWords] = {};
};

template <class F, class R>
Status fixed_base(const FixedTable& table, const FixedBaseList* lists, std::size_t count,
                  JobControl* control) noexcept {
  using Summer = FixedSummer<F, R>;
  msm::ScratchPool<Summer> pool;
  if (!pool.build([](Summer& s) noexcept { return s.allocate(); })) return Status::out_of_memory;
  return msm::for_each_fixed_block(
      lists, count, Summer::kWords, Summer::kScalars, pool,
      [&table](Summer& summer, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out) noexcept {
        return summer.run(table, scalars, n, out);
      },
      control);
}

}  // namespace lanes

ASSAY_ISA_END
