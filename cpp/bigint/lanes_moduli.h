// What eight moduli need for lanes_montgomery.h, derived from m, R64 = 2^(64 s) and R64^2 mod m (bigint/modulus.h), and
// the ways into and out of Montgomery form.
//
//   k = -1 / m mod 2^52 by Newton's iteration;  c = (k m + 1) / 2^52;  square = R^2 mod m, R = 2^(52 n):
//   with rho = 2^(128 s) mod m, e = 128 s:  rho 2^(156 n - e) / R = 2^(104 n)            where e > 104 n,
//                                           (rho rho / R) 2^(208 n - 2 e) / R = 2^(104 n)  else
//
// The lanes share n, that of the largest modulus. A modulus much smaller than that (e < 78 n + 2) has its rho doubled
// as often as is missing. Constant time in the moduli; their sizes are public.
#pragma once

#include <initializer_list>

#include "bigint/lanes_convert.h"
#include "bigint/lanes_kernel.h"
#include "bigint/lanes_montgomery.h"

ASSAY_ISA_BEGIN

namespace lanes::big {

// n with 8 m <= 2^(52 n) for moduli of so many bits
constexpr std::size_t digits_of_modulus(unsigned bits) noexcept { return lanes_digits(bits); }
static_assert(lanes_digits(4096) == digits_of_bits(4099) && kRadixBits == 52);

// A stack of arrays in the caller's scratch, in words of eight lanes.
class Scratch {
 public:
  explicit Scratch(std::uint64_t* memory) noexcept : next_(memory) {}
  template <class T>
  T* take(std::size_t count) noexcept {
    static_assert(sizeof(T) % 8 == 0);
    T* p = reinterpret_cast<T*>(next_);
    next_ += (count * sizeof(T) / 8 + 7) / 8 * 8;
    return p;
  }

 private:
  std::uint64_t* next_;
};

namespace detail {

// r = a - s where that is not negative, s = m or 2 m by `twice`, else r = a, in the lanes of the mask returned; digits
// of a below 2^52, r may be a
inline LaneMask subtract_once(Factor* r, const Factor* a, const Factor* m, std::size_t n, bool twice,
                              Word* difference) noexcept {
  const Word mask = broadcast(kRadixMask);
  Word up = broadcast(0);
  for (std::size_t j = 0; j < n; ++j) {
    const Word s = number(m[j]);
    up = (number(a[j]) & mask) - (twice ? s + s : s) + shift_right_signed<kRadixBits>(up);
    difference[j] = up & mask;
  }
  const LaneMask negative = negative_mask(up);
  for (std::size_t j = 0; j < n; ++j) r[j] = from_bits(select(bits(factor(difference[j])), bits(a[j]), negative));
  return negative;
}

// a = 2 a mod m in the lanes of `mask`, for a < m
inline void double_once(Factor* a, const Factor* m, std::size_t n, LaneMask mask, Factor* twice,
                        Word* difference) noexcept {
  Word up = broadcast(0);
  for (std::size_t j = 0; j < n; ++j) {
    const Word x = number(a[j]) & broadcast(kRadixMask);
    up = x + x + shift_right<kRadixBits>(up);
    twice[j] = low_factor(up);
  }
  subtract_once(twice, twice, m, n, false, difference);
  for (std::size_t j = 0; j < n; ++j) a[j] = from_bits(select(bits(a[j]), bits(twice[j]), mask));
}

// Digits of 2^exponent of each lane, below 2^(52 n)
inline void powers_of_two(Factor* r, std::size_t n, const std::size_t (&exponent)[kLanes]) noexcept {
  for (std::size_t j = 0; j < n; ++j) {
    std::uint64_t digit[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      digit[lane] = exponent[lane] / kRadixBits == j ? std::uint64_t{1} << exponent[lane] % kRadixBits : 0;
    r[j] = factor(load(digit));
  }
}

inline void copy_digits(Factor* r, const Factor* a, std::size_t n) noexcept {
  for (std::size_t j = 0; j < n; ++j) r[j] = a[j];
}

// How R^2 follows from 2^(128 s) in each lane; see the head of this file.
struct SquarePlan {
  std::size_t first[kLanes], second[kLanes], doublings[kLanes], most = 0;

  SquarePlan(std::size_t n, const std::size_t (&sizes)[kLanes]) noexcept {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      std::size_t e = 128 * sizes[lane];
      doublings[lane] = e < 78 * n + 2 ? 78 * n + 2 - e : 0;
      e += doublings[lane];
      most = doublings[lane] > most ? doublings[lane] : most;
      const bool large = e > 104 * n;
      above_ |= static_cast<unsigned>(large) << lane;
      first[lane] = large ? 156 * n - e : 0;
      second[lane] = large ? 0 : 208 * n - 2 * e;
    }
  }
  // Lanes with e > 104 n
  LaneMask above() const noexcept { return static_cast<LaneMask>(above_); }
  // The lanes whose power is doubled once more
  LaneMask doubled(std::size_t step) const noexcept {
    unsigned active = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) active |= static_cast<unsigned>(step < doublings[lane]) << lane;
    return static_cast<LaneMask>(active);
  }

