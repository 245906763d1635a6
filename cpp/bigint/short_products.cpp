#include "bigint/short_products.h"

#include <algorithm>
#include <atomic>

#include "base/words.h"
#include "bigint/lanes_group.h"
#include "bigint/lanes_kernel.h"
#include "bigint/montgomery.h"
#include "bigint/table.h"

namespace assay {
namespace {

using u64 = std::uint64_t;

constexpr std::size_t kTogether = 16;                         // items of a chunk outside the lanes: share their tables
constexpr std::size_t kCache = std::size_t{3} << 18;          // bytes of tables
constexpr std::size_t kCacheVariable = std::size_t{3} << 20;  // where few of the entries are read

bool in_lanes(unsigned modulus_bits, std::size_t count) noexcept {
  const LanesKernel* kernel = lanes_kernel(false);
  return kernel != nullptr && count >= kernel->power_break_even(modulus_bits);
}

// Item by item, with the tables of the one before where the bases are the same.
class Rows {
 public:
  Status assign(const ShortProductsBatch& batch, std::size_t most_terms) noexcept {
    const std::size_t n = batch.modulus->size();
    ASSAY_TRY(montgomery_.assign(*batch.modulus));
    return memory_.allocate(((most_terms << batch.window) + 2) * n);
  }

  template <bool kVariable>
  void run(const ShortProductsBatch& batch, const ShortProduct& item) noexcept {
    Montgomery& m = montgomery_;
    const std::size_t n = m.size(), entries = std::size_t{1} << batch.window;
    u64 *product = memory_.data(), *entry = product + n, *tables = entry + n;
    if (item.bases != bases_ || item.terms != terms_)
      for (std::size_t j = 0; j < item.terms; ++j) fill(batch, item.bases + j * batch.words, tables + j * entries * n);
    bases_ = item.bases;
    terms_ = item.terms;
    m.enter(product, item.head, batch.words);
    for (std::size_t t = batch.digits; t-- > 0;) {
      if (t + 1 < batch.digits)
        for (unsigned i = 0; i < batch.window; ++i) m.sqr(product, product);
      for (std::size_t j = 0; j < item.terms; ++j) {
        const u64* e = item.exponents + j * batch.exponent_words;
        const u64 digit = table_digit(e, batch.exponent_words, t * batch.window, batch.window);
        const u64* table = tables + j * entries * n;
        if constexpr (kVariable) {
          if (digit != 0) m.mul(product, product, table + digit * n);
        } else {
          table_select(entry, table, entries, n, digit);
          m.mul(product, product, entry);
        }
      }
    }
    m.leave(item.out, product);
    std::fill_n(item.out + n, batch.words - n, 0);
  }

 private:
  void fill(const ShortProductsBatch& batch, const u64* base, u64* table) noexcept {
    Montgomery& m = montgomery_;
    const std::size_t n = m.size(), entries = std::size_t{1} << batch.window;
    std::copy_n(m.one(), n, table);
    m.enter(table + n, base, batch.words);
    for (std::size_t e = 2; e < entries; ++e) m.mul(table + e * n, table + (e - 1) * n, table + n);
  }

  Montgomery montgomery_;
  Words memory_;
  const u64* bases_ = nullptr;
  std::size_t terms_ = 0;
};

template <bool kVariable>
Status run(const ShortProductsBatch& batch, JobControl* control) noexcept {
  if (batch.modulus == nullptr || batch.modulus->size() == 0 || batch.window == 0 ||
      batch.window > kShortProductsMaxWindow || batch.digits == 0)
    return Status::out_of_range;
  if (batch.words < batch.modulus->size() || batch.exponent_words == 0) return Status::invalid_length;
  if (batch.count == 0) return Status::ok;
  std::size_t most_terms = 0;
  for (std::size_t i = 0; i < batch.count; ++i) most_terms = std::max(most_terms, batch.items[i].terms);
  const unsigned bits = batch.modulus->bits();
  const bool lanes = in_lanes(bits, batch.count);
  const LanesKernel* kernel = lanes ? lanes_kernel(batch.modulus->in_pairs()) : nullptr;
  Words prepared;
  if (lanes) ASSAY_TRY(prepare_lanes(*kernel, *batch.modulus, prepared));

  const auto group = [&](std::size_t begin, std::size_t end) noexcept -> Status {
    ShortProductsGroup group = {.moduli = prepared.data(),
                                .bits = bits,
                                .words = batch.words,
                                .terms = 0,
                                .exponent_words = batch.exponent_words,
                                .digits = batch.digits,
                                .window = batch.window,
                                .variable = kVariable,
                                .bases = {},
                                .exponents = {},
                                .heads = {},
                                .out = {},
                                .counts = {}};
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const ShortProduct& item = batch.items[begin + lane < end ? begin + lane : begin];
      group.bases[lane] = item.bases;
      group.exponents[lane] = item.exponents;
      group.counts[lane] = item.terms;
      group.heads[lane] = item.head;
      group.out[lane] = item.out;
      group.terms = std::max(group.terms, item.terms);
    }
    Words scratch;
    ASSAY_TRY(scratch.allocate(kernel->short_products_scratch(group)));
    kernel->short_products(group, scratch.data());
    return Status::ok;
  };

  std::atomic<int> failed{static_cast<int>(Status::ok)};
  ASSAY_TRY(parallel_for(
      batch.count, lanes ? kLanes : kTogether,
      [&](std::size_t begin, std::size_t end) noexcept {
        Status status = Status::ok;
        if (lanes && end - begin >= kernel->power_break_even(bits)) {
          status = group(begin, end);
        } else {
          Rows rows;
          status = rows.assign(batch, most_terms);
          for (std::size_t i = begin; i < end && status == Status::ok; ++i) rows.run<kVariable>(batch, batch.items[i]);
        }
        if (status != Status::ok) failed.store(static_cast<int>(status), std::memory_order_relaxed);
      },
      control));
  return static_cast<Status>(failed.load());
}

}  // namespace

Status short_products(const ShortProductsBatch& batch, JobControl* control) noexcept {
  return run<false>(batch, control);
}

Status short_products_var(const ShortProductsBatch& batch, JobControl* control) noexcept {
  return run<true>(batch, control);
}

unsigned short_products_window(unsigned modulus_bits, std::size_t exponent_bits, std::size_t count, std::size_t shared,
                               bool variable) noexcept {
  const double uses =
      in_lanes(modulus_bits, count) ? 1 : static_cast<double>(std::clamp<std::size_t>(shared, 1, kTogether));
  unsigned best = 1;
  double least = 0;
  for (unsigned w = 1; w <= kShortProductsMaxWindow; ++w) {
    const double entries = static_cast<double>(1u << w), digits = static_cast<double>((exponent_bits + w - 1) / w);
    const double read =
        variable ? 1 - 1 / entries : 1 + entries / 48;  // a scan of 48 entries takes as long as a product
    const double cost = entries + uses * digits * read;
    if (w > 1 && cost >= least) continue;
    best = w;
    least = cost;
  }
  return best;
}

std::size_t short_products_terms(unsigned modulus_bits, unsigned window, std::size_t count, bool variable) noexcept {
  const std::size_t lanes = in_lanes(modulus_bits, count) ? kLanes : 1;
  const std::size_t bytes = (std::size_t{modulus_bits} + 63) / 64 * 10 * lanes << window;
  return std::max<std::size_t>(2, (variable ? kCacheVariable : kCache) / bytes);
}

}  // namespace assay
