// A level of bigint_levels.h, compiled for each instruction set.
#pragma once

#include "bigint/lanes_products.h"
#include "bigint_levels.h"

ASSAY_ISA_BEGIN
namespace fuzz_bigint {

template <class A>
void montgomery(const std::uint64_t* moduli, unsigned bits, const std::uint64_t* a, const std::uint64_t* b,
                std::uint64_t* r, std::uint64_t* memory) noexcept {
  using namespace lanes;
  using namespace lanes::big;
  Scratch scratch(memory);
  const A f(prepared<A>(moduli, bits), scratch);
  const std::size_t n = f.digits();
  Factor *x = scratch.take<Factor>(n), *y = scratch.take<Factor>(n);
  for (std::size_t j = 0; j < n; ++j) {
    x[j] = factor(load(a + lanes::kLanes * j));
    y[j] = factor(b == nullptr ? broadcast(0) : load(b + lanes::kLanes * j));
  }
  b == nullptr ? f.sqr(x, x) : f.mul(x, x, y);
  for (std::size_t j = 0; j < n; ++j) store(r + lanes::kLanes * j, number(x[j]) & broadcast(kRadixMask));
}
template <class A>
std::size_t montgomery_scratch(unsigned bits) noexcept {
  return A::scratch_words(bits) + 2 * lanes::kLanes * A::value_digits(bits);
}
inline std::size_t always(unsigned) noexcept { return 1; }

}  // namespace fuzz_bigint
ASSAY_ISA_END

#define ASSAY_FUZZ_BIGINT_LEVEL(name)                                                          \
  {name,                                                                                       \
   lanes::big::kernel<lanes::big::Arithmetic>(fuzz_bigint::always, fuzz_bigint::always),       \
   lanes::big::kernel<lanes::big::SquareArithmetic>(fuzz_bigint::always, fuzz_bigint::always), \
   fuzz_bigint::montgomery<lanes::big::Arithmetic>,                                            \
   fuzz_bigint::montgomery_scratch<lanes::big::Arithmetic>,                                    \
   fuzz_bigint::montgomery<lanes::big::SquareArithmetic>,                                      \
   fuzz_bigint::montgomery_scratch<lanes::big::SquareArithmetic>}
