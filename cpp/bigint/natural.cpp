#include "bigint/natural.h"

#include <algorithm>
#include <bit>

#include "base/words.h"
#include "bigint/word_kernel.h"

namespace assay {
namespace {

using u64 = std::uint64_t;
using u128 = unsigned __int128;

// r[0, n) += carry; returns the carry out. Constant time.
u64 add_word(u64* r, std::size_t n, u64 carry) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    r[i] += carry;
    carry = r[i] < carry;
  }
  return carry;
}

// r[h, 4 h) <- r + (l + u - middle or + middle) B^h for r = u B^(2 h) + l, where middle has 2 h words, `subtract` is 0
// or all ones, and the sum fits. Destroys middle; t: 2 h words.
void combine(const WordKernel& k, u64* r, std::size_t h, u64* middle, u64 subtract, u64* t) noexcept {
  for (std::size_t i = 0; i < 2 * h; ++i) middle[i] ^= subtract;  // -x = not x + 1 - 2^(128 h)
  u64 carry = k.add3(t, r, r + 2 * h, middle, 2 * h, subtract & 1) + subtract;
  carry += k.add(r + h, r + h, t, 2 * h);
  add_word(r + 3 * h, h, carry);
}

// Scratch: 4 h words here and at each level below, less than 4 n + 256 in all.
void mul_balanced(const WordKernel& k, u64* r, const u64* a, const u64* b, std::size_t n, u64* scratch) noexcept {
  if (n < k.karatsuba_mul) return k.mul(r, a, n, b, n);
  if (n % 2 != 0) {  // the top words by rows
    mul_balanced(k, r, a, b, n - 1, scratch);
    r[2 * n - 2] = k.add_mul_row(r + n - 1, a, n - 1, b[n - 1]);
    r[2 * n - 1] = k.add_mul_row(r + n - 1, b, n, a[n - 1]);
    return;
  }
  const std::size_t h = n / 2;
  u64 *da = scratch, *db = scratch + h, *middle = scratch + 2 * h, *rest = scratch + 4 * h;
  // (a1 - a0)(b1 - b0) has the sign of both factors together; the middle is h + l minus it.
  const u64 sign = k.difference(da, a, a + h, h) ^ k.difference(db, b, b + h, h);
  mul_balanced(k, middle, da, db, h, rest);
  mul_balanced(k, r, a, b, h, rest);
  mul_balanced(k, r + 2 * h, a + h, b + h, h, rest);
  combine(k, r, h, middle, ~sign, scratch);
}

void sqr_balanced(const WordKernel& k, u64* r, const u64* a, std::size_t n, u64* scratch) noexcept {
  if (n < k.karatsuba_sqr) return k.sqr(r, a, n);
  if (n % 2 != 0) {  // (c B + low)^2, B = 2^(64 (n - 1)): low^2, the row low c twice, c^2
    sqr_balanced(k, r, a, n - 1, scratch);
    const u64 c = a[n - 1];
    const u64 once = k.add_mul_row(r + n - 1, a, n - 1, c), twice = k.add_mul_row(r + n - 1, a, n - 1, c);
    const u128 top = static_cast<u128>(c) * c + once + twice;
    r[2 * n - 2] = static_cast<u64>(top);
    r[2 * n - 1] = static_cast<u64>(top >> 64);
    return;
  }
  const std::size_t h = n / 2;
  u64 *d = scratch, *middle = scratch + 2 * h, *rest = scratch + 4 * h;
  k.difference(d, a, a + h, h);
  sqr_balanced(k, middle, d, h, rest);
  sqr_balanced(k, r, a, h, rest);
  sqr_balanced(k, r + 2 * h, a + h, h, rest);
  combine(k, r, h, middle, ~u64{0}, scratch);
}

}  // namespace

// natural_mul goes down the remainders r_0 = n > r_1 > ... of the lengths, holds 2 r_i for each, and 4 r_i + 256 for
// the last: at most 8 n + 256, as r_i + r_(i+1) <= r_(i-1).
std::size_t natural_scratch(std::size_t n) noexcept { return 8 * n + 256; }

void natural_sqr(u64* r, const u64* a, std::size_t n, u64* scratch) noexcept {
  sqr_balanced(word_kernel(), r, a, n, scratch);
}

