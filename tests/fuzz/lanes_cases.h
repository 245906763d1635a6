// One case: four operands of eight elements each, in radix 2^52 and not reduced; the operation; the result. Every level
// computes it from the same limbs, so levels of lanes must agree in every bit and scalar levels modulo p.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "field/params.h"

namespace assay::fuzz {

// BLS12-381's base field (Bowe, 2017): six words, eight limbs in radix 2^52. It is no part of the product; it is here
// so that nothing in the lanes depends on the five limbs of BN254.
struct Bls12381FpParams {
  static constexpr std::size_t N = 6;
  static constexpr Limbs<6> modulus = {0xb9feffffffffaaab, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
                                       0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a};
  static constexpr std::uint64_t generator = 2;
  static constexpr unsigned two_adicity = 1;
};

enum class Field : int { fp, fr, wide };
inline constexpr Field kFields[] = {Field::fp, Field::fr, Field::wide};
inline constexpr const char* kFieldNames[] = {"Fp", "Fr", "Fp of BLS12-381"};

// f.operator()<P>() for the parameters P of the field
template <class Function>
auto with_params(Field field, const Function& f) {
  switch (field) {
    case Field::fp:
      return f.template operator()<Bn254FpParams>();
    case Field::fr:
      return f.template operator()<Bn254FrParams>();
    default:
      return f.template operator()<Bls12381FpParams>();
  }
}

inline constexpr std::size_t kMaxLimbs = 8, kLanes = 8, kOperands = 4;
inline constexpr std::uint64_t kMask = (std::uint64_t{1} << 52) - 1;

// limbs of an element: two bits more than the modulus has
template <class P>
inline constexpr std::size_t kLimbs = (64 * P::N - std::countl_zero(P::modulus[P::N - 1]) + 2 + 51) / 52;

// N words in radix 2^52
template <class P>
[[gnu::always_inline]] constexpr std::array<std::uint64_t, kLimbs<P>> to_radix52(const std::uint64_t* words) noexcept {
  std::array<std::uint64_t, kLimbs<P>> limbs{};
  for (std::size_t j = 0; j < kLimbs<P>; ++j) {
    const std::size_t word = 52 * j / 64, shift = 52 * j % 64;
    if (word < P::N) limbs[j] = words[word] >> shift;
    if (shift > 12 && word + 1 < P::N) limbs[j] |= words[word + 1] << (64 - shift);
    limbs[j] &= kMask;
  }
  return limbs;
}

enum class Operation : int {
  mul,
  sqr,
  mul_add,
  chord,
  sum,
  difference,
  reduce,
  rows,
  constant,
  shrink,
  divide,
  tidy,
  settle,
  inverse
};
inline constexpr int kOperations = 14;
inline constexpr const char* kNames[kOperations] = {"mul",        "sqr",    "mul_add", "chord",    "sum",
                                                    "difference", "reduce", "rows",    "constant", "shrink",
                                                    "divide",     "tidy",   "settle",  "inverse"};

// The operand bounds of an operation, in multiples of p: what its contract in field/lanes allows. 0: not read.
struct Bounds {
  std::uint64_t a, b, c, d;
};
inline constexpr Bounds kBounds[kOperations] = {
    {9, 9, 0, 0}, {9, 0, 0, 0},  {6, 7, 5, 8},  {4, 4, 4, 4},  {20, 20, 20, 20}, {20, 40, 0, 0}, {4, 0, 0, 0},
    {5, 0, 0, 0}, {84, 1, 0, 0}, {84, 0, 0, 0}, {84, 0, 0, 0}, {20, 20, 20, 20}, {5, 5, 0, 0},   {4, 0, 0, 0}};

// Where the bounds of a field differ: mul and a product by a constant take what 2^(52 K) / p allows (84 for BN254,
// 2^35.3 for BLS12-381), shrink what the top limb of p allows (17 bits for BLS12-381), settle 8 times the power of two
// next above p.
template <class P>
constexpr Bounds bounds_of(Operation operation) noexcept {
  if (kLimbs<P> > 5 && operation == Operation::constant) return {std::uint64_t{1} << 35, 1, 0, 0};
  if (kLimbs<P> > 5 && operation == Operation::shrink) return {100000, 0, 0, 0};
  if (kLimbs<P> > 5 && operation == Operation::settle) return {4, 5, 0, 0};
  return kBounds[static_cast<int>(operation)];
}
// Pairs of one large and one small factor, which mul allows too.
template <class P>
inline constexpr Bounds kSkewBounds = kLimbs<P> > 5 ? Bounds{1 << 18, 1 << 17, 0, 0} : Bounds{84, 1, 0, 0};

struct alignas(64) Case {
  std::uint64_t limb[kOperands][kMaxLimbs][kLanes];
};
struct alignas(64) Outcome {
  std::uint64_t limb[kMaxLimbs][kLanes];
};

inline constexpr unsigned kDivideBits = 7;

// Lanes: the result as it comes, not reduced. Scalar: the canonical value of the representation, limbs in radix 2^52.
struct Level {
  const char* name;
  bool lanes;
  void (*run)(Field, Operation, const Case*, Outcome*, std::size_t count) noexcept;
};
extern const Level kPortable, kModel;
#if defined(ASSAY_X86)
extern const Level kAdx, kAvx512, kIfma;
#endif

}  // namespace assay::fuzz
