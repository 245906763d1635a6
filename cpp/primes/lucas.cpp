#include "primes/lucas.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/words.h"
#include "bigint/gcd.h"
#include "bigint/montgomery.h"
#include "bigint/natural.h"

namespace assay {
namespace {

__extension__ using u128 = unsigned __int128;

constexpr int kTriesBeforeSquare = 16;

std::uint64_t word_remainder(const std::uint64_t* n, std::size_t words, std::uint64_t d) noexcept {
  std::uint64_t r = 0;
  for (std::size_t i = words; i-- > 0;) r = static_cast<std::uint64_t>((static_cast<u128>(r) << 64 | n[i]) % d);
  return r;
}

// (D / n) for D = magnitude or -magnitude, odd and positive magnitude and n
int jacobi_small(std::uint64_t magnitude, bool negative, const std::uint64_t* n, std::size_t words) noexcept {
  int symbol = jacobi_word_var(word_remainder(n, words, magnitude), magnitude);
  if ((magnitude & n[0] & 3) == 3) symbol = -symbol;  // reciprocity
  if (negative && (n[0] & 3) == 3) symbol = -symbol;  // (-1 / n)
  return symbol;
}

// Canonical residues modulo one number.
class Ring {
 public:
  Status assign(const Modulus& modulus) noexcept {
    ASSAY_TRY(montgomery_.assign(modulus));
    return row_.allocate(montgomery_.size());
  }
  std::size_t size() const noexcept { return montgomery_.size(); }

  void mul(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept {
    montgomery_.mul(r, a, b);
    reduce_once(r);
  }
  void sqr(std::uint64_t* r, const std::uint64_t* a) noexcept {
    montgomery_.sqr(r, a);
    reduce_once(r);
  }
  void add(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept { montgomery_.add(r, a, b); }
  void sub(std::uint64_t* r, const std::uint64_t* a, const std::uint64_t* b) noexcept { montgomery_.sub(r, a, b); }
  void leave(std::uint64_t* r, const std::uint64_t* a) noexcept { montgomery_.leave(r, a); }
  const std::uint64_t* one() const noexcept { return montgomery_.one(); }

  // r <- r / 2: (r + N) / 2 for odd r
  void halve(std::uint64_t* r) noexcept {
    const std::size_t n = size();
    const std::uint64_t odd = 0 - (r[0] & 1), *modulus = montgomery_.modulus().words;
    std::uint64_t carry = 0, *masked = row_.data();
    for (std::size_t i = 0; i < n; ++i) masked[i] = modulus[i] & odd;
    carry = word_kernel().add(r, r, masked, n);
    for (std::size_t i = 0; i < n; ++i) r[i] = r[i] >> 1 | (i + 1 < n ? r[i + 1] : carry) << 63;
  }

  // r <- a m, or its negative, for a small m > 0 that may be told; r is not a.
  void times(std::uint64_t* r, const std::uint64_t* a, std::uint64_t m, bool negative) noexcept {
    std::copy_n(a, size(), r);
    for (int bit = std::bit_width(m) - 1; bit-- > 0;) {
      add(r, r, r);
      if (((m >> bit) & 1) != 0) add(r, r, a);
    }
    if (!negative) return;
    std::fill_n(row_.data(), size(), 0);
    sub(r, row_.data(), r);
  }

 private:
  // Of canonical factors the product is below 2 N.
  void reduce_once(std::uint64_t* r) noexcept {
    const std::size_t n = size();
    const std::uint64_t keep = 0 - word_kernel().sub(row_.data(), r, montgomery_.modulus().words, n);
    for (std::size_t i = 0; i < n; ++i) r[i] = (r[i] & keep) | (row_.data()[i] & ~keep);
  }

  Montgomery montgomery_;
  Words row_;
};

void select(std::uint64_t* r, const std::uint64_t* a, std::uint64_t mask, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) r[i] = (r[i] & ~mask) | (a[i] & mask);
}

// One test: the sequences at the leading bits of d, and room to look at them.
class Sequences {
 public:
  Sequences(const std::uint64_t* n, std::size_t words, const Modulus& modulus) noexcept
      : n_(n), size_(natural_size_var(n, words)), multiple_(modulus.bits() != natural_bits_var(n, words)) {}

  // |D| and whether D is negative
  Status start(const Modulus& modulus, std::uint64_t magnitude, bool negative) noexcept {
    ASSAY_TRY(ring_.assign(modulus));
    const std::size_t k = ring_.size();
    ASSAY_TRY(space_.allocate(7 * k));
    u_ = space_.data(), v_ = u_ + k, power_ = v_ + k, t_ = power_ + k, w_ = t_ + k, spare_ = w_ + k;
    d_ = magnitude, d_negative_ = negative;
    q_ = negative ? (1 + magnitude) / 4 : (magnitude - 1) / 4;  // Q = (1 - D) / 4, of the other sign
    std::copy_n(ring_.one(), k, u_);                            // U_1 = 1, V_1 = P = 1, Q^1
    std::copy_n(ring_.one(), k, v_);
    ring_.times(power_, ring_.one(), q_, !d_negative_);
    return Status::ok;
  }

