// Many affine additions for one inversion, eight at a time: msm/batch_add.h in lanes.
//
// Job k adds the points of block a to those of block b, lane by lane. Lane totals of the denominators are inverted
// together (Montgomery's trick, Math. Comp. 48 (1987), 10.3.4); two totals take turns, so that products which wait for
// each other are never neighbours. The way back goes through a tile of jobs step by step, each step a loop of
// independent products.
// Every input is accepted. A lane that needs care has xa = xb or an infinity, so that the lowest limb of xb - xa + 4 p
// is that of a multiple of p, or a limb of x is 0: eight comparisons find all of those and one other lane in 2^48.
// Cost: 5 multiplications and a square an addition, one inversion a batch. Variable time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "base/zeroize.h"
#include "msm/lanes_block.h"

ASSAY_ISA_BEGIN

namespace lanes {

// *out <- *a + *b. out may be a, or an operand of jobs that come later in the batch.
template <class Block>
struct Job {
  const Block *a, *b;
  Block* out;
};

namespace detail {

// Lanes that are no chord: the tangent at a, or the sum is a, b or infinity.
struct Special {
  LaneMask tangent, a, b, infinity;
  bool any() const noexcept { return (tangent | a | b | infinity) != 0; }
};

// d = xb - xa + 4 p; false positives allowed
template <class P, std::size_t M>
ASSAY_LANES_INLINE bool is_suspect(const Block<P, M>& a, const Block<P, M>& b, const Element<P, M>& d) noexcept {
  const Word low = d.c[0].limb[0];
  unsigned mask = zero_mask(a.x.c[0].limb[0]) | zero_mask(b.x.c[0].limb[0]);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((mask |= equal_mask(low, broadcast(Radix52<P>::multiple(I + 1)[0]))), ...);
  }(std::make_index_sequence<7>{});
  return mask != 0;
}

// Sorts the lanes and puts the denominator of each into d.
template <class P, std::size_t M>
[[gnu::noinline]] Special classify(const Block<P, M>& a, const Block<P, M>& b, Element<P, M>& d) noexcept {
  const unsigned no_a = zero_mask(a.x) & zero_mask(a.y), no_b = zero_mask(b.x) & zero_mask(b.y) & ~no_a;
  const unsigned same_x = multiple_mask(d) & ~no_a & ~no_b;
  const unsigned same = same_x & multiple_mask(difference<3>(b.y, a.y));
  const auto mask = [](unsigned m) { return static_cast<LaneMask>(m); };
  const Special s = {mask(same), mask(no_b), mask(no_a), mask(same_x & ~same)};
  d = select(d, map<P, M>([&](std::size_t m) { return carry(a.y.c[m] + a.y.c[m]); }), s.tangent);
  d = select(d, Element<P, M>::one(), mask(no_a | no_b | s.infinity));
  return s;
}

}  // namespace detail

template <class P, std::size_t M>
class BatchAdder {
 public:
  using Block = lanes::Block<P, M>;
  using Element = lanes::Element<P, M>;

  bool allocate(std::size_t capacity) noexcept {
    denominator_.reset(new (std::nothrow) Element[capacity]);
    product_.reset(new (std::nothrow) Element[capacity]);
    special_.reset(new (std::nothrow) detail::Special[capacity]);
    capacity_ = capacity;
    return denominator_ && product_ && special_;
  }
  // Clears what is left of the last batch.
  void wipe() noexcept {
    if (denominator_) zeroize(denominator_.get(), capacity_ * sizeof(Element));
    if (product_) zeroize(product_.get(), capacity_ * sizeof(Element));
  }
  static constexpr std::size_t bytes(std::size_t capacity) noexcept {
    return capacity * (2 * sizeof(Element) + sizeof(detail::Special));
  }

  // The jobs are done from the last to the first. load(k) is called before the operands of job k are read, and soon(k)
  // when the operands of all jobs have been read once, for prefetching.
  template <class Load, class Soon>
  void run(const Job<Block>* jobs, std::size_t n, Load&& load, Soon&& soon) noexcept {
    if (n == 0) return;
    Element total[2] = {Element::one(), Element::one()};
    for (std::size_t k = 0; k < n; ++k) {
      load(k);
      const Block &a = *jobs[k].a, &b = *jobs[k].b;
      Element d = difference<4>(b.x, a.x);
      special_[k] = {};
      if (detail::is_suspect(a, b, d)) [[unlikely]]
        special_[k] = detail::classify(a, b, d);
      denominator_[k] = d;
      product_[k] = total[k & 1];
      total[k & 1] = mul(total[k & 1], d);
    }
    const Element inverse = inverse_var(mul(total[0], total[1]));
    Element running[2] = {mul(inverse, total[1]), mul(inverse, total[0])};
    for (std::size_t end = n; end > 0;) {
      const std::size_t begin = end > kTile ? end - kTile : 0;
      tile(jobs, begin, end, running, soon);
      end = begin;
    }
  }

 private:
  static constexpr std::size_t kTile = 8;

  template <class Soon>
  void tile(const Job<Block>* jobs, std::size_t begin, std::size_t end, Element (&running)[2], Soon&& soon) noexcept {
    Element slope[kTile], chord[kTile];
    for (std::size_t k = end; k-- > begin;) {
      soon(k);
      Element& r = running[k & 1];
      slope[k - begin] = mul(r, product_[k]);
      r = mul(r, denominator_[k]);
    }
    for (std::size_t k = end; k-- > begin;) {
      const Block &a = *jobs[k].a, &b = *jobs[k].b;
      Element rise = difference<3>(b.y, a.y);
      if (special_[k].tangent != 0) [[unlikely]] {
        const Element xx = sqr(a.x);
        rise = select(rise, map<P, M>([&](std::size_t m) { return carry(xx.c[m] + xx.c[m] + xx.c[m]); }),
                      special_[k].tangent);
      }
      slope[k - begin] = mul(slope[k - begin], rise);
    }
    for (std::size_t k = end; k-- > begin;) {
      const Block &a = *jobs[k].a, &b = *jobs[k].b;
      const Element square = sqr(slope[k - begin]);
      Element x =
          map<P, M>([&](std::size_t m) { return settle(square.c[m] - a.x.c[m] - b.x.c[m] + multiple<P, 8>()); });
      chord[k - begin] = difference<3>(a.x, x);
      if (special_[k].any()) [[unlikely]]
        x = choose(x, a.x, b.x, special_[k]);
      jobs[k].out->x = x;
    }
    for (std::size_t k = end; k-- > begin;) {
      const Block &a = *jobs[k].a, &b = *jobs[k].b;
      const Element product = mul(slope[k - begin], chord[k - begin]);
      Element y = map<P, M>([&](std::size_t m) { return settle(product.c[m] - a.y.c[m] + multiple<P, 3>()); });
      if (special_[k].any()) [[unlikely]]
        y = choose(y, a.y, b.y, special_[k]);
      jobs[k].out->y = y;
    }
  }

  static Element choose(const Element& sum, const Element& a, const Element& b, const detail::Special& s) noexcept {
    return select(select(select(sum, a, s.a), b, s.b), Element::zero(), s.infinity);
  }

  std::unique_ptr<Element[]> denominator_, product_;
  std::unique_ptr<detail::Special[]> special_;
  std::size_t capacity_ = 0;
};

}  // namespace lanes

ASSAY_ISA_END