// Pieces of the longer operand, as long as the shorter one.
void natural_mul(u64* r, const u64* a, std::size_t an, const u64* b, std::size_t bn, u64* scratch) noexcept {
  const WordKernel& k = word_kernel();
  if (an < bn) {
    std::swap(a, b);
    std::swap(an, bn);
  }
  if (bn < k.karatsuba_mul) return k.mul(r, a, an, b, bn);
  mul_balanced(k, r, a, b, bn, scratch);
  u64 *piece = scratch, *rest = scratch + 2 * bn;
  for (std::size_t i = bn; i < an; i += bn) {
    const std::size_t n = std::min(bn, an - i);
    if (n == bn) {
      mul_balanced(k, piece, a + i, b, bn, rest);
    } else {
      natural_mul(piece, b, bn, a + i, n, rest);
    }
    const u64 carry = k.add(r + i, r + i, piece, bn);
    std::copy_n(piece + bn, n, r + i + bn);
    add_word(r + i + bn, n, carry);
  }
}

std::size_t natural_size_var(const u64* a, std::size_t n) noexcept {
  while (n > 0 && a[n - 1] == 0) --n;
  return n;
}

std::size_t natural_bits_var(const u64* a, std::size_t n) noexcept {
  n = natural_size_var(a, n);
  return n == 0 ? 0 : 64 * n - static_cast<std::size_t>(std::countl_zero(a[n - 1]));
}

int natural_compare_var(const u64* a, const u64* b, std::size_t n) noexcept {
  while (n-- > 0)
    if (a[n] != b[n]) return a[n] < b[n] ? -1 : 1;
  return 0;
}

Status natural_divrem_var(u64* q, u64* r, const u64* a, std::size_t an, const u64* d, std::size_t dn) noexcept {
  if (dn == 0 || an < dn || d[dn - 1] == 0) return Status::out_of_range;
  // D1: both shifted until the top bit of d is set; the dividend gets one more word.
  Words memory;
  ASSAY_TRY(memory.allocate(an + 1 + dn));
  u64 *x = memory.data(), *y = x + an + 1;
  const unsigned shift = static_cast<unsigned>(std::countl_zero(d[dn - 1]));
  const auto shifted = [shift](const u64* row, std::size_t n, std::size_t i) {
    const u64 here = i < n ? row[i] : 0, below = i > 0 ? row[i - 1] : 0;
    return shift == 0 ? here : here << shift | below >> (64 - shift);
  };
  for (std::size_t i = 0; i <= an; ++i) x[i] = shifted(a, an, i);
  for (std::size_t i = 0; i < dn; ++i) y[i] = shifted(d, dn, i);
  const u64 top = y[dn - 1], next = dn > 1 ? y[dn - 2] : 0;
  for (std::size_t j = an - dn + 1; j-- > 0;) {
    // D3: the quotient of the top words is at most 2 too large, at most 1 after a look at the next word.
    const u128 high = static_cast<u128>(x[j + dn]) << 64 | x[j + dn - 1];
    u128 digit = high / top, remainder = high % top;
    while (digit >> 64 != 0 ||
           (dn > 1 && static_cast<u128>(static_cast<u64>(digit)) * next > (remainder << 64 | x[j + dn - 2]))) {
      --digit;
      remainder += top;
      if (remainder >> 64 != 0) break;
    }
    // D4: subtract digit y; D6: add y back if that was one too many.
    u64 carry = 0, borrow = 0;
    for (std::size_t i = 0; i < dn; ++i) {
      const u128 product = static_cast<u128>(static_cast<u64>(digit)) * y[i] + carry;
      carry = static_cast<u64>(product >> 64);
      const u128 t = static_cast<u128>(x[j + i]) - static_cast<u64>(product) - borrow;
      x[j + i] = static_cast<u64>(t);
      borrow = static_cast<u64>(t >> 64) & 1;
    }
    const u128 t = static_cast<u128>(x[j + dn]) - carry - borrow;
    x[j + dn] = static_cast<u64>(t);
    if (static_cast<u64>(t >> 64) != 0) {
      --digit;
      x[j + dn] += word_kernel().add(x + j, x + j, y, dn);
    }
    if (q != nullptr) q[j] = static_cast<u64>(digit);
  }
  for (std::size_t i = 0; i < dn; ++i) r[i] = shift == 0 ? x[i] : x[i] >> shift | x[i + 1] << (64 - shift);
  return Status::ok;
}

}  // namespace assay
