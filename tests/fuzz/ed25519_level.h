// One level's field of Ed25519, as the fuzzer calls it. A case is eight pairs of elements, limb j of element i in
// a[j][i], limbs below 2^51 + 2^16.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::fuzz {

constexpr std::size_t kElements = 8, kLimbs = 5;
using Elements = std::uint64_t[kLimbs][kElements];

// sum: 2 a b + a^2 - b^2; loose: (2 a + 2 b) (a - b) of sums that are not carried
enum class Ed25519Operation { mul, sqr, add, sub, canonical, loose, sum, count };

struct Ed25519Level {
  const char* name;
  void (*run)(Ed25519Operation operation, const Elements& a, const Elements& b, Elements& out) noexcept;
};
extern const Ed25519Level kEd25519Portable, kEd25519Model;
#if defined(ASSAY_X86)
extern const Ed25519Level kEd25519Adx, kEd25519Avx512, kEd25519Ifma;
#endif

}  // namespace assay::fuzz
