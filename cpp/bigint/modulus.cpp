#include "bigint/modulus.h"

#include <algorithm>

#include "bigint/montgomery.h"
#include "bigint/natural.h"

namespace assay {
namespace {

// Newton: x N = 1 modulo 2^k gives x (2 - x N) N = 1 modulo 2^(2 k); N itself is right modulo 2^3.
std::uint64_t inverse_word(std::uint64_t n) noexcept {
  std::uint64_t x = n;
  for (int k = 3; k < 64; k *= 2) x *= 2 - x * n;
  return x;
}

}  // namespace

Status Modulus::assign(const std::uint64_t* words, std::size_t count) noexcept {
  memory_.release();
  size_ = 0;
  const std::size_t size = natural_size_var(words, count);
  const std::size_t bits = natural_bits_var(words, size);
  if (bits < kModulusMinBits || bits > kModulusMaxBits || words[0] % 2 == 0) return Status::out_of_range;
  Words memory;
  ASSAY_TRY(memory.allocate(3 * size));
  std::copy_n(words, size, memory.data());
  neg_inverse_ = -inverse_word(words[0]);
  std::uint64_t *one = memory.data() + size, *square = one + size;
  const ModulusView view = {memory.data(), one, square, neg_inverse_, size, static_cast<unsigned>(bits)};

  // 2^(bits - 1) < N, doubled up to R.
  Montgomery arithmetic;
  ASSAY_TRY(arithmetic.assign(view));
  std::fill_n(one, size, 0);
  one[size - 1] = std::uint64_t{1} << ((bits - 1) % 64);
  for (std::size_t i = bits - 1; i < 64 * size; ++i) arithmetic.add(one, one, one);
  // The residue of 2^n, squared six times: that of 2^(64 n) = R is R^2.
  std::copy_n(one, size, square);
  for (std::size_t i = 0; i < size; ++i) arithmetic.add(square, square, square);
  for (int i = 0; i < 6; ++i) arithmetic.sqr(square, square);
  arithmetic.canonical(square, square);

  memory_.swap(memory);
  size_ = size;
  bits_ = static_cast<unsigned>(bits);
  return Status::ok;
}

}  // namespace assay
