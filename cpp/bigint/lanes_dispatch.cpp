#include <cstring>

#include "bigint/lanes_kernel.h"
#include "bigint/power_row.h"
#include "cpu/known_answer.h"

namespace assay {

#if defined(ASSAY_X86)
namespace {

using u64 = std::uint64_t;

KnownAnswer answers;

// Powers and products of eight rows against the same row by row, whose arithmetic has its own known answer. Moduli of
// both kinds of digits, all ones and mixed, of different sizes; bases of all ones; every window of short exponents.
bool agrees(const LanesKernel& kernel, std::size_t words) noexcept {
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
    const std::size_t size = words - lane % 2;
    rows[lane][size - 1] |= u64{1} << 63;
    if (moduli[lane].assign(rows[lane], size) != Status::ok) return false;
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

bool usable(IsaLevel level, const LanesKernel& kernel) noexcept {
  return answers.holds(level, "arithmetic of big numbers in lanes",
                       [&] { return agrees(kernel, 5) && agrees(kernel, 18); });
}

}  // namespace
#endif

const LanesKernel* lanes_kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() == IsaLevel::ifma && usable(IsaLevel::ifma, kBigintIfma)) return &kBigintIfma;
  if (isa_level() >= IsaLevel::avx512 && usable(IsaLevel::avx512, kBigintAvx512)) return &kBigintAvx512;
#endif
  return nullptr;
}

}  // namespace assay
