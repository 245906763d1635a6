// Products of powers from tables, eight at a time: of one base whose table is ready, and of a few bases each.
//
//   fixed base:  out = prod_t table[t][digit t of e],  table[t][d] = base^(d 2^(w t))     (bigint/fixed_base.h)
//   few bases:   out = head^(2^(w (digits - 1))) prod_j base_j^(e_j)                       (bigint/short_products.h)
//
// Secret digits read every entry of their table, masks keep the one that a lane asks for; public ones are gathered.
#pragma once

#include <type_traits>

#include "bigint/lanes_power.h"
#include "bigint/lanes_squares.h"

ASSAY_ISA_BEGIN

namespace lanes::big {

// --- fixed base ----------------------------------------------------------------------------------------------------

template <class A = Arithmetic>
std::size_t fixed_base_scratch(const FixedBaseGroup& group) noexcept {
  const std::size_t n = A::value_digits(group.bits);
  return A::scratch_words(group.bits) +
         kLanes * ((group.groups + 1) * n + group.words + kLanes + group.groups * (group.exponent_words + kLanes));
}

namespace detail {

// found[0, words) <- row index[lane] of entries of `words` words, the same for all lanes
inline void scan_words(Word* found, const std::uint64_t* entries, std::size_t count, std::size_t words,
                       const Word& index) noexcept {
  const auto block = [&]<std::size_t B>(std::size_t at) {
    Word value[B];
#pragma GCC unroll 16
    for (std::size_t j = 0; j < B; ++j) value[j] = broadcast(entries[at + j]);
    for (std::size_t e = 1; e < count; ++e) {
      const LaneMask mask = equal_mask(index, broadcast(e));
      const std::uint64_t* entry = entries + e * words + at;
#pragma GCC unroll 16
      for (std::size_t j = 0; j < B; ++j) value[j] = select(value[j], broadcast(entry[j]), mask);
    }
#pragma GCC unroll 16
    for (std::size_t j = 0; j < B; ++j) found[at + j] = value[j];
  };
  std::size_t at = 0;
  for (; at + 16 <= words; at += 16) block.template operator()<16>(at);
  for (; at < words; ++at) block.template operator()<1>(at);
}

}  // namespace detail

// The table holds residues x R64 mod m, below m, and a product here divides by R = 2^(52 n): with T windows the product
// of the entries is off by R64^T / R^(T - 1), which `correction` = R^T / R64^T mod m puts right in one more.
template <class A = Arithmetic>
void fixed_base(const FixedBaseGroup& group, std::uint64_t* memory) noexcept {
  Scratch scratch(memory);
  const A f(prepared<A>(group.moduli, group.bits), scratch);
  const std::size_t n = f.digits(), words = group.words, entries = std::size_t{1} << group.window;
  const std::size_t stride = group.exponent_words + kLanes;
  Factor *accumulators = scratch.take<Factor>(group.groups * n), *factor = scratch.take<Factor>(n);
  Word *found = scratch.take<Word>(words + kLanes), *e = scratch.take<Word>(group.groups * stride);
  std::size_t lengths[kLanes];
  for (std::size_t& length : lengths) length = group.exponent_words;
  for (std::size_t g = 0; g < group.groups; ++g)
    load_rows(e + g * stride, group.exponent_words, group.exponents[g], lengths);
  for (std::size_t t = 0; t < group.windows; ++t)
    for (std::size_t g = 0; g < group.groups; ++g) {
      const Word index = bits_at(e + g * stride, group.exponent_words, t * group.window, group.window);
      Factor* accumulator = accumulators + g * n;
      detail::scan_words(found, group.table + t * entries * words, entries, words, index);
      f.from_words(t == 0 ? accumulator : factor, found, words);
      if (t > 0) f.mul(accumulator, accumulator, factor);  // a factor below m: below 3 m
    }
  for (std::size_t j = 0; j < words; ++j) found[j] = broadcast(group.correction[j]);
  f.from_words(factor, found, words);
  for (std::size_t g = 0; g < group.groups; ++g) {
    f.mul(accumulators + g * n, accumulators + g * n, factor);
    f.write(group.out[g], words, accumulators + g * n);
  }
}

// --- few bases -----------------------------------------------------------------------------------------------------

template <class A = Arithmetic>
std::size_t short_products_scratch(const ShortProductsGroup& group) noexcept {
  const std::size_t n = A::value_digits(group.bits);
  return A::scratch_words(group.bits) +
         kLanes * (2 * n + (group.terms << group.window) * n + (group.terms + 1) * (group.exponent_words + kLanes)) +
         group.words + kLanes;
}

template <class A = Arithmetic>
void short_products(const ShortProductsGroup& group, std::uint64_t* memory) noexcept {
  Scratch scratch(memory);
  const A f(prepared<A>(group.moduli, group.bits), scratch);
  const std::size_t n = f.digits(), entries = std::size_t{1} << group.window, stride = group.exponent_words + kLanes;
  Factor *accumulator = scratch.take<Factor>(n), *found = scratch.take<Factor>(n),
         *tables = scratch.take<Factor>(group.terms * entries * n);
  Word* exponents = scratch.take<Word>(group.terms * stride);
  std::uint64_t* one = scratch.take<std::uint64_t>(group.words);
  for (std::size_t i = 0; i < group.words; ++i) one[i] = i == 0;

  for (std::size_t j = 0; j < group.terms; ++j) {
    const std::uint64_t *rows[kLanes], *digits[kLanes];
    std::size_t lengths[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const bool there = j < group.counts[lane];
      rows[lane] = there ? group.bases[lane] + j * group.words : one;
      digits[lane] = group.exponents[lane] + (there ? j * group.exponent_words : 0);
      lengths[lane] = there ? group.exponent_words : 0;
    }
    load_rows(exponents + j * stride, group.exponent_words, digits, lengths);
    Factor* table = tables + j * entries * n;
    detail::copy_digits(table, f.one(), n);
    f.enter(table + n, rows, group.words);
    for (std::size_t e = 2; e < entries; e += 2) {
      f.sqr(table + e * n, table + e / 2 * n);
      f.mul(table + (e + 1) * n, table + e * n, table + n);
    }
  }
  f.enter(accumulator, group.heads, group.words);
  for (std::size_t t = group.digits; t-- > 0;) {
    if (t + 1 < group.digits)
      for (unsigned i = 0; i < group.window; ++i) f.sqr(accumulator, accumulator);
    for (std::size_t j = 0; j < group.terms; ++j) {
      const Word index = bits_at(exponents + j * stride, group.exponent_words, t * group.window, group.window);
      const Factor* table = tables + j * entries * n;
      if (!group.variable) {
        detail::scan(found, table, entries, n, index);
      } else {
        if (zero_mask(index) == 0xff) continue;
        detail::pick_var(found, table, n, index);
      }
      f.mul(accumulator, accumulator, found);
    }
  }
  f.leave(group.out, group.words, accumulator);
}

// --- the table of a level --------------------------------------------------------------------------------------------

// break-evens: as in LanesKernel, which depend on the level alone
using BreakEven = std::size_t (*)(unsigned modulus_bits) noexcept;
template <class A>
constexpr LanesKernel kernel(BreakEven power_break_even, BreakEven multiply_break_even) noexcept {
  LanesKernel table = {.power_break_even = power_break_even,
                       .multiply_break_even = multiply_break_even,
                       .moduli_words = moduli_words<A>,
                       .prepare = prepare<A>,
                       .power_scratch = power_scratch<A>,
                       .multiply_scratch = nullptr,
                       .power = power<A>,
                       .multiply = nullptr,
                       .fixed_base_scratch = fixed_base_scratch<A>,
                       .short_products_scratch = short_products_scratch<A>,
                       .fixed_base = fixed_base<A>,
                       .short_products = short_products<A>};
  if constexpr (std::is_same_v<A, Arithmetic>) {
    table.multiply_scratch = multiply_scratch;
    table.multiply = multiply;
  }
  return table;
}

}  // namespace lanes::big

ASSAY_ISA_END