 private:
  unsigned above_ = 0;
};

inline Word low_product(const Word& a, const Word& b) noexcept {
  return number(low_factor(factor(a), factor(b))) & broadcast(kRadixMask);
}

}  // namespace detail

// c and k of m
inline void find_clearing(const Factor* m, std::size_t n, Factor* clearing, Factor* inverse) noexcept {
  const Word mask = broadcast(kRadixMask), odd = number(m[0]);
  Word x = ((odd + odd + odd) ^ broadcast(2)) & mask;  // 1 / m mod 2^5
  for (int correct = 5; correct < 52; correct *= 2)
    x = detail::low_product(x, (broadcast(2) - detail::low_product(x, odd)) & mask);
  const Factor k = factor((broadcast(0) - x) & mask);
  Word column = broadcast(column_start(1, 0) + 1), next = broadcast(column_start(1, 1));
  multiply_add(column, next, k, m[0]);
  for (std::size_t j = 1; j < n; ++j) {
    column = next + shift_right<kRadixBits>(column);
    next = broadcast(j + 1 < n ? column_start(1, 1) : column_start(0, 1));
    multiply_add(column, next, k, m[j]);
    clearing[j - 1] = low_factor(column);
  }
  clearing[n - 1] = low_factor(next + shift_right<kRadixBits>(column));
  *inverse = k;
}

// r = digits first, ..., first + n - 1 of rows of `count` words; words: room for the lines of eight that they lie in.
inline void read_digits(Word* words, Factor* r, std::size_t n, const std::uint64_t* const (&rows)[kLanes],
                        std::size_t count, std::size_t first) noexcept {
  std::size_t begin = kRadixBits * first / 64 / kLanes * kLanes,
              end = (kRadixBits * (first + n) + 64 * kLanes - 1) / 64 / kLanes * kLanes;
  end = end < count ? end : count;
  begin = begin < end ? begin : end;
  const std::uint64_t* at[kLanes];
  std::size_t lengths[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    at[lane] = rows[lane] + begin;
    lengths[lane] = end - begin;
  }
  load_rows(words, end - begin, at, lengths);
  for (std::size_t j = 0; j < n; ++j)
    r[j] = factor(bits_at(words, end - begin, kRadixBits * (first + j) - 64 * begin, kRadixBits));
}

// What only reads need of eight moduli; in one block that groups on any thread may share.
struct Constants {
  std::size_t n;
  Factor *m, *clearing, *inverse;  // m, c, k
  Factor *square, *one, *unit;     // R^2 mod m, below m; R mod m, below 2.1 m; 1
  std::uint64_t* start;

