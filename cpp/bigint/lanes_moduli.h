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

#include "bigint/lanes_convert.h"
#include "bigint/lanes_kernel.h"
#include "bigint/lanes_montgomery.h"

ASSAY_ISA_BEGIN

namespace lanes::big {

// n with 8 m <= 2^(52 n) for the largest m
inline std::size_t digits_of(const ModulusView (&moduli)[kLanes]) noexcept {
  unsigned bits = 0;
  for (const ModulusView& view : moduli) bits = view.bits > bits ? view.bits : bits;
  return digits_of_bits(bits + 3);
}

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

// r = a - s where that is not negative, s = m or 2 m by `twice`, else r = a; digits of a below 2^52, r may be a
inline void subtract_once(Factor* r, const Factor* a, const Factor* m, std::size_t n, bool twice,
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
}

// r = a 2^e in the lanes of `mask`, a in the others; a < m
inline void double_once(Factor* r, const Factor* a, const Factor* m, std::size_t n, LaneMask mask, Factor* twice,
                        Word* difference) noexcept {
  Word up = broadcast(0);
  for (std::size_t j = 0; j < n; ++j) {
    const Word x = number(a[j]) & broadcast(kRadixMask);
    up = x + x + shift_right<kRadixBits>(up);
    twice[j] = low_factor(up);
  }
  subtract_once(twice, twice, m, n, false, difference);
  for (std::size_t j = 0; j < n; ++j) r[j] = from_bits(select(bits(a[j]), bits(twice[j]), mask));
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

}  // namespace detail

class Arithmetic {
 public:
  // words of scratch beside what the functions take
  static constexpr std::size_t scratch_words(std::size_t n) noexcept {
    return kLanes * (8 * n + 1 + 2 * kRows + kMaxWords) + 2 * n + kLanes;
  }

  Arithmetic(const ModulusView (&moduli)[kLanes], Scratch& scratch) noexcept {
    const std::size_t n = digits_of(moduli);
    Factor *m = scratch.take<Factor>(n), *clearing = scratch.take<Factor>(n), *inverse = scratch.take<Factor>(1);
    std::uint64_t* start = scratch.take<std::uint64_t>(2 * n);
    square_ = scratch.take<Factor>(n);
    one_ = scratch.take<Factor>(n);
    unit_ = scratch.take<Factor>(n);
    spare_ = scratch.take<Factor>(n);
    words_ = scratch.take<Word>(kMaxWords);
    moduli_ = {n, m, clearing, inverse, start, scratch.take<Word>(2 * n), scratch.take<Factor>(2 * kRows)};

    const std::uint64_t* rows[kLanes];
    std::size_t sizes[kLanes], most = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      rows[lane] = moduli[lane].words;
      sizes[lane] = moduli[lane].size;
      most = sizes[lane] > most ? sizes[lane] : most;
    }
    load_rows(words_, most, rows, sizes);
    split(m, n, 0, words_, most);
    column_starts(start, n);
    assign_clearing(m, clearing, inverse);
    for (std::size_t lane = 0; lane < kLanes; ++lane) rows[lane] = moduli[lane].square;
    load_rows(words_, most, rows, sizes);
    split(square_, n, 0, words_, most);
    assign_square(sizes);
    for (std::size_t j = 0; j < n; ++j) unit_[j] = factor(broadcast(j == 0));
    mul(one_, square_, unit_);
  }

  std::size_t digits() const noexcept { return moduli_.n; }
  const Factor* one() const noexcept { return one_; }  // R mod m, up to a multiple of m
  void mul(Factor* r, const Factor* a, const Factor* b) const noexcept { big::mul(moduli_, r, a, b); }
  void sqr(Factor* r, const Factor* a) const noexcept { big::sqr(moduli_, r, a); }

