// One case: four operands of eight elements each, in radix 2^52 and not reduced; the operation; the result. Every level
// computes it from the same limbs, so levels of lanes must agree in every bit and scalar levels modulo p.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::fuzz {

inline constexpr std::size_t kLimbs = 5, kLanes = 8, kOperands = 4;

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
  unsigned a, b, c, d;
};
inline constexpr Bounds kBounds[kOperations] = {
    {9, 9, 0, 0}, {9, 0, 0, 0},  {6, 7, 5, 8},  {4, 4, 4, 4},  {20, 20, 20, 20}, {20, 40, 0, 0}, {4, 0, 0, 0},
    {5, 0, 0, 0}, {84, 1, 0, 0}, {84, 0, 0, 0}, {84, 0, 0, 0}, {20, 20, 20, 20}, {5, 5, 0, 0},   {4, 0, 0, 0}};
// Pairs of one large and one small factor, which mul allows too: A B <= 84.
inline constexpr Bounds kSkewBounds = {84, 1, 0, 0};

struct alignas(64) Case {
  std::uint64_t limb[kOperands][kLimbs][kLanes];
};
struct alignas(64) Outcome {
  std::uint64_t limb[kLimbs][kLanes];
};

inline constexpr unsigned kDivideBits = 7;

enum class Field : int { fp = 0, fr = 1 };

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
