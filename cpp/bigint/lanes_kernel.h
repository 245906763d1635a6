// Eight rows at once: the table of plain functions that a level with lanes brings. bigint/power.cpp cuts batches into
// groups of eight and calls it; what it takes and gives is as in bigint/power.h.
//
// A group shorter than eight is filled up with copies of its first row, its result pointer included: a kernel reads all
// operands before it writes a result, and writes equal rows to equal places. Moduli of a group may differ in value and
// in size; each costs what the longest costs. Memory is the caller's, as many words as the kernel asks for by sizes
// alone, aligned to 64 bytes, and wiped by the caller.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bigint/modulus_view.h"
#include "bigint/stop.h"

namespace assay {

constexpr std::size_t kLanes = 8;

// Digits n of the radix 2^52 that the lanes take for a modulus N: 8 N <= R = 2^(52 n).
constexpr std::size_t lanes_digits(unsigned modulus_bits) noexcept { return (modulus_bits + 3 + 51) / 52; }
// The same for a modulus N^2 in pairs, of which the lanes take N alone: 16 N <= R = 2^(52 n).
constexpr std::size_t lanes_root_digits(unsigned modulus_bits) noexcept {
  return ((modulus_bits + 1) / 2 + 4 + 51) / 52;
}

struct PowerGroup {
  const std::uint64_t* moduli;  // what `prepare` wrote
  unsigned bits;                // of the longest
  const std::uint64_t* bases[kLanes];
  const std::uint64_t* exponents[kLanes];
  std::uint64_t* out[kLanes];         // `words` words each, those above the modulus zero
  std::size_t words, exponent_words;  // exponent_words >= 1
  bool variable;                      // time may depend on the exponents
};

struct MultiplyGroup {
  const std::uint64_t* moduli;
  unsigned bits;
  const std::uint64_t *a[kLanes], *b[kLanes];
  std::uint64_t* out[kLanes];
  std::size_t words;
};

// Powers of one base from its table of residues below N (bigint/fixed_base.h); the modulus is the same in all lanes.
// Groups of eight that share the reading of each window: fewer passes over a table that no cache of a core holds.
constexpr std::size_t kFixedBaseGroups = 4;
struct FixedBaseGroup {
  const std::uint64_t* moduli;
  unsigned bits;
  const std::uint64_t *table,
      *correction;             // [windows][2^window] rows, and one row: see bigint/lanes_products.h; or pairs
  std::size_t words, windows;  // words of a row: those of the modulus
  unsigned window;
  const std::uint64_t* exponents[kFixedBaseGroups][kLanes];
  std::uint64_t* out[kFixedBaseGroups][kLanes];
  std::size_t exponent_words, groups;  // 1 to kFixedBaseGroups of them
};

// Products of powers with short exponents (bigint/short_products.h); the modulus is the same in all lanes.
struct ShortProductsGroup {
  const std::uint64_t* moduli;
  unsigned bits;
  std::size_t words, terms;  // of a row; of the longest product
  std::size_t exponent_words, digits;
  unsigned window;
  bool variable;
  const std::uint64_t *bases[kLanes], *exponents[kLanes], *heads[kLanes];
  std::uint64_t* out[kLanes];
  std::size_t counts[kLanes];  // terms of each product
};

// Does a batch of so many rows have groups, where `least` rows are the fewest that pay?
constexpr bool lanes_pay(std::size_t count, std::size_t least) noexcept { return least <= kLanes && count >= least; }

struct LanesKernel {
  // The fewest rows for which a group takes less time than its rows one by one; kLanes + 1 where it never does. The
  // products are those of one modulus for all: `prepare` costs as much as two products of a group.
  std::size_t (*power_break_even)(unsigned modulus_bits) noexcept;
  std::size_t (*multiply_break_even)(unsigned modulus_bits) noexcept;
  // What the arithmetic needs of eight moduli, the longest of modulus_bits; groups on any thread may share it.
  std::size_t (*moduli_words)(unsigned modulus_bits) noexcept;
  void (*prepare)(const ModulusView (&moduli)[kLanes], std::uint64_t* memory) noexcept;
  std::size_t (*power_scratch)(const PowerGroup& group) noexcept;
  std::size_t (*multiply_scratch)(const MultiplyGroup& group) noexcept;
  void (*power)(const PowerGroup& group, std::uint64_t* scratch, Stop stop) noexcept;
  void (*multiply)(const MultiplyGroup& group, std::uint64_t* scratch) noexcept;
  std::size_t (*fixed_base_scratch)(const FixedBaseGroup& group) noexcept;
  std::size_t (*short_products_scratch)(const ShortProductsGroup& group) noexcept;
  void (*fixed_base)(const FixedBaseGroup& group, std::uint64_t* scratch) noexcept;
  void (*short_products)(const ShortProductsGroup& group, std::uint64_t* scratch) noexcept;
};

#if defined(ASSAY_X86)
extern const LanesKernel kBigintAvx512, kBigintIfma;
extern const LanesKernel kBigintSquaresAvx512, kBigintSquaresIfma;
#endif

// That of the level in force, its known answer tested once; null where the level has no lanes. In pairs: for moduli
// that are all known to be squares (Modulus::in_pairs); it multiplies no single rows.
const LanesKernel* lanes_kernel(bool in_pairs) noexcept;

}  // namespace assay
