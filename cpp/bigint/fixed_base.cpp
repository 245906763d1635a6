#include "bigint/fixed_base.h"

#include <algorithm>
#include <atomic>

#include "bigint/montgomery.h"

namespace assay {
namespace {

using u64 = std::uint64_t;

constexpr std::size_t kTogether = 16;    // exponents that share the reading of a window
constexpr double kEntryCost = 1.0 / 96;  // of reading an entry, in products, next to n words of each

std::size_t windows_of(std::size_t exponent_bits, unsigned window) noexcept {
  return (exponent_bits + window - 1) / window;
}

u64 digit_of(const u64* e, std::size_t words, std::size_t at, unsigned window) noexcept {
  const std::size_t word = at / 64, offset = at % 64;
  u64 x = word < words ? e[word] >> offset : 0;
  if (offset + window > 64 && word + 1 < words) x |= e[word + 1] << (64 - offset);
  return x & ((u64{1} << window) - 1);
}

// out <- entries[digit]; reads all.
void select_entry(u64* out, const u64* entries, std::size_t count, u64 digit, std::size_t n) noexcept {
  std::fill_n(out, n, 0);
  for (u64 k = 0; k < count; ++k, entries += n) {
    const u64 other = k ^ digit, mask = ((other | (0 - other)) >> 63) - 1;  // all ones where k = digit
    for (std::size_t i = 0; i < n; ++i) out[i] |= entries[i] & mask;
  }
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
        }
        return Status::ok;
      }));
  bits_ = exponent_bits;
  return Status::ok;
}

bool FixedBase::fit(const u64* exponents, std::size_t count, std::size_t exponent_words) const noexcept {
  u64 over = 0;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = bits_ / 64; k < exponent_words; ++k)
      over |= exponents[i * exponent_words + k] >> (k == bits_ / 64 ? bits_ % 64 : 0);
  return over == 0;
}

Status FixedBase::power(const u64* exponents, std::size_t count, std::size_t exponent_words, u64* out,
                        JobControl* control) const noexcept {
  if (bits_ == 0 || !fit(exponents, count, exponent_words)) return Status::out_of_range;
  const std::size_t n = modulus_->size(), entries = std::size_t{1} << window_;
  return for_chunks(
      *modulus_, count, kTogether, control, [&](Montgomery& m, std::size_t begin, std::size_t end) noexcept -> Status {
        Words entry;
        ASSAY_TRY(entry.allocate(n));
        for (std::size_t t = 0; t < windows_; ++t) {
          const u64* row = table_.data() + t * entries * n;
          for (std::size_t i = begin; i < end; ++i) {
            const u64 digit = digit_of(exponents + i * exponent_words, exponent_words, t * window_, window_);
            u64* result = out + i * n;
            select_entry(t == 0 ? result : entry.data(), row, entries, digit, n);
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
            const u64 digit = digit_of(exponents + i * exponent_words, exponent_words, t * window_, window_);
            if (digit != 0) m.mul(out + i * n, out + i * n, row + digit * n);
          }
        }
        for (std::size_t i = begin; i < end; ++i) m.leave(out + i * n, out + i * n);
        return Status::ok;
      });
}

}  // namespace assay