  Constants(std::size_t digits, Scratch& memory) noexcept
      : n(digits),
        m(memory.take<Factor>(n)),
        clearing(memory.take<Factor>(n)),
        inverse(memory.take<Factor>(1)),
        square(memory.take<Factor>(n)),
        one(memory.take<Factor>(n)),
        unit(memory.take<Factor>(n)),
        start(memory.take<std::uint64_t>(2 * n)) {}
  static constexpr std::size_t words(std::size_t n) noexcept { return kLanes * (5 * n + 1) + 2 * n + kLanes; }
};

// Arithmetic modulo these in one thread's scratch.
class Arithmetic {
 public:
  using Constants = big::Constants;

  Arithmetic(const Constants& constants, Scratch& scratch) noexcept
      : c_(constants),
        moduli_{c_.n,
                c_.m,
                c_.clearing,
                c_.inverse,
                c_.start,
                scratch.take<Word>(2 * c_.n),
                scratch.take<Factor>(c_.n + kRows)},
        spare_(scratch.take<Factor>(c_.n)),
        words_(scratch.take<Word>(kMaxWords)) {}
  static constexpr std::size_t constants_digits(unsigned bits) noexcept { return digits_of_modulus(bits); }
  static constexpr std::size_t value_digits(unsigned bits) noexcept { return digits_of_modulus(bits); }
  // A product takes as long as this many scans of a value.
  static constexpr std::size_t product_scans(unsigned bits) noexcept { return digits_of_modulus(bits); }
  static constexpr std::size_t scratch_words(unsigned bits) noexcept {
    return kLanes * (4 * digits_of_modulus(bits) + kRows + kMaxWords);
  }

  std::size_t digits() const noexcept { return c_.n; }
  const Factor* one() const noexcept { return c_.one; }
  void mul(Factor* r, const Factor* a, const Factor* b) const noexcept { big::mul(moduli_, r, a, b); }
  void sqr(Factor* r, const Factor* a) const noexcept { big::sqr(moduli_, r, a); }

  // Rows of so many words have values below R: they may be a factor as they are, if the other one is below 3 m.
  bool fits(std::size_t count) const noexcept { return 64 * count <= kRadixBits * c_.n; }

  // r = the lowest digits of rows of `count` words
  void read(Factor* r, const std::uint64_t* const (&rows)[kLanes], std::size_t count) const noexcept {
    read_digits(words_, r, c_.n, rows, count, 0);
  }
  // r = the row of `count` words in w
  void from_words(Factor* r, const Word* w, std::size_t count) const noexcept { split(r, c_.n, w, count); }

  // r = a R mod m of rows of `count` words each, however long; r < 4 m
  void enter(Factor* r, const std::uint64_t* const (&rows)[kLanes], std::size_t count) const noexcept {
    const std::size_t n = c_.n, parts = (digits_of_bits(64 * count) + n - 1) / n;  // a = sum a_i R^i, i < parts
    for (std::size_t i = parts; i-- > 0;) {
      read_digits(words_, spare_, n, rows, count, n * i);
      if (i + 1 == parts) {
        mul(r, spare_, c_.square);  // < 3 m
        continue;
      }
      mul(spare_, spare_, c_.square);  // < 3 m
      mul(r, r, c_.square);            // < 2.5 m
      const Word mask = broadcast(kRadixMask);
      Word up = broadcast(0);
      for (std::size_t j = 0; j < n; ++j) {
        up = (number(r[j]) & mask) + (number(spare_[j]) & mask) + shift_right<kRadixBits>(up);
        r[j] = low_factor(up);
      }
      mul(r, r, c_.one);  // 5.5 m times 2.1 m: below 4 m
    }
  }

