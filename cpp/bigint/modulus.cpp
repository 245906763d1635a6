#include "bigint/modulus.h"

#include <algorithm>

#include "base/declassify.h"
#include "bigint/montgomery.h"
#include "bigint/natural.h"
#include "bigint/square_montgomery.h"

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
  return assign_bits(words, natural_bits_var(words, count));
}

// Looks at the lowest bit, and at no other.
Status Modulus::assign_bits(const std::uint64_t* words, std::size_t bits) noexcept {
  memory_.release();
  root_.release();
  size_ = 0;
  if (bits < kModulusMinBits || bits > kModulusMaxBits || words[0] % 2 == 0) return Status::out_of_range;
  const std::size_t size = (bits + 63) / 64;
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

RootView Modulus::root() const noexcept {
  if (!in_pairs()) return {};
  const std::size_t n = root_.size() / 7;
  const std::uint64_t* pairs = root_.data() + n;
  return {root_.data(), pairs, pairs + 2 * n, pairs + 4 * n, root_neg_inverse_, n, root_bits_};
}

Status Modulus::assign_square(const std::uint64_t* root, std::size_t count, std::size_t least_words) noexcept {
  const std::size_t bits = natural_bits_var(root, count), n = (bits + 63) / 64;
  if (bits == 0 || 2 * bits > kModulusMaxBits + 1) return assign_bits(root, 0);
  Words square, scratch, constants;
  ASSAY_TRY(square.allocate(2 * n));
  ASSAY_TRY(scratch.allocate(natural_scratch(n)));
  natural_sqr(square.data(), root, n, scratch.data());
  const std::size_t top = 2 * bits - 1;  // the square has as many bits or one more: its length is public
  const std::size_t square_bits = top + declassify(square.data()[top / 64] >> (top % 64) & 1);
  ASSAY_TRY(assign_bits(square.data(), square_bits));
  if (size_ != 2 * n || n < least_words) return Status::ok;

  // As in assign: (2^(bits - 1), 0) doubled up to R, then R 2^n, of which six squarings make R^2; R^4 / R = R^3.
  ASSAY_TRY(constants.allocate(7 * n));
  std::copy_n(root, n, constants.data());
  root_neg_inverse_ = -inverse_word(root[0]);
  root_bits_ = static_cast<unsigned>(bits);
  std::uint64_t *one = constants.data() + n, *two = one + 2 * n, *three = two + 2 * n;
  SquareMontgomery arithmetic;
  ASSAY_TRY(arithmetic.assign({constants.data(), one, two, three, root_neg_inverse_, n, root_bits_}));
  std::fill_n(one, 2 * n, 0);
  one[n - 1] = std::uint64_t{1} << ((bits - 1) % 64);
  for (std::size_t i = bits - 1; i < 64 * n; ++i) arithmetic.add(one, one, one);
  std::copy_n(one, 2 * n, two);
  for (std::size_t i = 0; i < n; ++i) arithmetic.add(two, two, two);
  for (int i = 0; i < 6; ++i) arithmetic.sqr(two, two);
  arithmetic.canonical(two, two);
  arithmetic.mul(three, two, two);
  arithmetic.canonical(three, three);
  root_.swap(constants);
  return Status::ok;
}

}  // namespace assay
