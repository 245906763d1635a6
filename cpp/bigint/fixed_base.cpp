#include "bigint/fixed_base.h"

#include <algorithm>
#include <atomic>

#include "base/declassify.h"
#include "bigint/lanes_group.h"
#include "bigint/lanes_kernel.h"
#include "bigint/montgomery.h"
#include "bigint/power.h"
#include "bigint/table.h"

namespace assay {
namespace {

using u64 = std::uint64_t;

constexpr std::size_t kTogether = 16;    // exponents that share the reading of a window
constexpr double kEntryCost = 1.0 / 96;  // of reading an entry, in products, next to n words of each

std::size_t windows_of(std::size_t exponent_bits, unsigned window) noexcept {
  return (exponent_bits + window - 1) / window;
}

// body(montgomery, begin, end) -> Status for chunks of at most `grain` of `count` items on all threads
template <class Body>
Status for_chunks(const Modulus& modulus, std::size_t count, std::size_t grain, JobControl* control,
                  Body body) noexcept {
  std::atomic<int> failed{static_cast<int>(Status::ok)};
  ASSAY_TRY(parallel_for(
      count, grain,
      [&](std::size_t begin, std::size_t end) noexcept {
        Montgomery m;
        Status status = m.assign(modulus);
        if (status == Status::ok) status = body(m, begin, end);
        if (status != Status::ok) failed.store(static_cast<int>(status), std::memory_order_relaxed);
      },
      control));
  return static_cast<Status>(failed.load());
}

}  // namespace

std::size_t fixed_base_table_bytes(unsigned modulus_bits, std::size_t exponent_bits, unsigned window) noexcept {
  return (windows_of(exponent_bits, window) << window) * 8 * ((modulus_bits + 63) / 64);
}

unsigned fixed_base_window(unsigned modulus_bits, std::size_t exponent_bits, bool variable_time,
                           std::size_t most_bytes) noexcept {
  unsigned best = 1;
  double least = 0;
  for (unsigned w = 1; w <= kFixedBaseMaxWindow; ++w) {
    const double entries = static_cast<double>(1u << w), windows = static_cast<double>(windows_of(exponent_bits, w));
    const double words = (modulus_bits + 63) / 64, entry = kEntryCost * 32 / words;
    const double cost = windows * (1 + (variable_time ? 0 : entries * entry));
    if (w > 1 && fixed_base_table_bytes(modulus_bits, exponent_bits, w) > most_bytes) break;
    if (w == 1 || cost < least) {
      best = w;
      least = cost;
    }
  }
  return best;
}

Status FixedBase::assign(const Modulus& modulus, const u64* base, std::size_t words, std::size_t exponent_bits,
                         unsigned window, JobControl* control) noexcept {
  bits_ = 0;
  if (modulus.size() == 0 || window == 0 || window > kFixedBaseMaxWindow || exponent_bits == 0 ||
      exponent_bits > kFixedBaseMaxExponentBits || words == 0)
    return Status::out_of_range;
  const std::size_t n = modulus.size(), entries = std::size_t{1} << window;
  windows_ = windows_of(exponent_bits, window);
  window_ = window;
  modulus_ = &modulus;
  ASSAY_TRY(table_.allocate(windows_ * entries * n));
  const auto window_begin = [&](std::size_t t) noexcept { return table_.data() + t * entries * n; };
  Montgomery m;
  ASSAY_TRY(m.assign(modulus));
  m.enter(window_begin(0) + n, base, words);
  for (std::size_t t = 1; t < windows_; ++t) {
    u64* first = window_begin(t) + n;
    m.sqr(first, window_begin(t - 1) + n);
    for (unsigned i = 1; i < window; ++i) m.sqr(first, first);
    if (control != nullptr && !control->check()) return Status::cancelled;
  }
  ASSAY_TRY(
      for_chunks(modulus, windows_, 1, control, [&](Montgomery& each, std::size_t begin, std::size_t end) noexcept {
        for (std::size_t t = begin; t < end; ++t) {
          u64* row = window_begin(t);
          std::copy_n(each.one(), n, row);
          for (std::size_t d = 2; d < entries; ++d) each.mul(row + d * n, row + (d - 1) * n, row + n);
          for (std::size_t d = 1; d < entries; ++d) each.canonical(row + d * n, row + d * n);
        }
        return Status::ok;
      }));
  ASSAY_TRY(find_correction());
  bits_ = exponent_bits;
  return Status::ok;
}

// 2^((52 d - 64 n) windows) mod N for d digits in lanes and n words, of a root if it is in pairs; where the exponent is
// negative, of 1 / 2 = (N + 1) / 2.
Status FixedBase::find_correction() noexcept {
  const ModulusView modulus = modulus_->view();
  const std::size_t n = modulus.size;
  const bool pairs = modulus_->in_pairs();
  const std::size_t digit_bits = 52 * (pairs ? lanes_root_digits(modulus.bits) : lanes_digits(modulus.bits));
  const std::size_t word_bits = 64 * (pairs ? modulus.root.size : n);
  const bool negative = digit_bits < word_bits;
  const u64 exponent = (negative ? word_bits - digit_bits : digit_bits - word_bits) * windows_;
  ASSAY_TRY(correction_.allocate(n));
  u64* base = correction_.data();
  std::fill_n(base, n, 0);
  base[0] = 2;
  if (negative)
    for (std::size_t i = 0; i < n;
         ++i)  // N / 2 rounded up: (N - 1) / 2 + 1, whose low word cannot carry out of n words
      base[i] = (modulus.words[i] >> 1) | (i + 1 < n ? modulus.words[i + 1] << 63 : 0);
  if (negative)
    for (std::size_t i = 0; i < n && ++base[i] == 0; ++i) {
    }
  ASSAY_TRY(assay::power({.count = 1,
                          .words = n,
                          .moduli = modulus_,
                          .bases = base,
                          .exponents = &exponent,
                          .exponent_words = 1,
                          .out = base},
                         nullptr));
  Montgomery m;
  ASSAY_TRY(m.assign(*modulus_));
  m.enter(base, base, n);
  m.unscale(base, base);
  return Status::ok;
}

bool FixedBase::fit(const u64* exponents, std::size_t count, std::size_t exponent_words) const noexcept {
  u64 over = 0;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = bits_ / 64; k < exponent_words; ++k)
      over |= exponents[i * exponent_words + k] >> (k == bits_ / 64 ? bits_ % 64 : 0);
  return declassify(over == 0 ? 1 : 0) != 0;
}

