#include "paillier/private_key.h"

#include <algorithm>
#include <cstring>

#include "bigint/natural.h"
#include "bigint/power.h"
#include "bigint/word_kernel.h"
#include "paillier/rows.h"

namespace assay::paillier {
namespace {

constexpr std::size_t kBlock = 256;  // rows that are worked on at once: bounds the memory of a long batch

// out <- d^-1 mod 2^(64 n), d odd: Newton's x <- x (2 - d x), each step doubles the correct words.
Status exact_inverse(const std::uint64_t* d, std::size_t n, std::uint64_t* out) noexcept {
  Words memory;
  ASSAY_TRY(memory.allocate(4 * n + natural_scratch(n)));
  std::uint64_t *product = memory.data(), *next = product + 2 * n, *scratch = next + 2 * n;
  std::memset(out, 0, 8 * n);
  out[0] = (3 * d[0]) ^ 2;  // 5 bits
  for (int bits = 5; bits < 64; bits *= 2) out[0] *= 2 - d[0] * out[0];
  for (std::size_t correct = 1; correct < n; correct *= 2) {
    natural_mul(product, d, n, out, n, scratch);
    std::uint64_t borrow = 0;  // product <- 2 - product mod 2^(64 n)
    for (std::size_t i = 0; i < n; ++i) {
      const unsigned __int128 value = static_cast<unsigned __int128>(i == 0 ? 2 : 0) - product[i] - borrow;
      product[i] = static_cast<std::uint64_t>(value);
      borrow = static_cast<std::uint64_t>(value >> 64) & 1;
    }
    natural_mul(next, out, n, product, n, scratch);
    std::memcpy(out, next, 8 * n);
  }
  return Status::ok;
}

// out <- base^exponent mod N, constant time.
Status power_one(const Modulus& modulus, std::size_t words, const std::uint64_t* base, const std::uint64_t* exponent,
                 std::size_t exponent_words, std::uint64_t* out) noexcept {
  return power({.count = 1,
                .words = words,
                .moduli = &modulus,
                .bases = base,
                .exponents = exponent,
                .exponent_words = exponent_words,
                .out = out},
               nullptr);
}

void subtract_word(std::uint64_t* a, std::size_t n, std::uint64_t word) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t borrow = static_cast<std::uint64_t>(a[i] < word);
    a[i] -= word;
    word = borrow;
  }
}

// The row stands for 1?
bool is_one(const std::uint64_t* a, std::size_t n) noexcept {
  std::uint64_t rest = a[0] ^ 1;
  for (std::size_t i = 1; i < n; ++i) rest |= a[i];
  return rest == 0;
}

// p, p^2 and what follows from p alone.
Status derive_side(PrivateKey::Side& side, const std::uint64_t* prime, std::size_t half) noexcept {
  ASSAY_TRY(side.prime.assign(prime, half));
  ASSAY_TRY(side.exponent.allocate(half));
  ASSAY_TRY(side.minus_one.allocate(half));
  ASSAY_TRY(side.exact.allocate(half));
  ASSAY_TRY(side.correction.allocate(half));
  std::copy_n(prime, half, side.exponent.data());
  std::copy_n(prime, half, side.minus_one.data());
  side.minus_one.data()[0] &= ~std::uint64_t{1};
  ASSAY_TRY(side.square.assign_square(prime, half));
  return exact_inverse(prime, half, side.exact.data());
}

// correction <- (-other)^-1 mod p, as a residue; inverse <- other^-1 mod p, as a residue (may be null). By Fermat:
// other^(p - 2), which also shows a p that is not prime, or divides `other`.
Status derive_inverse(PrivateKey::Side& side, const std::uint64_t* other, std::size_t half,
                      std::uint64_t* inverse) noexcept {
  Words memory;
  ASSAY_TRY(memory.allocate(4 * half));
  std::uint64_t *exponent = memory.data(), *value = exponent + half, *check = value + half, *zero = check + half;
  std::memset(memory.data(), 0, 8 * 4 * half);
  std::copy_n(side.exponent.data(), half, exponent);
  subtract_word(exponent, half, 2);
  ASSAY_TRY(power_one(side.prime, half, other, exponent, half, value));
  Montgomery m;
  ASSAY_TRY(m.assign(side.prime));
  m.enter(value, value, m.size());
  m.enter(check, other, half);
  m.mul(check, check, value);
  m.leave(check, check);
  if (!is_one(check, m.size())) return Status::not_invertible;
  if (inverse != nullptr) std::copy_n(value, half, inverse);
  m.canonical(value, value);
  m.sub(side.correction.data(), zero, value);
  return Status::ok;
}

}  // namespace