  // rows of `count` words = a / R mod m, in [0, m). a is overwritten.
  void leave(std::uint64_t* const (&rows)[kLanes], std::size_t count, Factor* a) const noexcept {
    mul(a, a, c_.unit);
    write(rows, count, a);
  }
  // rows of `count` words = a mod m, in [0, m), for a < 5 m. a is overwritten.
  void write(std::uint64_t* const (&rows)[kLanes], std::size_t count, Factor* a) const noexcept {
    canonical(a);
    const std::size_t most = (kRadixBits * c_.n + 63) / 64, words = count < most ? count : most;
    join(words_, words, a, c_.n);
    store_rows(rows, words, words_);
    for (std::uint64_t* row : rows) std::memset(row + words, 0, 8 * (count - words));
  }

  // Fills the constants.
  void prepare(const ModulusView (&moduli)[kLanes]) const noexcept {
    const std::size_t n = c_.n;
    const std::uint64_t* rows[kLanes];
    std::size_t sizes[kLanes], most = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      rows[lane] = moduli[lane].words;
      sizes[lane] = moduli[lane].size;
      most = sizes[lane] > most ? sizes[lane] : most;
    }
    load_rows(words_, most, rows, sizes);
    split(c_.m, n, words_, most);
    column_starts(c_.start, n);
    find_clearing(c_.m, n, c_.clearing, c_.inverse);
    for (std::size_t lane = 0; lane < kLanes; ++lane) rows[lane] = moduli[lane].square;
    load_rows(words_, most, rows, sizes);
    split(c_.square, n, words_, most);
    find_square(sizes);
    for (std::size_t j = 0; j < n; ++j) c_.unit[j] = factor(broadcast(j == 0));
    mul(c_.one, c_.square, c_.unit);
  }

 private:
  static constexpr std::size_t kMaxWords =
      (kRadixBits * kMaxDigits + 63) / 64 + 16;  // and what is cut of lines of eight

  void canonical(Factor* a) const noexcept {
    for (const bool twice : {true, true, false}) detail::subtract_once(a, a, c_.m, c_.n, twice, moduli_.columns);
  }

  // square: rho to R^2 mod m. See the head of this file.
  void find_square(const std::size_t (&sizes)[kLanes]) const noexcept {
    const std::size_t n = c_.n;
    const detail::SquarePlan plan(n, sizes);
    Factor *rho = c_.square, *power = c_.one;
    for (std::size_t step = 0; step < plan.most; ++step)
      detail::double_once(rho, c_.m, n, plan.doubled(step), spare_, moduli_.columns);
    detail::powers_of_two(power, n, plan.first);
    for (std::size_t j = 0; j < n; ++j) power[j] = from_bits(select(bits(rho[j]), bits(power[j]), plan.above()));
    mul(rho, rho, power);
    detail::powers_of_two(power, n, plan.second);
    mul(power, rho, power);
    for (std::size_t j = 0; j < n; ++j) rho[j] = from_bits(select(bits(power[j]), bits(rho[j]), plan.above()));
    canonical(rho);
  }

  Constants c_;
  Moduli moduli_;
  Factor* spare_;
  Word* words_;
};

// Below, A is Arithmetic or the SquareArithmetic of lanes_squares.h.

template <class A = Arithmetic>
std::size_t moduli_words(unsigned bits) noexcept {
  return A::Constants::words(A::constants_digits(bits)) + A::scratch_words(bits);
}

template <class A = Arithmetic>
void prepare(const ModulusView (&moduli)[kLanes], std::uint64_t* memory) noexcept {
  unsigned bits = 0;
  for (const ModulusView& view : moduli) bits = view.bits > bits ? view.bits : bits;
  Scratch scratch(memory);
  const typename A::Constants constants(A::constants_digits(bits), scratch);
  A(constants, scratch).prepare(moduli);
}

// Those that `prepare` wrote, which are only read.
template <class A>
typename A::Constants prepared(const std::uint64_t* moduli, unsigned bits) noexcept {
  Scratch memory(const_cast<std::uint64_t*>(moduli));
  return typename A::Constants(A::constants_digits(bits), memory);
}

}  // namespace lanes::big

ASSAY_ISA_END
