#include "msm/classes.h"

#include <algorithm>
#include <bit>

#include "base/random.h"
#include "msm/digits.h"

namespace assay {
namespace {

constexpr std::size_t kCheckEvery = std::size_t{1} << 14;

// Open addressing; a slot holds a class number plus one.
class ClassTable {
 public:
  Status allocate(std::size_t n) noexcept {
    const unsigned log_slots = std::max(4, static_cast<int>(std::bit_width(n)) + 1);
    shift_ = 64 - log_slots;
    mask_ = (std::size_t{1} << log_slots) - 1;
    ASSAY_TRY(slots_.allocate((mask_ + 1) / 2));
    std::fill_n(slots_.data(), slots_.size(), 0);
    return random_bytes(multiplier_, sizeof multiplier_);
  }

  // The slot of `k`, or the empty one where it belongs; same(class) compares.
  template <class Same>
  std::uint32_t& find(const std::uint64_t* k, Same&& same) noexcept {
    std::uint64_t mixed = multiplier_[4];
    for (int j = 0; j < 4; ++j) {
      const auto product = static_cast<unsigned __int128>(k[j] ^ multiplier_[j]) * (multiplier_[j + 5] | 1);
      mixed += static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
    auto* slots = reinterpret_cast<std::uint32_t*>(slots_.data());
    for (std::size_t at = (mixed * (multiplier_[9] | 1)) >> shift_;; at = (at + 1) & mask_)
      if (slots[at] == 0 || same(slots[at] - 1)) return slots[at];
  }

 private:
  Words slots_;
  std::uint64_t multiplier_[10] = {};
  std::size_t mask_ = 0;
  unsigned shift_ = 0;
};

// k <- min(k, r - k) of scalar i; true if negated
inline bool load_small(const std::uint64_t* scalars, std::size_t i, std::uint64_t* k) noexcept {
  std::copy_n(scalars + 4 * i, 4, k);
  return msm::detail::make_small<Bn254FrParams>(k);
}

}  // namespace

Status ScalarClasses::build(const std::uint64_t* scalars, std::size_t n, JobControl* control) noexcept {
  if (n > kMsmMaxSize) return Status::too_large;
  Words class_words, first_words;  // of each scalar, its class; of each class, its first entry
  ClassTable table;
  ASSAY_TRY(class_words.allocate(n / 2 + 1));
  ASSAY_TRY(first_words.allocate(n / 2 + 1));
  ASSAY_TRY(start_.allocate(n / 2 + 2));
  ASSAY_TRY(table.allocate(n));
  auto* const class_of = reinterpret_cast<std::uint32_t*>(class_words.data());
  auto* const first = reinterpret_cast<std::uint32_t*>(first_words.data());
  auto* const start = reinterpret_cast<std::uint32_t*>(start_.data());

  // start[j + 1] counts class j; class_of is 2 j + sign + 1, or 0 for a zero scalar
  classes_ = live_ = 0;
  start[0] = 0;
  std::uint64_t k[4], other[4];
  const ZeroizeGuard wipe_k(k);
  const ZeroizeGuard wipe_other(other);
  for (std::size_t i = 0; i < n; ++i) {
    if (i % kCheckEvery == 0 && control != nullptr && !control->check()) return Status::cancelled;
    if (!msm::detail::below_modulus<Bn254FrParams>(scalars + 4 * i)) return Status::non_canonical;
    const bool negated = load_small(scalars, i, k);
    class_of[i] = 0;
    if ((k[0] | k[1] | k[2] | k[3]) == 0) continue;
    ++live_;
    std::uint32_t& slot = table.find(k, [&](std::uint32_t c) noexcept {
      load_small(scalars, first[c], other);
      return std::equal(k, k + 4, other);
    });
    if (slot == 0) {
      first[classes_] = static_cast<std::uint32_t>(i);
      start[++classes_] = 0;
      slot = static_cast<std::uint32_t>(classes_);
    }
    ++start[slot];
    class_of[i] = 2 * (slot - 1) + negated + 1;
  }

  ASSAY_TRY(values_.allocate(4 * std::max<std::size_t>(classes_, 1)));
  ASSAY_TRY(entries_.allocate(live_ / 2 + 1));
  auto* const entries = reinterpret_cast<std::uint32_t*>(entries_.data());
  for (std::size_t j = 0; j < classes_; ++j) {
    load_small(scalars, first[j], values_.data() + 4 * j);
    start[j + 1] += start[j];
    first[j] = start[j];  // now the cursor
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (class_of[i] == 0) continue;
    const std::uint32_t packed = class_of[i] - 1;
    entries[first[packed / 2]++] = static_cast<std::uint32_t>(2 * i) + packed % 2;
  }
  return Status::ok;
}

}  // namespace assay