  // r = a R mod m of rows of `count` words each, however long; r < 4 m. temp: n digits
  void enter(Factor* r, const std::uint64_t* const (&rows)[kLanes], std::size_t count) const noexcept {
    const std::size_t n = moduli_.n, parts = (digits_of_bits(64 * count) + n - 1) / n;
    // a = sum a_i R^i, i < parts; a part and its neighbour fit kMaxWords words
    for (std::size_t i = parts; i-- > 0;) {
      const std::size_t first = kRadixBits * n * i / 64;
      std::size_t last = (kRadixBits * n * (i + 1) + 63) / 64;
      last = last < count ? last : count;
      const std::uint64_t* at[kLanes];
      std::size_t lengths[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        at[lane] = rows[lane] + first;
        lengths[lane] = last - first;
      }
      load_rows(words_, last - first, at, lengths);
      for (std::size_t j = 0; j < n; ++j)
        spare_[j] = factor(bits_at(words_, last - first, kRadixBits * (n * i + j) - 64 * first, kRadixBits));
      if (i + 1 == parts) {
        mul(r, spare_, square_);  // < 3 m
        continue;
      }
      mul(spare_, spare_, square_);  // < 3 m
      mul(r, r, square_);            // < 2.5 m
      Word up = broadcast(0);
      for (std::size_t j = 0; j < n; ++j) {
        up = (number(r[j]) & broadcast(kRadixMask)) + (number(spare_[j]) & broadcast(kRadixMask)) +
             shift_right<kRadixBits>(up);
        r[j] = low_factor(up);
      }
      mul(r, r, one_);  // a factor below 5.5 m, the other below 2.2 m: below 4 m
    }
  }

  // rows of `count` words = a / R mod m, in [0, m). a is overwritten.
  void leave(std::uint64_t* const (&rows)[kLanes], std::size_t count, Factor* a) const noexcept {
    mul(a, a, unit_);
    canonical(a);
    const std::size_t most = (kRadixBits * moduli_.n + 63) / 64, words = count < most ? count : most;
    join(words_, words, a, moduli_.n);
    store_rows(rows, words, words_);
    for (std::uint64_t* row : rows) std::memset(row + words, 0, 8 * (count - words));
  }

 private:
  static constexpr std::size_t kMaxWords = (kRadixBits * kMaxDigits + 63) / 64 + 16;  // and up to a multiple of eight

  void canonical(Factor* a) const noexcept {  // from below 4 m to below m
    detail::subtract_once(a, a, moduli_.m, moduli_.n, true, moduli_.columns);
    detail::subtract_once(a, a, moduli_.m, moduli_.n, false, moduli_.columns);
  }

  void assign_clearing(const Factor* m, Factor* clearing, Factor* inverse) const noexcept {
    const std::size_t n = moduli_.n;
    const Word mask = broadcast(kRadixMask), odd = number(m[0]);
    Word x = ((odd + odd + odd) ^ broadcast(2)) & mask;  // 1 / m mod 2^5
    for (int correct = 5; correct < 52; correct *= 2)
      x = low_product(x, (broadcast(2) - low_product(x, odd)) & mask);
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
  static Word low_product(const Word& a, const Word& b) noexcept {
    return number(low_factor(factor(a), factor(b))) & broadcast(kRadixMask);
  }

  // square_: rho to R^2 mod m. See the head of this file.
  void assign_square(const std::size_t (&sizes)[kLanes]) noexcept {
    const std::size_t n = moduli_.n;
    std::size_t e[kLanes], first[kLanes], second[kLanes], doublings[kLanes], most = 0;
    unsigned above = 0;  // lanes with e > 104 n
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      e[lane] = 128 * sizes[lane];
      doublings[lane] = e[lane] < 78 * n + 2 ? 78 * n + 2 - e[lane] : 0;
      e[lane] += doublings[lane];
      most = doublings[lane] > most ? doublings[lane] : most;
      const bool over = e[lane] > 104 * n;
      above |= static_cast<unsigned>(over) << lane;
      first[lane] = over ? 156 * n - e[lane] : 0;
      second[lane] = over ? 0 : 208 * n - 2 * e[lane];
    }
    for (std::size_t step = 0; step < most; ++step) {
      unsigned active = 0;
      for (std::size_t lane = 0; lane < kLanes; ++lane) active |= static_cast<unsigned>(step < doublings[lane]) << lane;
      detail::double_once(square_, square_, moduli_.m, n, static_cast<LaneMask>(active), spare_, moduli_.columns);
    }
    const LaneMask over = static_cast<LaneMask>(above);
    detail::powers_of_two(one_, n, first);
    for (std::size_t j = 0; j < n; ++j) one_[j] = from_bits(select(bits(square_[j]), bits(one_[j]), over));
    mul(square_, square_, one_);
    detail::powers_of_two(one_, n, second);
    mul(one_, square_, one_);
    for (std::size_t j = 0; j < n; ++j) square_[j] = from_bits(select(bits(one_[j]), bits(square_[j]), over));
    canonical(square_);
  }

  Moduli moduli_;
  Factor *square_, *one_, *unit_, *spare_;
  Word* words_;
};

}  // namespace lanes::big

ASSAY_ISA_END
