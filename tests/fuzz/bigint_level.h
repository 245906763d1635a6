// A level of bigint_levels.h, compiled for each instruction set.
#pragma once

#include "bigint/lanes_products.h"
#include "bigint_levels.h"

ASSAY_ISA_BEGIN
namespace fuzz_bigint {

inline void montgomery(const std::uint64_t* moduli, unsigned bits, const std::uint64_t* a, const std::uint64_t* b,
                       std::uint64_t* r, std::uint64_t* memory) noexcept {
  using namespace lanes;
  using namespace lanes::big;
  Scratch block(const_cast<std::uint64_t*>(moduli)), scratch(memory);
  const Arithmetic f(Constants(digits_of_modulus(bits), block), scratch);
  const std::size_t n = f.digits();
  Factor *x = scratch.take<Factor>(n), *y = scratch.take<Factor>(n);
  for (std::size_t j = 0; j < n; ++j) {
    x[j] = factor(load(a + lanes::kLanes * j));
    y[j] = factor(b == nullptr ? broadcast(0) : load(b + lanes::kLanes * j));
  }
  b == nullptr ? f.sqr(x, x) : f.mul(x, x, y);
  for (std::size_t j = 0; j < n; ++j) store(r + lanes::kLanes * j, number(x[j]) & broadcast(kRadixMask));
}
inline std::size_t montgomery_scratch(unsigned bits) noexcept {
  const std::size_t n = lanes::big::digits_of_modulus(bits);
  return lanes::big::Arithmetic::scratch_words(n) + 2 * lanes::kLanes * n;
}
inline std::size_t always(unsigned) noexcept { return 1; }

}  // namespace fuzz_bigint
ASSAY_ISA_END

#define ASSAY_FUZZ_BIGINT_LEVEL(name)                                                                 \
  {name,                                                                                              \
   {fuzz_bigint::always, fuzz_bigint::always, lanes::big::moduli_words, lanes::big::prepare,          \
    lanes::big::power_scratch, lanes::big::multiply_scratch, lanes::big::power, lanes::big::multiply, \
    lanes::big::fixed_base_scratch, lanes::big::short_products_scratch, lanes::big::fixed_base,       \
    lanes::big::short_products},                                                                      \
   fuzz_bigint::montgomery,                                                                           \
   fuzz_bigint::montgomery_scratch}
