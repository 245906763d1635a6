#include "bigint/product_tree.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "bigint/natural.h"
#include "bigint/reciprocal.h"

namespace assay {
namespace {

using u64 = std::uint64_t;

constexpr u64 kLeafMargin = 128;

std::size_t levels_of(std::size_t count) noexcept { return static_cast<std::size_t>(std::bit_width(count - 1)) + 1; }

// About 50 us of word products a chunk
std::size_t grain_of(std::size_t words) noexcept { return std::max<std::size_t>(1, 100'000 / (words * words + 1)); }

// body(node, scratch) -> Status for all nodes of a level on all threads, with so many words of scratch
template <class Body>
Status for_each_node(std::size_t nodes, std::size_t words, std::size_t scratch_words, JobControl* control,
                     Body body) noexcept {
  std::atomic<int> failed{static_cast<int>(Status::ok)};
  ASSAY_TRY(parallel_for(
      nodes, grain_of(words),
      [&](std::size_t begin, std::size_t end) noexcept {
        Words scratch;
        Status status = scratch.allocate(scratch_words);
        for (std::size_t k = begin; k < end && status == Status::ok; ++k) status = body(k, scratch.data());
        if (status != Status::ok) failed.store(static_cast<int>(status), std::memory_order_relaxed);
      },
      control));
  return static_cast<Status>(failed.load());
}

}  // namespace

std::size_t ProductTree::nodes(std::size_t level) const noexcept {
  return (count_ + (std::size_t{1} << level) - 1) >> level;
}

std::size_t ProductTree::node_words(std::size_t level, std::size_t k) const noexcept {
  return (std::min(count_, (k + 1) << level) - (k << level)) * words_;
}

Status ProductTree::assign_var(const u64* values, std::size_t count, std::size_t words, JobControl* control) noexcept {
  if (count == 0 || words == 0) return Status::out_of_range;
  count_ = count;
  words_ = words;
  levels_ = levels_of(count);
  ASSAY_TRY(memory_.allocate(levels_ * root_words()));
  std::copy_n(values, root_words(), memory_.data());
  for (std::size_t level = 1; level < levels_; ++level) {
    const u64* below = level_begin(level - 1);
    u64* here = level_begin(level);
    const std::size_t half = (std::size_t{1} << (level - 1)) * words;
    ASSAY_TRY(for_each_node(nodes(level), half, natural_scratch(half), control, [&](std::size_t k, u64* scratch) {
      const std::size_t begin = node_begin(level, k), all = node_words(level, k);
      if (all <= half) {
        std::copy_n(below + begin, all, here + begin);
      } else {
        natural_mul(here + begin, below + begin, half, below + begin + half, all - half, scratch);
      }
      return Status::ok;
    }));
    if (control != nullptr) control->report("levels multiplied", level, levels_ - 1);
  }
  return Status::ok;
}

// frac(x / M), m + 1 words for M of m words: M = D 2^(64 n' - s) with D in [1/2, 1), and x / M = x 2^s (1 / D) 2^(-64
// n').
Status ProductTree::root_fraction(const u64* x, std::size_t n, u64* fraction) const noexcept {
  const std::size_t m = root_words(), used = natural_size_var(root(), m);
  if (used == 0) return Status::not_invertible;
  n = natural_size_var(x, n);
  std::fill_n(fraction, m + 1, 0);
  if (n == 0) return Status::ok;
  const unsigned shift = static_cast<unsigned>(std::countl_zero(root()[used - 1]));
  const std::size_t precision = n + 2 + m - used;  // (x 2^s) times 32 units is below 32 2^(-64 (m + 1))
  Words memory;
  ASSAY_TRY(memory.allocate(used + (n + 1) + (precision + 1) + (n + precision + 2) +
                            natural_scratch(std::max(n, precision) + 1)));
  u64 *divisor = memory.data(), *shifted = divisor + used, *y = shifted + n + 1, *product = y + precision + 1,
      *scratch = product + n + precision + 2;
  const auto shift_left = [shift](u64* out, const u64* a, std::size_t words) noexcept {
    for (std::size_t i = words; i-- > 0;)
      out[i] = shift == 0 ? a[i] : a[i] << shift | (i > 0 ? a[i - 1] >> (64 - shift) : 0);
  };
  shift_left(divisor, root(), used);
  shift_left(shifted, x, n);
  shifted[n] = shift == 0 ? 0 : x[n - 1] >> (64 - shift);
  ASSAY_TRY(natural_reciprocal_var(y, precision, divisor, used));
  natural_mul(product, shifted, n + 1, y, precision + 1, scratch);
  // used + precision words lie below the point, of which the upper m + 1 are kept
  const std::size_t point = used + precision, first = point - (m + 1), held = n + precision + 2;
  for (std::size_t i = 0; i <= m && first + i < held; ++i) fraction[i] = product[first + i];
  return Status::ok;
}

// The fractions of a level lie side by side, each one word longer than its node.
Status ProductTree::remainders_var(const u64* x, std::size_t n, u64* out, JobControl* control) const noexcept {
  Words memory;
  const std::size_t row = root_words() + count_;
  ASSAY_TRY(memory.allocate(2 * row));
  u64 *above = memory.data(), *here = above + row;
  ASSAY_TRY(root_fraction(x, n, above));
  const auto fraction_begin = [&](std::size_t level, std::size_t k) noexcept { return node_begin(level, k) + k; };
  for (std::size_t level = levels_ - 1; level-- > 0;) {
    const std::size_t full = (std::size_t{1} << level) * words_, longest = std::min(2 * full, root_words());
    const u64* products = level_begin(level);
    ASSAY_TRY(for_each_node(nodes(level + 1), longest, natural_scratch(longest + 1) + 2 * longest + 2, control,
                            [&](std::size_t k, u64* scratch) {
                              const std::size_t all = node_words(level + 1, k), begin = node_begin(level + 1, k);
                              const u64* parent = above + fraction_begin(level + 1, k);
                              u64* left = here + fraction_begin(level, 2 * k);
                              if (all <= full) {
                                std::copy_n(parent, all + 1, left);
                                return Status::ok;
                              }
                              u64* product = scratch + natural_scratch(longest + 1);
                              const std::size_t right = all - full;
                              natural_mul(product, parent, all + 1, products + begin + full, right, scratch);
                              std::copy_n(product + right, full + 1, left);
                              natural_mul(product, parent, all + 1, products + begin, full, scratch);
                              std::copy_n(product + full, right + 1, here + fraction_begin(level, 2 * k + 1));
                              return Status::ok;
                            }));
    std::swap(above, here);
    if (control != nullptr) control->report("levels divided", levels_ - 1 - level, levels_ - 1);
  }
  return for_each_node(count_, words_, natural_scratch(words_ + 1) + 2 * words_ + 1, control,
                       [&](std::size_t i, u64* scratch) {
                         u64 *fraction = above + fraction_begin(0, i), carry = kLeafMargin;
                         for (std::size_t k = 0; k <= words_ && carry != 0; ++k) {
                           fraction[k] += carry;
                           carry = static_cast<u64>(fraction[k] < carry);
                         }
                         u64* product = scratch + natural_scratch(words_ + 1);
                         natural_mul(product, fraction, words_ + 1, level_begin(0) + i * words_, words_, scratch);
                         std::copy_n(product + words_ + 1, words_, out + i * words_);
                         return Status::ok;
                       });
}

std::size_t ProductTree::tree_bytes(std::size_t count, std::size_t words) noexcept {
  return count == 0 ? 0 : 8 * levels_of(count) * count * words;
}

std::size_t ProductTree::remainder_bytes(std::size_t count, std::size_t words, std::size_t n) noexcept {
  const std::size_t m = count * words, precision = n + 2 + m;
  const std::size_t at_root = 6 * precision + natural_scratch(precision) + 3 * (m + n + precision);
  return 8 * (2 * (m + count) + at_root);
}

}  // namespace assay