Status PrivateKey::assign(const std::uint64_t* p, const std::uint64_t* q, std::size_t words) noexcept {
  half_ = 0;
  const int order = natural_compare_var(p, q, words);
  if (order == 0) return Status::out_of_range;
  if (order < 0) std::swap(p, q);
  const std::size_t bits_p = natural_bits_var(p, words), bits_q = natural_bits_var(q, words);
  if (bits_p > bits_q + 8 || 2 * bits_p > kMaxBits + 8) return Status::out_of_range;
  const std::size_t half = (bits_p + 63) / 64;
  Words n, scratch;
  ASSAY_TRY(n.allocate(2 * half));
  ASSAY_TRY(scratch.allocate(natural_scratch(half)));
  natural_mul(n.data(), p, half, q, half, scratch.data());
  ASSAY_TRY(public_.assign(n.data(), 2 * half));
  ASSAY_TRY(derive_side(p_, p, half));
  ASSAY_TRY(derive_side(q_, q, half));
  half_ = half;
  const Status status = derive();
  if (status != Status::ok) half_ = 0;
  return status;
}

Status PrivateKey::derive() noexcept {
  const std::size_t half = half_;
  ASSAY_TRY(q_inverse_.allocate(half));
  ASSAY_TRY(q_square_inverse_.allocate(2 * half));
  ASSAY_TRY(derive_inverse(p_, q_.exponent.data(), half, q_inverse_.data()));
  ASSAY_TRY(derive_inverse(q_, p_.exponent.data(), half, nullptr));

  // q^-2 mod p^2 = (q^2)^(p (p - 1) - 1), by Euler.
  Words memory;
  ASSAY_TRY(memory.allocate(8 * half + natural_scratch(half)));
  std::uint64_t *exponent = memory.data(), *square = exponent + 2 * half, *value = square + 2 * half,
                *check = value + 2 * half, *scratch = check + 2 * half;
  natural_mul(exponent, p_.exponent.data(), half, p_.minus_one.data(), half, scratch);
  subtract_word(exponent, 2 * half, 1);
  natural_sqr(square, q_.exponent.data(), half, scratch);
  std::memset(value, 0, 8 * 4 * half);
  ASSAY_TRY(power_one(p_.square, 2 * half, square, exponent, 2 * half, value));
  Montgomery m;
  ASSAY_TRY(m.assign(p_.square.plain_view()));
  m.enter(q_square_inverse_.data(), value, 2 * half);
  m.enter(check, square, 2 * half);
  m.mul(check, check, q_square_inverse_.data());
  m.leave(check, check);
  if (!is_one(check, m.size())) return Status::not_invertible;

  // gcd(N, phi(N)) = 1, as p > q, unless q divides p - 1.
  ASSAY_TRY(m.assign(q_.prime));
  m.enter(check, p_.minus_one.data(), half);
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < m.size(); ++i) rest |= check[i];
  return rest == 0 ? Status::not_invertible : Status::ok;
}

namespace {

// r[0, size of p) <- L_p(x) h_p mod p of x = 1 mod p, from the low words of x alone: (x - 1) / p is exact.
void logarithm(const PrivateKey::Side& side, std::size_t half, Montgomery& m, const std::uint64_t* x, std::uint64_t* r,
               std::uint64_t* scratch) noexcept {
  std::uint64_t *row = scratch, *product = row + half;
  std::copy_n(x, half, row);
  subtract_word(row, half, 1);
  natural_mul(product, row, half, side.exact.data(), half, product + 2 * half);
  m.mul(product, product, side.correction.data());
  m.canonical(r, product);
}

// out[0, out_words) <- low + modulus_low ((high - low) inverse mod N), N the modulus of m: the one number below the
// product of both moduli that is `low` modulo the lower and `high` modulo N. low < modulus_low < N; rows of n words.
void recombine(Montgomery& m, const std::uint64_t* high, const std::uint64_t* low, const std::uint64_t* inverse,
               const std::uint64_t* modulus_low, std::size_t low_words, std::uint64_t* out, std::size_t out_words,
               std::uint64_t* scratch) noexcept {
  const std::size_t n = m.size();
  std::uint64_t *row = scratch, *product = row + n;
  m.sub(row, high, low);
  m.mul(row, row, inverse);
  m.canonical(row, row);
  natural_mul(product, row, n, modulus_low, low_words, product + n + low_words);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < n + low_words; ++i) {
    const unsigned __int128 sum = static_cast<unsigned __int128>(product[i]) + (i < low_words ? low[i] : 0) + carry;
    product[i] = static_cast<std::uint64_t>(sum);
    carry = static_cast<std::uint64_t>(sum >> 64);
  }
  for (std::size_t i = 0; i < out_words; ++i) out[i] = i < n + low_words ? product[i] : 0;
}

