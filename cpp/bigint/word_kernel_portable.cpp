// Rows of words in portable C++: the reference for every other level.
#include "bigint/word_kernel.h"

namespace assay {
namespace {

using u64 = std::uint64_t;
using u128 = unsigned __int128;

u64 add(u64* r, const u64* a, const u64* b, std::size_t n) noexcept {
  u64 carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 t = static_cast<u128>(a[i]) + b[i] + carry;
    r[i] = static_cast<u64>(t);
    carry = static_cast<u64>(t >> 64);
  }
  return carry;
}

u64 sub(u64* r, const u64* a, const u64* b, std::size_t n) noexcept {
  u64 borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 t = static_cast<u128>(a[i]) - b[i] - borrow;
    r[i] = static_cast<u64>(t);
    borrow = static_cast<u64>(t >> 64) & 1;
  }
  return borrow;
}

u64 add3(u64* r, const u64* a, const u64* b, const u64* c, std::size_t n, u64 carry) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const u128 t = static_cast<u128>(a[i]) + b[i] + c[i] + carry;
    r[i] = static_cast<u64>(t);
    carry = static_cast<u64>(t >> 64);
  }
  return carry;
}

// The difference modulo 2^(64 n), negated where it borrowed: -x = not x + 1.
u64 difference(u64* r, const u64* a, const u64* b, std::size_t n) noexcept {
  u64 carry = sub(r, a, b, n);
  const u64 mask = -carry;
  for (std::size_t i = 0; i < n; ++i) {
    r[i] = (r[i] ^ mask) + carry;
    carry &= r[i] == 0;
  }
  return mask;
}

// a b + r + carry <= (2^64 - 1)^2 + 2 (2^64 - 1) < 2^128.
u64 add_mul_row(u64* r, const u64* a, std::size_t n, u64 b) noexcept {
  u64 carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 t = static_cast<u128>(a[i]) * b + r[i] + carry;
    r[i] = static_cast<u64>(t);
    carry = static_cast<u64>(t >> 64);
  }
  return carry;
}

void mul(u64* r, const u64* a, std::size_t an, const u64* b, std::size_t bn) noexcept {
  for (std::size_t i = 0; i < an; ++i) r[i] = 0;
  for (std::size_t j = 0; j < bn; ++j) r[an + j] = add_mul_row(r + j, a, an, b[j]);
}

// Twice the products above the diagonal, then the squares on it.
void sqr(u64* r, const u64* a, std::size_t n) noexcept {
  for (std::size_t i = 0; i < 2 * n; ++i) r[i] = 0;
  for (std::size_t i = 0; i + 1 < n; ++i) r[n + i] = add_mul_row(r + 2 * i + 1, a + i + 1, n - i - 1, a[i]);
  u64 shifted = 0, carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 square = static_cast<u128>(a[i]) * a[i];
    const u64 low = r[2 * i] << 1 | shifted, high = r[2 * i + 1] << 1 | r[2 * i] >> 63;
    shifted = r[2 * i + 1] >> 63;
    const u128 t = static_cast<u128>(low) + static_cast<u64>(square) + carry;
    r[2 * i] = static_cast<u64>(t);
    const u128 s = static_cast<u128>(high) + static_cast<u64>(square >> 64) + static_cast<u64>(t >> 64);
    r[2 * i + 1] = static_cast<u64>(s);
    carry = static_cast<u64>(s >> 64);
  }
}

u64 reduce_quotients(u64* t, const u64* modulus, std::size_t n, u64 neg_inverse, u64 carry) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const u64 quotient = t[i] * neg_inverse, row = add_mul_row(t + i, modulus, n, quotient);
    const u128 sum = static_cast<u128>(t[n + i]) + row + carry;
    t[i] = quotient;
    t[n + i] = static_cast<u64>(sum);
    carry = static_cast<u64>(sum >> 64);
  }
  return carry;
}

void subtract_masked(u64* r, const u64* a, const u64* b, std::size_t n, u64 mask) noexcept {
  u64 borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 difference = static_cast<u128>(a[i]) - (b[i] & mask) - borrow;
    r[i] = static_cast<u64>(difference);
    borrow = static_cast<u64>(difference >> 64) & 1;
  }
}

void reduce(u64* r, u64* t, const u64* modulus, std::size_t n, u64 neg_inverse) noexcept {
  const u64 top = reduce_quotients(t, modulus, n, neg_inverse, 0);
  subtract_masked(r, t + n, modulus, n, -top);
}

}  // namespace

const WordKernel kWordKernelPortable = {
    add, sub, add3, difference, add_mul_row, mul, sqr, reduce, reduce_quotients, subtract_masked, 40, 64};

}  // namespace assay