  // The index doubles.
  void double_all() noexcept {
    ring_.mul(u_, u_, v_);
    double_v();
  }
  // The index grows by one where `mask` is all ones.
  void increment(std::uint64_t mask) noexcept {
    const std::size_t k = ring_.size();
    ring_.times(t_, u_, d_, d_negative_);  // D U + V, U + V
    ring_.add(t_, t_, v_);
    ring_.halve(t_);
    ring_.add(w_, u_, v_);
    ring_.halve(w_);
    select(u_, w_, mask, k);
    select(v_, t_, mask, k);
    ring_.times(t_, power_, q_, !d_negative_);
    select(power_, t_, mask, k);
  }
  // V alone, for the indices 2^r d
  void double_v() noexcept {
    ring_.sqr(v_, v_);
    ring_.sub(v_, v_, power_);
    ring_.sub(v_, v_, power_);
    ring_.sqr(power_, power_);
  }

  Status u_is_zero(bool* zero) noexcept { return is_zero(u_, zero); }
  Status v_is_zero(bool* zero) noexcept { return is_zero(v_, zero); }

 private:
  Status is_zero(const std::uint64_t* residue, bool* zero) noexcept {
    const std::size_t k = ring_.size();
    std::uint64_t *value = spare_, *rest = spare_ + k;
    ring_.leave(value, residue);
    if (multiple_) {
      ASSAY_TRY(natural_divrem_var(nullptr, rest, value, k, n_, size_));
      *zero = natural_size_var(rest, size_) == 0;
    } else {
      *zero = natural_size_var(value, k) == 0;
    }
    return Status::ok;
  }

  const std::uint64_t* n_;
  std::size_t size_;
  bool multiple_;
  Ring ring_;
  Words space_;
  std::uint64_t *u_ = nullptr, *v_ = nullptr, *power_ = nullptr, *t_ = nullptr, *w_ = nullptr;
  std::uint64_t* spare_ = nullptr;  // two rows
  std::uint64_t d_ = 0, q_ = 0;     // |D|, |Q|
  bool d_negative_ = false;
};

template <bool kVariableTime>
Status test(const std::uint64_t* n, std::size_t words, const Modulus& modulus, bool* passed) noexcept {
  *passed = false;
  std::uint64_t magnitude = 5;
  bool negative = false;
  for (int tries = 0;; ++tries, magnitude += 2, negative = !negative) {
    if (tries == kTriesBeforeSquare) {
      bool square = false;
      ASSAY_TRY(is_square_var(n, words, &square));
      if (square) return Status::ok;
    }
    const int symbol = jacobi_small(magnitude, negative, n, words);
    if (symbol == 0) return Status::ok;  // a common factor: |D| < n
    if (symbol < 0) break;
  }
  // m = n + 1; the bits of d are those of m from the top down to its lowest set one.
  Words memory;
  ASSAY_TRY(memory.allocate(words + 1));
  std::uint64_t *m = memory.data(), carry = 1;
  for (std::size_t i = 0; i < words; ++i) {
    m[i] = n[i] + carry;
    carry &= static_cast<std::uint64_t>(m[i] == 0);
  }
  m[words] = carry;
  std::size_t twos = 0;
  while (((m[twos / 64] >> (twos % 64)) & 1) == 0) ++twos;
  Sequences sequences(n, words, modulus);
  ASSAY_TRY(sequences.start(modulus, magnitude, negative));
  for (std::size_t i = natural_bits_var(m, words + 1) - 1; i-- > twos;) {
    const std::uint64_t bit = (m[i / 64] >> (i % 64)) & 1;
    sequences.double_all();
    if (!kVariableTime || bit != 0) sequences.increment(0 - bit);
  }
  ASSAY_TRY(sequences.u_is_zero(passed));
  for (std::size_t r = 0; r < twos && !*passed; ++r) {
    if (r > 0) sequences.double_v();
    ASSAY_TRY(sequences.v_is_zero(passed));
  }
  return Status::ok;
}

}  // namespace

Status strong_lucas(const std::uint64_t* n, std::size_t words, const Modulus& modulus, bool* passed) noexcept {
  return test<false>(n, words, modulus, passed);
}

Status strong_lucas_var(const std::uint64_t* n, std::size_t words, const Modulus& modulus, bool* passed) noexcept {
  return test<true>(n, words, modulus, passed);
}

// Newton from above, x <- (x + n / x) / 2, falls until x = floor(sqrt(n)).
Status is_square_var(const std::uint64_t* n, std::size_t words, bool* square) noexcept {
  words = natural_size_var(n, words);
  *square = words == 0;
  if (words == 0) return Status::ok;
  const std::size_t bits = natural_bits_var(n, words), top = (bits + 1) / 2, size = top / 64 + 1;
  Words space;
  ASSAY_TRY(space.allocate(5 * size + words + 1 + natural_scratch(size)));
  std::uint64_t *x = space.data(), *next = x + size, *rest = next + size, *product = rest + size,
                *quotient = product + 2 * size, *scratch = quotient + words + 1;
  std::fill_n(x, size, 0);
  x[top / 64] = std::uint64_t{1} << (top % 64);  // 2^ceil(bits / 2), above the root
  for (;;) {
    std::fill_n(quotient, words + 1, 0);
    ASSAY_TRY(natural_divrem_var(quotient, rest, n, words, x, natural_size_var(x, size)));
    const std::uint64_t carry = word_kernel().add(next, x, quotient, size);
    for (std::size_t i = 0; i < size; ++i) next[i] = next[i] >> 1 | (i + 1 < size ? next[i + 1] : carry) << 63;
    if (natural_compare_var(next, x, size) >= 0) break;
    std::copy_n(next, size, x);
  }
  natural_sqr(product, x, size, scratch);
  *square = natural_size_var(product, 2 * size) == words && natural_compare_var(product, n, words) == 0;
  return Status::ok;
}

}  // namespace assay
