// Powers of big numbers, eight at a time: base ^ exponent mod m a lane.
//
// Secret exponents: fixed windows of w bits; every entry of the table is read for every window and masks keep the one
// that a lane asks for, so that addresses and time depend on sizes alone. Public exponents (`variable`): lanes that
// share their exponent slide windows over odd powers; others use fixed windows, each lane picks its entry, and bits
// above the longest exponent are left out.
// Table: entry-major, one after another n digits. Cost of an exponent of e bits: e squarings, e / w products, 2^w - 2
// more for the table, and for secret ones e / w scans of 2^w n loads.
#pragma once

#include "bigint/lanes_moduli.h"

ASSAY_ISA_BEGIN

namespace lanes::big {

namespace detail {

// A product of n digits takes as long as a scan of kScanned n entries, from the second cache.
#if defined(ASSAY_ISA_AVX512)
inline constexpr std::size_t kScanned = 4;
#else
inline constexpr std::size_t kScanned = 2;
#endif

// The w with the least time for products, table and scans, a product taking as long as kScanned n scans.
constexpr unsigned secret_window(std::size_t exponent_bits, std::size_t n) noexcept {
  unsigned best = 1;
  std::size_t least = ~std::size_t{0};
  for (unsigned w = 1; w <= 6; ++w) {
    const std::size_t entries = std::size_t{1} << w, windows = (exponent_bits + w - 1) / w;
    const std::size_t cost = kScanned * n * (windows + entries) + windows * entries;
    if (cost < least) {
      least = cost;
      best = w;
    }
  }
  return best;
}
constexpr unsigned picked_window(std::size_t exponent_bits) noexcept {
  unsigned w = 1;
  while (w < 7 &&
         (exponent_bits + w - 1) / w + (std::size_t{1} << w) > (exponent_bits + w) / (w + 1) + (std::size_t{2} << w))
    ++w;
  return w;
}
// e / (w + 1) products and 2^(w - 1) for the odd powers
constexpr unsigned sliding_window(std::size_t exponent_bits) noexcept {
  unsigned w = 1;
  while (w < 8 &&
         exponent_bits / (w + 1) + (std::size_t{1} << (w - 1)) > exponent_bits / (w + 2) + (std::size_t{1} << w))
    ++w;
  return w;
}

// r = entry index of the table in each lane
inline void scan(Factor* r, const Factor* table, std::size_t entries, std::size_t n, const Word& index) noexcept {
  constexpr std::size_t kBlock = 16;
  std::size_t at = 0;
  const auto block = [&]<std::size_t B>() {
    Word found[B];
#pragma GCC unroll 16
    for (std::size_t j = 0; j < B; ++j) found[j] = bits(table[at + j]);
    for (std::size_t e = 1; e < entries; ++e) {
      const LaneMask mask = equal_mask(index, broadcast(e));
#pragma GCC unroll 16
      for (std::size_t j = 0; j < B; ++j) found[j] = select(found[j], bits(table[e * n + at + j]), mask);
    }
#pragma GCC unroll 16
    for (std::size_t j = 0; j < B; ++j) r[at + j] = from_bits(found[j]);
  };
  for (; at + kBlock <= n; at += kBlock) block.template operator()<kBlock>();
  for (; at + 4 <= n; at += 4) block.template operator()<4>();
  for (; at < n; ++at) block.template operator()<1>();
}

// The same; addresses follow the index.
inline void pick_var(Factor* r, const Factor* table, std::size_t n, const Word& index) noexcept {
  std::uint64_t entry[kLanes];
  store(entry, index);
  const std::uint64_t* words = reinterpret_cast<const std::uint64_t*>(table);
  for (std::size_t lane = 0; lane < kLanes; ++lane) entry[lane] = entry[lane] * n * kLanes + lane;
  const Word from = load(entry);
  for (std::size_t j = 0; j < n; ++j) r[j] = from_bits(gather(words + kLanes * j, from));
}

// Bits up to the highest one set among the rows.
inline std::size_t longest_var(const std::uint64_t* const (&rows)[kLanes], std::size_t count) noexcept {
  std::size_t bits = 0;
  for (const std::uint64_t* row : rows)
    for (std::size_t w = count; w-- > 0;)
      if (row[w] != 0) {
        std::size_t b = 64;
        while ((row[w] >> (b - 1)) == 0) --b;
        bits = 64 * w + b > bits ? 64 * w + b : bits;
        break;
      }
  return bits;
}

}  // namespace detail

inline constexpr std::size_t kStopEvery = 8;  // windows

// accumulator = base ^ exponent; false after a stop. Fixed windows, from `bits` of the exponents in e, `words` long.
template <class A, class Find>
bool fixed_windows(const A& f, Factor* accumulator, const Factor* base, Factor* table, Factor* found, const Word* e,
                   std::size_t words, std::size_t bits, unsigned w, Stop stop, const Find& find) noexcept {
  const std::size_t n = f.digits(), entries = std::size_t{1} << w;
  detail::copy_digits(table, f.one(), n);
  detail::copy_digits(table + n, base, n);
  for (std::size_t i = 2; i < entries; i += 2) {
    f.sqr(table + i * n, table + i / 2 * n);
    f.mul(table + (i + 1) * n, table + i * n, base);
  }
  std::size_t at = (bits - 1) / w * w;
  find(accumulator, table, entries, n, bits_at(e, words, at, w));
  for (std::size_t windows = 1; at > 0; ++windows) {
    if (windows % kStopEvery == 0 && stop()) return false;
    at -= w;
    for (unsigned i = 0; i < w; ++i) f.sqr(accumulator, accumulator);
    find(found, table, entries, n, bits_at(e, words, at, w));
    f.mul(accumulator, accumulator, found);
  }
  return true;
}

// The same for one exponent, of `bits` >= 1 bits, in all lanes; table of 2^(w - 1) odd powers.
template <class A>
bool sliding_windows(const A& f, Factor* accumulator, const Factor* base, Factor* table, Factor* square,
                     const std::uint64_t* e, std::size_t bits, unsigned w, Stop stop) noexcept {
  const std::size_t n = f.digits();
  const auto bit = [&](std::size_t i) { return (e[i / 64] >> (i % 64) & 1) != 0; };
  detail::copy_digits(table, base, n);
  if (w > 1) f.sqr(square, base);
  for (std::size_t i = 1; i < std::size_t{1} << (w - 1); ++i) f.mul(table + i * n, table + (i - 1) * n, square);
  bool started = false;
  std::size_t steps = 0;
  for (std::size_t at = bits; at > 0;) {
    if (++steps % (kStopEvery * 4) == 0 && stop()) return false;
    if (!bit(at - 1)) {
      f.sqr(accumulator, accumulator);
      --at;
      continue;
    }
    std::size_t low = at > w ? at - w : 0, odd = 0;
    while (!bit(low)) ++low;
    for (std::size_t i = at; i-- > low;) odd = 2 * odd + bit(i);
    if (started) {
      for (std::size_t i = low; i < at; ++i) f.sqr(accumulator, accumulator);
      f.mul(accumulator, accumulator, table + odd / 2 * n);
    } else {
      detail::copy_digits(accumulator, table + odd / 2 * n, n);
      started = true;
    }
    at = low;
  }
  return true;
}

struct PowerPlan {
  unsigned window;
  std::size_t table;  // entries
};
// By sizes alone, so that scratch can be asked for.
template <class A>
PowerPlan power_plan(const PowerGroup& group) noexcept {
  const std::size_t bits = 64 * group.exponent_words;
  const unsigned secret = detail::secret_window(bits, A::product_scans(group.bits)),
                 picked = detail::picked_window(bits), sliding = detail::sliding_window(bits);
  if (!group.variable) return {secret, std::size_t{1} << secret};
  const std::size_t a = std::size_t{1} << picked, b = std::size_t{1} << (sliding - 1);
  return {0, a > b ? a : b};
}

template <class A = Arithmetic>
std::size_t power_scratch(const PowerGroup& group) noexcept {
  const std::size_t n = A::value_digits(group.bits);
  return A::scratch_words(group.bits) + kLanes * ((power_plan<A>(group).table + 3) * n + group.exponent_words + kLanes);
}

template <class A = Arithmetic>
void power(const PowerGroup& group, std::uint64_t* memory, Stop stop) noexcept {
  Scratch scratch(memory);
  const A f(prepared<A>(group.moduli, group.bits), scratch);
  const std::size_t n = f.digits();
  const PowerPlan plan = power_plan<A>(group);
  Factor *base = scratch.take<Factor>(n), *accumulator = scratch.take<Factor>(n), *found = scratch.take<Factor>(n),
         *table = scratch.take<Factor>(plan.table * n);
  Word* e = scratch.take<Word>(group.exponent_words + kLanes);
  f.enter(base, group.bases, group.words);

  std::size_t lengths[kLanes], bits = 64 * group.exponent_words;
  for (std::size_t& length : lengths) length = group.exponent_words;
  load_rows(e, group.exponent_words, group.exponents, lengths);
  if (!group.variable) {
    if (!fixed_windows(f, accumulator, base, table, found, e, group.exponent_words, bits, plan.window, stop,
                       detail::scan))
      return;
  } else {
    bool shared = true;
    for (const std::uint64_t* row : group.exponents) shared = shared && row == group.exponents[0];
    bits = detail::longest_var(group.exponents, group.exponent_words);
    if (bits == 0) {
      detail::copy_digits(accumulator, f.one(), n);
    } else if (shared) {
      if (!sliding_windows(f, accumulator, base, table, found, group.exponents[0], bits, detail::sliding_window(bits),
                           stop))
        return;
    } else {
      const auto pick = [](Factor* r, const Factor* t, std::size_t, std::size_t digits, const Word& index) noexcept {
        detail::pick_var(r, t, digits, index);
      };
      if (!fixed_windows(f, accumulator, base, table, found, e, group.exponent_words, bits, detail::picked_window(bits),
                         stop, pick))
        return;
    }
  }
  f.leave(group.out, group.words, accumulator);
}

inline std::size_t multiply_scratch(const MultiplyGroup& group) noexcept {
  return Arithmetic::scratch_words(group.bits) + kLanes * 2 * digits_of_modulus(group.bits);
}

// a R times b, b as it is where it is below R; else b R, and a product more to leave.
inline void multiply(const MultiplyGroup& group, std::uint64_t* memory) noexcept {
  Scratch scratch(memory);
  const Arithmetic f(prepared<Arithmetic>(group.moduli, group.bits), scratch);
  Factor *a = scratch.take<Factor>(f.digits()), *b = scratch.take<Factor>(f.digits());
  f.enter(a, group.a, group.words);
  if (f.fits(group.words)) {
    f.read(b, group.b, group.words);
    f.mul(a, a, b);  // below 5 m
    f.write(group.out, group.words, a);
  } else {
    f.enter(b, group.b, group.words);
    f.mul(a, a, b);
    f.leave(group.out, group.words, a);
  }
}

}  // namespace lanes::big

ASSAY_ISA_END
