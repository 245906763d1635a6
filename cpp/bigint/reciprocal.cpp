#include "bigint/reciprocal.h"

#include <algorithm>

#include "base/words.h"
#include "bigint/natural.h"
#include "bigint/word_kernel.h"

namespace assay {
namespace {

using u64 = std::uint64_t;

constexpr std::size_t kFirst = 8;  // words of the first y, found by division
constexpr u64 kTaken = 16;

// The top `count` words of d, padded with zeros below where it has fewer
void top_words(u64* out, std::size_t count, const u64* d, std::size_t n) noexcept {
  const std::size_t from_d = std::min(count, n);
  std::fill_n(out, count - from_d, 0);
  std::copy_n(d + n - from_d, from_d, out + count - from_d);
}

// y[0, h + 1) <- floor((B^2h - 1) / (top words of d + 1)) or, where that is all of d, by d itself: at most 6 units low.
Status first(u64* y, std::size_t h, const u64* d, std::size_t n) noexcept {
  u64 numerator[2 * kFirst], divisor[kFirst], rest[kFirst];
  std::fill_n(numerator, 2 * h, ~u64{0});
  top_words(divisor, h, d, n);
  if (n > h) {  // + 1, unless it would be B^h, for which 1 / D = 1 + ... is met from below by all ones as well
    std::size_t i = 0;
    while (i < h && divisor[i] == ~u64{0}) ++i;
    if (i < h) {
      ++divisor[i];
      std::fill_n(divisor, i, 0);
    }
  }
  y[h] = 0;
  ASSAY_TRY(natural_divrem_var(y, rest, numerator, 2 * h, divisor, h));
  // one off for the case left out above
  for (std::size_t i = 0; i <= h && y[i]-- == 0; ++i) {
  }
  return Status::ok;
}

}  // namespace

Status natural_reciprocal_var(u64* y, std::size_t precision, const u64* d, std::size_t n) noexcept {
  if (precision == 0 || n == 0 || d[n - 1] >> 63 == 0) return Status::out_of_range;
  if (precision <= kFirst) {
    u64 wide[kFirst + 1];  // of which the words asked for are kept
    ASSAY_TRY(first(wide, kFirst, d, n));
    std::copy_n(wide + kFirst - precision, precision + 1, y);
    return Status::ok;
  }
  std::size_t h = precision;  // the precisions, from the last to the first: 2 h - 1 is within reach of h
  while (h > kFirst) h = h / 2 + 1;
  const std::size_t most = precision;
  Words memory;
  ASSAY_TRY(memory.allocate(6 * most + 16 + natural_scratch(most + 2)));
  u64 *divisor = memory.data(), *product = divisor + most, *error = product + 2 * most + 4, *update = error + most + 2,
      *scratch = update + 2 * most + 6;
  u64* result = y + (precision - h);  // the words of y lie below its top
  ASSAY_TRY(first(result, h, d, n));
  const WordKernel& kernel = word_kernel();
  while (h < precision) {
    std::size_t w = precision;
    while (w / 2 + 1 > h) w = w / 2 + 1;
    // error <- 1 - D y, in [0, B^(1 - h)): w words below the point, of which the h - 1 upper are zero
    top_words(divisor, w, d, n);
    natural_mul(product, divisor, w, result, h + 1, scratch);        // w + h words below the point
    for (std::size_t i = 0; i < w; ++i) error[i] = ~product[h + i];  // 1 - x, less a unit
    // y <- y + y error
    const std::size_t e = natural_size_var(error, w);
    u64* longer = y + (precision - w);
    std::fill_n(longer, w - h, 0);
    if (e > 0) {
      natural_mul(update, result, h + 1, error, e, scratch);  // h + w words below the point; h + 1 + e words
      const std::size_t kept = e + 1;                         // from word h on
      u64 carry = kernel.add(longer, longer, update + h, std::min(kept, w + 1));
      for (std::size_t i = kept; i <= w && carry != 0; ++i) carry = ++longer[i] == 0;
    }
    u64 borrow = kTaken;
    for (std::size_t i = 0; i <= w && borrow != 0; ++i) {
      const u64 before = longer[i];
      longer[i] = before - borrow;
      borrow = before < borrow;
    }
    result = longer;
    h = w;
  }
  return Status::ok;
}

}  // namespace assay
