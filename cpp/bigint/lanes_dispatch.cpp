#include <cstring>

#include "bigint/lanes_group.h"
#include "bigint/lanes_kernel.h"
#include "bigint/power_row.h"
#include "cpu/known_answer.h"

namespace assay {

#if defined(ASSAY_X86)
namespace {

using u64 = std::uint64_t;

KnownAnswer answers;

Status assign(Modulus& modulus, const u64* row, std::size_t size, bool squared) noexcept {
  return squared ? modulus.assign_square(row, size) : modulus.assign(row, size);
}

// Powers and products of eight rows against the same row by row, whose arithmetic has its own known answer. Moduli of
// both kinds of digits, all ones and mixed, of different sizes; bases of all ones; every window of short exponents.
// Where the moduli are squares, their roots have half the words.
bool agrees(const LanesKernel& kernel, std::size_t words, bool squares) noexcept {
  constexpr std::size_t kMost = 20;
  u64 state = 0x9e3779b97f4a7c15, rows[kLanes][kMost], bases[kLanes][kMost], exponents[kLanes], out[kLanes][kMost];
  Modulus moduli[kLanes];
  ModulusView views[kLanes];
  PowerGroup power = {};
  MultiplyGroup product = {};
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (std::size_t i = 0; i < words; ++i) {
      for (u64* word : {&rows[lane][i], &bases[lane][i]}) {
        state = state * 6364136223846793005 + 1442695040888963407;
        *word = lane % 4 == 0 ? ~u64{0} : state ^ state >> 29;
      }
    }
    rows[lane][0] |= 1;
    const std::size_t size = (squares ? words / 2 : words) - lane % 2;
    rows[lane][size - 1] |= u64{1} << 63;
    if (assign(moduli[lane], rows[lane], size, squares) != Status::ok) return false;
    views[lane] = moduli[lane].view();
    exponents[lane] = state | u64{1} << 63;
    power.bits = views[lane].bits > power.bits ? views[lane].bits : power.bits;
    power.bases[lane] = product.a[lane] = product.b[(lane + 1) % kLanes] = bases[lane];
    power.exponents[lane] = &exponents[lane];
    power.out[lane] = product.out[lane] = out[lane];
  }
  Words prepared, scratch, table;
  if (prepared.allocate(kernel.moduli_words(power.bits)) != Status::ok) return false;
  kernel.prepare(views, prepared.data());
  power.moduli = product.moduli = prepared.data();
  product.bits = power.bits;
  power.words = product.words = words;
  power.exponent_words = 1;
  for (const bool variable : {false, true}) {
    power.variable = variable;
    if (scratch.allocate(kernel.power_scratch(power)) != Status::ok) return false;
    kernel.power(power, scratch.data(), Stop{});
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      u64 want[kMost] = {};
      Montgomery arithmetic;
      if (arithmetic.assign(moduli[lane]) != Status::ok) return false;
      if (table.allocate(power_table_words(arithmetic.size(), 1)) != Status::ok) return false;
      power_row(arithmetic, {bases[lane], words, &exponents[lane], 1, want, table.data()}, Stop{});
      if (std::memcmp(want, out[lane], 8 * words) != 0) return false;
    }
  }
  if (squares) return true;
  if (scratch.allocate(kernel.multiply_scratch(product)) != Status::ok) return false;
  kernel.multiply(product, scratch.data());
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    u64 x[kMost], y[kMost], want[kMost] = {};
    Montgomery arithmetic;
    if (arithmetic.assign(moduli[lane]) != Status::ok) return false;
    arithmetic.enter(x, product.a[lane], words);
    arithmetic.enter(y, product.b[lane], words);
    arithmetic.mul(x, x, y);
    arithmetic.leave(want, x);
    if (std::memcmp(want, out[lane], 8 * words) != 0) return false;
  }
  return true;
}

