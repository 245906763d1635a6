// Included before everything else (-include) in a build that counts 64-bit products in field arithmetic.
//
// Every multiplication of the portable level goes through mac(acc, a, b, carry) of field/limbs.h. From here on the name
// means a function that counts, so that the kernels are counted as they are, without a line in them. A multiplication
// in Fp or Fr is 32 of these (the 4 that choose the multiples of p are not counted). One thread only.
#pragma once

#include <cstdint>
#include <type_traits>

#include "field/limbs.h"

namespace assay {
inline std::uint64_t word_products = 0;
}

ASSAY_ISA_BEGIN
[[gnu::always_inline]] constexpr std::uint64_t counted_mac(std::uint64_t acc, std::uint64_t a, std::uint64_t b,
                                                           std::uint64_t& carry) noexcept {
  if (!std::is_constant_evaluated()) ++word_products;
  return mac(acc, a, b, carry);
}
ASSAY_ISA_END

#define mac counted_mac
