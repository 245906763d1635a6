#include "bigint/montgomery.h"

#include <algorithm>

#include "bigint/natural.h"

namespace assay {

using u64 = std::uint64_t;

Status Montgomery::assign(const ModulusView& modulus) noexcept {
  if (modulus.size == 0) return Status::out_of_range;
  modulus_ = {};
  if (modulus.root.size != 0) {
    memory_.release();
    ASSAY_TRY(pairs_.assign(modulus.root));
    modulus_ = modulus;
    return Status::ok;
  }
  pairs_.release();
  const std::size_t n = modulus.size;
  ASSAY_TRY(memory_.allocate(4 * n + natural_scratch(n)));
  modulus_ = modulus;
  kernel_ = &word_kernel();
  product_ = memory_.data();
  row_ = product_ + 2 * n;
  scratch_ = row_ + 2 * n;
  return Status::ok;
}

void Montgomery::mul(u64* r, const u64* a, const u64* b) noexcept {
  if (in_pairs()) return pairs_.mul(r, a, b);
  const std::size_t n = size();
  if (n < kernel_->karatsuba_mul) {
    kernel_->mul(product_, a, n, b, n);
  } else {
    natural_mul(product_, a, n, b, n, scratch_);
  }
  kernel_->reduce(r, product_, modulus_.words, n, modulus_.neg_inverse);
}

void Montgomery::sqr(u64* r, const u64* a) noexcept {
  if (in_pairs()) return pairs_.sqr(r, a);
  const std::size_t n = size();
  if (n < kernel_->karatsuba_sqr) {
    kernel_->sqr(product_, a, n);
  } else {
    natural_sqr(product_, a, n, scratch_);
  }
  kernel_->reduce(r, product_, modulus_.words, n, modulus_.neg_inverse);
}

void Montgomery::subtract_once(u64* r, const u64* a, u64 carry) noexcept {
  const std::size_t n = size();
  const u64 borrow = kernel_->sub(product_, a, modulus_.words, n);
  const u64 keep = -(borrow & (carry ^ 1));
  for (std::size_t i = 0; i < n; ++i) r[i] = (a[i] & keep) | (product_[i] & ~keep);
}

// A product with a factor below N is below 2 N.
void Montgomery::mul_number(u64* r, const u64* a, const u64* b) noexcept {
  mul(row_, a, b);
  subtract_once(r, row_, 0);
}

// a 1 R^-1 < N + 1 for any a below R, so that one subtraction is enough.
void Montgomery::leave(u64* r, const u64* a) noexcept {
  if (in_pairs()) return pairs_.leave(r, a);
  const std::size_t n = size();
  std::copy_n(a, n, product_);
  std::fill_n(product_ + n, n, 0);
  kernel_->reduce(row_, product_, modulus_.words, n, modulus_.neg_inverse);
  subtract_once(r, row_, 0);
}

void Montgomery::unscale(u64* r, const u64* a) noexcept { in_pairs() ? pairs_.unscale(r, a) : leave(r, a); }

// a R mod N times R^-1
void Montgomery::canonical(u64* r, const u64* a) noexcept {
  if (in_pairs()) return pairs_.canonical(r, a);
  mul_number(r, modulus_.one, a);
}

void Montgomery::add(u64* r, const u64* a, const u64* b) noexcept {
  if (in_pairs()) return pairs_.add(r, a, b);
  const u64 carry = kernel_->add(row_, a, b, size());
  subtract_once(r, row_, carry);
}

void Montgomery::sub(u64* r, const u64* a, const u64* b) noexcept {
  if (in_pairs()) return pairs_.sub(r, a, b);
  const std::size_t n = size();
  const u64 mask = -kernel_->sub(row_, a, b, n);
  for (std::size_t i = 0; i < n; ++i) product_[i] = modulus_.words[i] & mask;
  kernel_->add(r, row_, product_, n);
}

// Horner's scheme over pieces of n words from the top: (residue so far) R + piece.
void Montgomery::enter(u64* r, const u64* x, std::size_t count) noexcept {
  if (in_pairs()) return pairs_.enter(r, x, count);
  const std::size_t n = size();
  u64* piece = row_ + n;
  std::size_t at = (count - 1) / n * n;
  std::copy_n(x + at, count - at, piece);
  std::fill_n(piece + (count - at), n - (count - at), 0);
  mul(row_, piece, modulus_.square);
  subtract_once(r, row_, 0);
  while (at > 0) {
    at -= n;
    mul(row_, x + at, modulus_.square);
    subtract_once(piece, row_, 0);
    mul(row_, r, modulus_.square);
    subtract_once(r, row_, 0);
    add(r, r, piece);
  }
}

}  // namespace assay
