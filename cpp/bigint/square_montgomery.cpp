#include "bigint/square_montgomery.h"

#include <algorithm>

#include "bigint/natural.h"

namespace assay {

using u64 = std::uint64_t;

Status SquareMontgomery::assign(const RootView& root) noexcept {
  if (root.size == 0) return Status::out_of_range;
  const std::size_t n = root.size;
  ASSAY_TRY(memory_.allocate(13 * n + natural_scratch(n)));
  root_ = root;
  kernel_ = &word_kernel();
  first_ = memory_.data();
  second_ = first_ + 2 * n;
  third_ = second_ + 2 * n;
  pair_ = third_ + 2 * n;
  piece_ = pair_ + 2 * n;
  row_ = piece_ + 2 * n;
  mask_ = row_ + n;
  difference_ = mask_ + n;
  scratch_ = difference_ + n;
  return Status::ok;
}

void SquareMontgomery::product(u64* r, const u64* a, const u64* b) noexcept {
  const std::size_t n = root_.size;
  n < kernel_->karatsuba_mul ? kernel_->mul(r, a, n, b, n) : natural_mul(r, a, n, b, n, scratch_);
}

void SquareMontgomery::square(u64* r, const u64* a) noexcept {
  const std::size_t n = root_.size;
  n < kernel_->karatsuba_sqr ? kernel_->sqr(r, a, n) : natural_sqr(r, a, n, scratch_);
}

// r <- carry R + a less N as often as it can be taken, `times` times at most; returns how often. r may be a.
u64 SquareMontgomery::settle(u64* r, const u64* a, u64 carry, int times) noexcept {
  const std::size_t n = root_.size;
  u64 taken = 0;
  for (; times > 0; --times, a = r) {
    const u64 borrow = kernel_->sub(difference_, a, root_.words, n);
    const u64 less = static_cast<u64>(carry < borrow), keep = -less;  // carry R + a < N?
    for (std::size_t i = 0; i < n; ++i) r[i] = (a[i] & keep) | (difference_[i] & ~keep);
    carry -= borrow & (less ^ 1);
    taken += less ^ 1;
  }
  return taken;
}

// r <- t of the product in first_, less N where it is not below R, which `top` tells; first_ keeps m.
SquareMontgomery::Carry SquareMontgomery::reduce_first(u64* r) noexcept {
  const std::size_t n = root_.size;
  const u64 top = kernel_->reduce_quotients(first_, root_.words, n, root_.neg_inverse, 0);
  kernel_->subtract_masked(r, first_ + n, root_.words, n, -top);
  return {top, first_};
}

// r[n, 2 n) <- ((low + high + m) / R - top) mod N for products low, high < R N. The carries of the lower half, 0 to 2,
// go to the upper one, whose sum takes one of them and the reduction the other; -top is a row of ones.
void SquareMontgomery::finish(u64* r, Carry carry, const u64* low, const u64* high) noexcept {
  const std::size_t n = root_.size;
  std::fill_n(mask_, n, -carry.top);
  const u64 up = kernel_->add3(second_, low, high, carry.quotient, n, 0);
  u64 top = kernel_->add3(second_ + n, low + n, high + n, mask_, n, (up | up >> 1) & 1) - carry.top;
  // modulo 2^64: a sum below zero is not, once the multiple of N has been added
  top += kernel_->reduce_quotients(second_, root_.words, n, root_.neg_inverse, up >> 1);
  settle(r + n, second_ + n, top, 2);
}

void SquareMontgomery::mul(u64* r, const u64* a, const u64* b) noexcept {
  const std::size_t n = root_.size;
  product(first_, a, b);
  product(second_, a, b + n);
  product(third_, a + n, b);
  finish(r, reduce_first(r), second_, third_);
}

void SquareMontgomery::sqr(u64* r, const u64* a) noexcept {
  const std::size_t n = root_.size;
  square(first_, a);
  product(second_, a, a + n);
  finish(r, reduce_first(r), second_, second_);
}

// The product of (x, 0) and a pair.
void SquareMontgomery::mul_row(u64* r, const u64* x, const u64* a) noexcept {
  const std::size_t n = root_.size;
  product(first_, x, a);
  product(second_, x, a + n);
  std::fill_n(third_, 2 * n, 0);
  finish(r, reduce_first(r), second_, third_);
}

// The canonical pair of one with a < 2 N: a less N is 1 less in b.
void SquareMontgomery::settle_first(u64* r) noexcept {
  const std::size_t n = root_.size;
  const u64 mask = -settle(r, r, 0, 1);
  for (std::size_t i = 0; i < n; ++i) row_[i] = root_.words[i] & mask;  // b + N - 1
  row_[0] &= ~u64{1};
  const u64 carry = kernel_->add(row_, row_, r + n, n);
  settle(r + n, row_, carry, 1);
}

// A factor below N: a is below 2 N.
void SquareMontgomery::canonical(u64* r, const u64* a) noexcept {
  mul(r, a, root_.one);
  settle_first(r);
}

// The product with (1, 0): a <= N.
void SquareMontgomery::unscale(u64* r, const u64* a) noexcept {
  const std::size_t n = root_.size;
  std::copy_n(a, n, first_);
  std::fill_n(first_ + n, n, 0);
  std::copy_n(a + n, n, third_);
  std::fill_n(third_ + n, n, 0);
  std::fill_n(second_, 2 * n, 0);
  finish(r, reduce_first(r), third_, second_);
  settle_first(r);
}

// a - b N = a + (N - b) N, for b > 0.
void SquareMontgomery::leave(u64* r, const u64* a) noexcept {
  const std::size_t n = root_.size;
  unscale(pair_, a);
  kernel_->sub(row_, root_.words, pair_ + n, n);
  settle(row_, row_, 0, 1);
  product(second_, row_, root_.words);
  std::fill_n(pair_ + n, n, 0);
  kernel_->add(r, second_, pair_, 2 * n);
}

// a + c less N takes 1 from b + d, which is N - 1 more.
void SquareMontgomery::add(u64* r, const u64* a, const u64* b) noexcept {
  const std::size_t n = root_.size;
  const u64 carry = kernel_->add(row_, a, b, n);
  const u64 mask = -settle(row_, row_, carry, 1);
  for (std::size_t i = 0; i < n; ++i) mask_[i] = root_.words[i] & mask;
  mask_[0] &= ~u64{1};
  const u64 top = kernel_->add3(mask_, mask_, a + n, b + n, n, 0);
  std::copy_n(row_, n, r);
  settle(r + n, mask_, top, 2);
}

// a - c and N more is 1 more in b - d.
void SquareMontgomery::sub(u64* r, const u64* a, const u64* b) noexcept {
  const std::size_t n = root_.size;
  const u64 borrow = kernel_->sub(row_, a, b, n), mask = -borrow;
  for (std::size_t i = 0; i < n; ++i) mask_[i] = root_.words[i] & mask;
  kernel_->sub(third_, root_.words, b + n, n);  // N - d
  std::fill_n(third_ + n, n, 0);
  const u64 top = kernel_->add3(third_, third_, a + n, third_ + n, n, borrow);
  kernel_->add(r, row_, mask_, n);
  settle(r + n, third_, top, 2);
}

// Horner's scheme over two pieces of n words at a time, from the top: (residue so far) R^2 + x1 R + x0.
void SquareMontgomery::enter(u64* r, const u64* x, std::size_t count) noexcept {
  const std::size_t n = root_.size;
  bool started = false;
  for (std::size_t at = (count - 1) / (2 * n) * (2 * n);; at -= 2 * n) {
    const std::size_t there = std::min(count - at, 2 * n);
    std::copy_n(x + at, there, piece_);
    std::fill_n(piece_ + there, 2 * n - there, 0);
    mul_row(pair_, piece_ + n, root_.cube);
    settle_first(pair_);
    mul_row(piece_, piece_, root_.square);
    settle_first(piece_);
    add(piece_, piece_, pair_);
    if (started) {
      mul(pair_, r, root_.cube);
      settle_first(pair_);
      add(piece_, piece_, pair_);
    }
    std::copy_n(piece_, 2 * n, r);
    started = true;
    if (at == 0) return;
  }
}

}  // namespace assay