Status FixedBase::power(const u64* exponents, std::size_t count, std::size_t exponent_words, u64* out,
                        JobControl* control) const noexcept {
  if (bits_ == 0 || !fit(exponents, count, exponent_words)) return Status::out_of_range;
  const std::size_t n = modulus_->size(), entries = std::size_t{1} << window_;
  const LanesKernel* kernel = lanes_kernel(modulus_->in_pairs());
  const std::size_t least = kernel == nullptr ? kLanes + 1 : kernel->power_break_even(modulus_->bits());
  const bool lanes = lanes_pay(count, least);
  Words prepared;
  if (lanes) ASSAY_TRY(prepare_lanes(*kernel, *modulus_, prepared));
  const auto group = [&](std::size_t begin, std::size_t end) noexcept -> Status {
    FixedBaseGroup group = {.moduli = prepared.data(),
                            .bits = modulus_->bits(),
                            .table = table_.data(),
                            .correction = correction_.data(),
                            .words = n,
                            .windows = windows_,
                            .window = window_,
                            .exponents = {},
                            .out = {},
                            .exponent_words = exponent_words,
                            .groups = (end - begin + kLanes - 1) / kLanes};
    for (std::size_t at = 0; at < group.groups * kLanes; ++at) {
      const std::size_t i = begin + at < end ? begin + at : begin;
      group.exponents[at / kLanes][at % kLanes] = exponents + i * exponent_words;
      group.out[at / kLanes][at % kLanes] = out + i * n;
    }
    Words scratch;
    ASSAY_TRY(scratch.allocate(kernel->fixed_base_scratch(group)));
    kernel->fixed_base(group, scratch.data());
    return Status::ok;
  };
  const std::size_t share = (count + num_threads() - 1) / num_threads(), groups = (share + kLanes - 1) / kLanes;
  return for_chunks(*modulus_, count, lanes ? kLanes * std::clamp<std::size_t>(groups, 1, kFixedBaseGroups) : kTogether,
                    control, [&](Montgomery& m, std::size_t begin, std::size_t end) noexcept -> Status {
                      if (lanes && end - begin >= least) return group(begin, end);
                      Words entry;
                      ASSAY_TRY(entry.allocate(n));
                      for (std::size_t t = 0; t < windows_; ++t) {
                        const u64* row = table_.data() + t * entries * n;
                        for (std::size_t i = begin; i < end; ++i) {
                          const u64 digit =
                              table_digit(exponents + i * exponent_words, exponent_words, t * window_, window_);
                          u64* result = out + i * n;
                          table_select(t == 0 ? result : entry.data(), row, entries, n, digit);
                          if (t > 0) m.mul(result, result, entry.data());
                        }
                      }
                      for (std::size_t i = begin; i < end; ++i) m.leave(out + i * n, out + i * n);
                      return Status::ok;
                    });
}

Status FixedBase::power_var(const u64* exponents, std::size_t count, std::size_t exponent_words, u64* out,
                            JobControl* control) const noexcept {
  if (bits_ == 0 || !fit(exponents, count, exponent_words)) return Status::out_of_range;
  const std::size_t n = modulus_->size(), entries = std::size_t{1} << window_;
  return for_chunks(
      *modulus_, count, kTogether, control, [&](Montgomery& m, std::size_t begin, std::size_t end) noexcept {
        for (std::size_t i = begin; i < end; ++i) std::copy_n(m.one(), n, out + i * n);
        for (std::size_t t = 0; t < windows_; ++t) {
          const u64* row = table_.data() + t * entries * n;
          for (std::size_t i = begin; i < end; ++i) {
            const u64 digit = table_digit(exponents + i * exponent_words, exponent_words, t * window_, window_);
            if (digit != 0) m.mul(out + i * n, out + i * n, row + digit * n);
          }
        }
        for (std::size_t i = begin; i < end; ++i) m.leave(out + i * n, out + i * n);
        return Status::ok;
      });
}

}  // namespace assay
