#include "paillier/short_base.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"
#include "base/words.h"
#include "bigint/power.h"
#include "paillier/rows.h"

namespace assay::paillier {
namespace {

// out <- (N - x^2 mod N)^N mod N^2 for a random x, in cipher_words.
Status draw_base(const PublicKey& key, std::uint64_t* out, JobControl* control) noexcept {
  const std::size_t k = key.words(), width = key.cipher_words();
  ASSAY_TRY(random_units(key.modulus(), 1, width, out));
  Montgomery m;
  Words memory;
  ASSAY_TRY(m.assign(key.modulus()));
  ASSAY_TRY(memory.allocate(2 * k));
  std::uint64_t *x = memory.data(), *zero = x + k;
  std::fill_n(zero, k, 0);
  m.enter(x, out, k);
  m.sqr(x, x);
  m.canonical(x, x);
  m.sub(x, zero, x);
  m.leave(out, x);
  return power_var({.count = 1,
                    .words = width,
                    .moduli = &key.square(),
                    .bases = out,
                    .exponents = key.modulus().words(),
                    .exponent_words = k,
                    .out = out},
                   control);
}

}  // namespace

Status ShortBase::assign(const PublicKey& key, unsigned exponent_bits, JobControl* control) noexcept {
  key_ = nullptr;
  if (key.words() == 0 || exponent_bits < kMinExponentBits || exponent_bits > key.modulus().bits())
    return Status::out_of_range;
  Words base;
  ASSAY_TRY(base.allocate(key.cipher_words()));
  ASSAY_TRY(draw_base(key, base.data(), control));
  ASSAY_TRY(table_.assign(key.square(), base.data(), key.cipher_words(), exponent_bits, kWindow, control));
  key_ = &key;
  return Status::ok;
}

Status ShortBase::blind(std::size_t count, std::uint64_t* out, JobControl* control) const noexcept {
  if (key_ == nullptr) return Status::out_of_range;
  const std::size_t words = exponent_words();
  Words exponents;
  ASSAY_TRY(exponents.allocate(count * words));
  ASSAY_TRY(random_bytes(exponents.data(), 8 * count * words));
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 * words - table_.exponent_bits());
  for (std::size_t i = 0; i < count; ++i) exponents.data()[(i + 1) * words - 1] &= mask;
  return power(count, exponents.data(), out, control);
}

Status ShortBase::power(std::size_t count, const std::uint64_t* exponents, std::uint64_t* out,
                        JobControl* control) const noexcept {
  if (key_ == nullptr) return Status::out_of_range;
  const std::size_t n = key_->square().size(), width = key_->cipher_words();
  ASSAY_TRY(table_.power(exponents, count, exponent_words(), out, control));
  if (n == width) return Status::ok;
  // Rows of n words to rows of `width`, from the last backwards.
  for (std::size_t i = count; i-- > 0;) {
    std::memmove(out + i * width, out + i * n, 8 * n);
    std::fill_n(out + i * width + n, width - n, 0);
  }
  return Status::ok;
}

}  // namespace assay::paillier