// m in [0, N) -> m - N if m > (N - 1) / 2, in two's complement of as many words.
void center(const Modulus& n, std::uint64_t* m) noexcept {
  const std::size_t k = n.size();
  const std::uint64_t* words = n.words();
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const std::uint64_t half = (words[i] >> 1) | (i + 1 < k ? words[i + 1] << 63 : 0);
    const unsigned __int128 d = static_cast<unsigned __int128>(half) - m[i] - borrow;
    borrow = static_cast<std::uint64_t>(d >> 64) & 1;
  }
  const std::uint64_t mask = 0 - borrow;
  borrow = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const unsigned __int128 d = static_cast<unsigned __int128>(m[i]) - (words[i] & mask) - borrow;
    m[i] = static_cast<std::uint64_t>(d);
    borrow = static_cast<std::uint64_t>(d >> 64) & 1;
  }
}

// Each block of at most kBlock rows in turn: body(first row, rows, memory), the memory wiped at the end.
template <class Body>
Status in_blocks(std::size_t count, std::size_t words_a_row, Body&& body) noexcept {
  Words memory;
  ASSAY_TRY(memory.allocate(std::min(count, kBlock) * words_a_row));
  for (std::size_t begin = 0; begin < count; begin += kBlock)
    ASSAY_TRY(body(begin, std::min(kBlock, count - begin), memory.data()));
  return Status::ok;
}

}  // namespace

Status decrypt(const PrivateKey& key, std::size_t count, const std::uint64_t* ciphertexts, bool centered,
               std::uint64_t* out, JobControl* control) noexcept {
  const std::size_t half = key.prime_words(), k = key.public_key().words(), width = 2 * k;
  if (half == 0) return Status::out_of_range;
  const PrivateKey::Side &p = key.larger_side(), &q = key.smaller_side();
  const std::size_t scratch_words = 4 * half + natural_scratch(half);
  return in_blocks(count, 2 * width, [&](std::size_t begin, std::size_t rows, std::uint64_t* memory) noexcept {
    std::uint64_t *at_p = memory, *at_q = memory + rows * width;
    for (const bool larger : {true, false})
      ASSAY_TRY(power({.count = rows,
                       .words = width,
                       .moduli = larger ? &p.square : &q.square,
                       .bases = ciphertexts + begin * width,
                       .exponents = (larger ? p : q).minus_one.data(),
                       .exponent_words = half,
                       .out = larger ? at_p : at_q},
                      control));
    ASSAY_TRY(for_rows(
        rows, 16, q.prime.view(), scratch_words,
        [&](std::size_t i, Montgomery& m, std::uint64_t* scratch) noexcept {
          std::uint64_t* row = at_q + i * width;
          logarithm(q, half, m, row, row, scratch);
          std::fill_n(row + m.size(), half - m.size(), 0);
        },
        control));
    return for_rows(
        rows, 16, p.prime.view(), scratch_words,
        [&](std::size_t i, Montgomery& m, std::uint64_t* scratch) noexcept {
          std::uint64_t* row = at_p + i * width;
          logarithm(p, half, m, row, row, scratch);
          std::uint64_t* plain = out + (begin + i) * k;
          recombine(m, row, at_q + i * width, key.q_inverse(), q.exponent.data(), half, plain, k, scratch);
          if (centered) center(key.public_key().modulus(), plain);
        },
        control);
  });
}

Status blind_keyholder(const PrivateKey& key, std::size_t count, std::uint64_t* out, JobControl* control) noexcept {
  const std::size_t half = key.prime_words(), width = 2 * half, out_words = key.public_key().cipher_words();
  if (half == 0) return Status::out_of_range;
  const PrivateKey::Side &p = key.larger_side(), &q = key.smaller_side();
  return in_blocks(count, 2 * width, [&](std::size_t begin, std::size_t rows, std::uint64_t* memory) noexcept {
    std::uint64_t *at_p = memory, *at_q = memory + rows * width;
    for (const bool larger : {true, false}) {
      std::uint64_t* row = larger ? at_p : at_q;
      const PrivateKey::Side& side = larger ? p : q;
      ASSAY_TRY(random_units(side.prime, rows, width, row));
      ASSAY_TRY(power({.count = rows,
                       .words = width,
                       .moduli = &side.square,
                       .bases = row,
                       .exponents = side.exponent.data(),
                       .exponent_words = half,
                       .out = row},
                      control));
    }
    return for_rows(
        rows, 16, p.square.plain_view(), 3 * width + natural_scratch(width),
        [&](std::size_t i, Montgomery& m, std::uint64_t* scratch) noexcept {
          recombine(m, at_p + i * width, at_q + i * width, key.q_square_inverse(), q.square.words(), q.square.size(),
                    out + (begin + i) * out_words, out_words, scratch);
        },
        control);
  });
}

}  // namespace assay::paillier