// One modulus in all lanes: powers of one base from a table of 1 to 3 in windows of two bits, and products of three
// short powers, against Montgomery's arithmetic row by row.
bool products_agree(const LanesKernel& kernel, std::size_t words, bool squares) noexcept {
  constexpr std::size_t kMost = 20, kTerms = 3, kDigits = 3, kEntries = 4, kWindows = 2;
  u64 state = 0x2545f4914f6cdd1d, rows[(kTerms + 2) * kMost], table[kWindows * kEntries * kMost];
  u64 exponents[kLanes][kTerms], out[kLanes][kMost], correction[kMost], two[kMost] = {2};
  for (std::size_t i = 0; i < (kTerms + 2) * words; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    rows[i] = i % 5 == 3 ? ~u64{0} : state ^ state >> 29;
  }
  u64 *modulus_row = rows + kTerms * words, *head = modulus_row + words;
  modulus_row[0] |= 1;
  const std::size_t size = squares ? words / 2 : words;
  modulus_row[size - 1] |= u64{1} << 63;
  Modulus modulus;
  Montgomery m;
  Words prepared, scratch;
  if (assign(modulus, modulus_row, size, squares) != Status::ok || m.assign(modulus) != Status::ok) return false;
  if (prepare_lanes(kernel, modulus, prepared) != Status::ok) return false;

  u64 base[kMost], power[kMost], want[kMost];
  m.enter(base, rows, words);
  for (std::size_t t = 0; t < kWindows; ++t) {
    std::memcpy(table + t * kEntries * words, m.one(), 8 * words);
    std::memcpy(power, m.one(), 8 * words);
    for (std::size_t d = 1; d < kEntries; ++d) {
      m.mul(power, power, base);
      m.canonical(table + (t * kEntries + d) * words, power);
    }
    m.mul(base, power, base);  // its fourth power
  }
  const std::size_t digits = squares ? lanes_root_digits(modulus.bits()) : lanes_digits(modulus.bits());
  const u64 doublings = (52 * digits - 64 * size) * kWindows;
  Words powers;
  if (powers.allocate(power_table_words(words, 1)) != Status::ok) return false;
  power_row(m, {two, words, &doublings, 1, correction, powers.data()}, Stop{});
  m.enter(correction, correction, words);
  m.unscale(correction, correction);
  FixedBaseGroup fixed = {prepared.data(), modulus.bits(), table, correction, words, kWindows, 2, {}, {}, 1, 2};
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (std::size_t j = 0; j < kTerms; ++j) exponents[lane][j] = lane + 5 * j < 16 ? 15 - lane - 5 * j : 3 * lane;
    fixed.exponents[0][lane] = fixed.exponents[1][kLanes - 1 - lane] = exponents[lane];
    fixed.out[0][lane] = fixed.out[1][kLanes - 1 - lane] = out[lane];
  }
  if (scratch.allocate(kernel.fixed_base_scratch(fixed)) != Status::ok) return false;
  kernel.fixed_base(fixed, scratch.data());
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    power_row(m, {rows, words, exponents[lane], 1, want, powers.data()}, Stop{});
    if (std::memcmp(want, out[lane], 8 * words) != 0) return false;
  }

  ShortProductsGroup group = {prepared.data(), modulus.bits(), words, kTerms, 1, kDigits, 2, false, {}, {}, {}, {}, {}};
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    group.bases[lane] = rows;
    group.exponents[lane] = exponents[lane];
    group.heads[lane] = head;
    group.out[lane] = out[lane];
    group.counts[lane] = kTerms - lane % 2;  // where one is missing it counts as 1
  }
  for (const bool variable : {false, true}) {
    group.variable = variable;
    if (scratch.allocate(kernel.short_products_scratch(group)) != Status::ok) return false;
    kernel.short_products(group, scratch.data());
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const u64 raised = u64{1} << 2 * (kDigits - 1);
      power_row(m, {head, words, &raised, 1, power, powers.data()}, Stop{});
      m.enter(want, power, words);
      for (std::size_t j = 0; j < group.counts[lane]; ++j) {
        power_row(m, {rows + j * words, words, &exponents[lane][j], 1, power, powers.data()}, Stop{});
        m.enter(power, power, words);
        m.mul(want, want, power);
      }
      m.leave(want, want);
      if (std::memcmp(want, out[lane], 8 * words) != 0) return false;
    }
  }
  return true;
}

bool usable(IsaLevel level, const LanesKernel& kernel, const LanesKernel& squares) noexcept {
  return answers.holds(level, "arithmetic of big numbers in lanes", [&] {
    return agrees(kernel, 5, false) && agrees(kernel, 18, false) && products_agree(kernel, 18, false) &&
           agrees(squares, 18, true) && products_agree(squares, 18, true);
  });
}

}  // namespace
#endif

const LanesKernel* lanes_kernel(bool in_pairs) noexcept {
#if defined(ASSAY_X86)
  if (isa_level() == IsaLevel::ifma && usable(IsaLevel::ifma, kBigintIfma, kBigintSquaresIfma))
    return in_pairs ? &kBigintSquaresIfma : &kBigintIfma;
  if (isa_level() >= IsaLevel::avx512 && usable(IsaLevel::avx512, kBigintAvx512, kBigintSquaresAvx512))
    return in_pairs ? &kBigintSquaresAvx512 : &kBigintAvx512;
#endif
  return nullptr;
}

}  // namespace assay
