// The witness program: what computes every wire of a circuit, and what must hold of them, in the order of the circuit.
//
// Registers hold field elements; register 0 is one, registers 1 .. ports the arguments. A step reads linear expressions
// over registers and writes `size` registers from `out` on. The constraint steps are the circuit as it was written,
// before elimination: the R1CS is derived from them. Elements are four limbs in Montgomery form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "field/params.h"

namespace assay {

// One coefficient times one register (or variable, or column).
struct Term {
  std::uint32_t wire, coefficient;
  friend bool operator==(const Term&, const Term&) = default;
};

enum class StepKind : std::uint16_t {
  linear = 0,  // out = e0, an alias that constrains nothing
  mul = 1,     // hints: computed, not constrained
  inverse = 2,
  div = 3,
  is_zero = 4,
  equal = 5,
  less = 6,
  select = 7,
  bits = 8,     // immediates: count, start
  divmod = 9,   // immediates: low and high word of the divisor
  sqrt = 10,    // the root up to (r - 1) / 2
  lookup = 11,  // immediates: coefficient indices
  last_hint = 11,
  product = 32,  // out = e0 e1, computed and constrained
  define = 33,   // out = e0, computed and constrained
  demand = 34,   // e0 e1 = e2
  repeat = 35,   // the group of stamps numbered `out`
};

struct Step {
  StepKind kind;
  std::uint16_t inputs;
  std::uint32_t out, size;
  std::uint32_t expression;  // the first of `inputs` expressions
  std::uint32_t immediate;   // the first immediate
  std::uint32_t frame, site;
};

struct Program {
  std::vector<Step> steps;
  std::vector<std::uint32_t> offsets{0};  // expression e holds terms offsets[e] .. offsets[e + 1] - 1
  std::vector<Term> terms;
  std::vector<std::uint32_t> immediates;
  std::uint32_t registers = 1;
};

// A program as plain pointers: what crosses between instruction-set levels.
struct ProgramView {
  const Step* steps;
  std::size_t count;
  const std::uint32_t* offsets;
  const Term* terms;
  const std::uint32_t* immediates;
  const std::uint64_t* coefficients;
};

struct RunnerKernel {
  // steps [begin, end); repeat steps are the caller's
  void (*run)(const ProgramView& p, std::size_t begin, std::size_t end, std::uint64_t* registers) noexcept;
  // the first constraint step in [begin, end) that does not hold, or end; `all` also looks at products and definitions
  std::size_t (*check)(const ProgramView& p, std::size_t begin, std::size_t end, const std::uint64_t* registers,
                       bool all) noexcept;
  // out[i] <- expression first + i
  void (*linear)(const ProgramView& p, std::size_t first, std::size_t count, const std::uint64_t* registers,
                 std::uint64_t* out) noexcept;
  // canonical limbs to Montgomery form (false if one is not below r), and back
  bool (*encode)(const std::uint64_t* in, std::uint64_t* out, std::size_t count) noexcept;
  void (*decode)(const std::uint64_t* in, std::uint64_t* out, std::size_t count) noexcept;
};
extern const RunnerKernel kRunnerPortable;
#if defined(ASSAY_X86)
extern const RunnerKernel kRunnerAdx;
#endif
const RunnerKernel& runner_kernel() noexcept;

}  // namespace assay
