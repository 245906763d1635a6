// The body of the witness runner, compiled once for each level (runner_portable.cpp, runner_adx.cpp).
//
// Variable time: the prover holds the witness and runs this at home.
#pragma once

#include "circuit/program.h"
#include "circuit/r1cs.h"
#include "field/fe.h"
#include "field/roots.h"

ASSAY_ISA_BEGIN
namespace runner {

inline Fr value(const ProgramView& p, std::size_t expression, const Fr* x) noexcept {
  const Fr* coefficients = reinterpret_cast<const Fr*>(p.coefficients);
  Fr sum = Fr::zero();
  for (std::uint32_t k = p.offsets[expression]; k < p.offsets[expression + 1]; ++k) {
    const Term t = p.terms[k];
    if (t.coefficient == R1cs::kOne) {
      sum += x[t.wire];
    } else if (t.coefficient == R1cs::kMinusOne) {
      sum -= x[t.wire];
    } else {
      sum += coefficients[t.coefficient] * x[t.wire];
    }
  }
  return sum;
}

inline bool less(const std::uint64_t* a, const std::uint64_t* b) noexcept {
  for (std::size_t i = 4; i-- > 0;)
    if (a[i] != b[i]) return a[i] < b[i];
  return false;
}

inline void split_bits(const Fr& x, std::uint32_t count, std::uint32_t start, Fr* out) noexcept {
  std::uint64_t limbs[4];
  x.to_limbs(limbs);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t bit = start + i;
    out[i] = (limbs[bit / 64] >> (bit % 64)) & 1 ? Fr::one() : Fr::zero();
  }
}

inline void split_divisor(const Fr& x, std::uint64_t divisor, Fr* out) noexcept {
  std::uint64_t limbs[4], rest = 0;
  x.to_limbs(limbs);
  for (std::size_t i = 4; i-- > 0;) {
    const u128 t = (static_cast<u128>(rest) << 64) | limbs[i];
    limbs[i] = static_cast<std::uint64_t>(t / divisor);
    rest = static_cast<std::uint64_t>(t % divisor);
  }
  out[0] = Fr::from_limbs_unchecked(limbs);
  out[1] = Fr::from_u64(rest);
}

inline Fr small_root(const Fr& x) noexcept {
  Fr root;
  if (sqrt_var(root, x) != Status::ok) return Fr::zero();
  std::uint64_t a[4], b[4];
  root.to_limbs(a);
  (-root).to_limbs(b);
  return less(b, a) ? -root : root;
}

inline void step(const ProgramView& p, const Step& s, Fr* x) noexcept {
  const auto input = [&](std::uint32_t i) { return value(p, s.expression + i, x); };
  const std::uint32_t* immediate = p.immediates + s.immediate;
  const auto bit = [](bool b) { return b ? Fr::one() : Fr::zero(); };
  switch (s.kind) {
    case StepKind::linear:
    case StepKind::define:
      x[s.out] = input(0);
      break;
    case StepKind::mul:
    case StepKind::product:
      x[s.out] = input(0) * input(1);
      break;
    case StepKind::inverse:
      x[s.out] = inverse_var(input(0));
      break;
    case StepKind::div:
      x[s.out] = input(0) * inverse_var(input(1));
      break;
    case StepKind::is_zero:
      x[s.out] = bit(input(0).is_zero());
      break;
    case StepKind::equal:
      x[s.out] = bit(input(0) == input(1));
      break;
    case StepKind::less: {
      std::uint64_t a[4], b[4];
      input(0).to_limbs(a);
      input(1).to_limbs(b);
      x[s.out] = bit(less(a, b));
      break;
    }
    case StepKind::select:
      x[s.out] = input(0).is_zero() ? input(2) : input(1);
      break;
    case StepKind::bits:
      split_bits(input(0), immediate[0], immediate[1], x + s.out);
      break;
    case StepKind::divmod:
      split_divisor(input(0), immediate[0] | static_cast<std::uint64_t>(immediate[1]) << 32, x + s.out);
      break;
    case StepKind::sqrt:
      x[s.out] = small_root(input(0));
      break;
    case StepKind::lookup: {
      std::uint64_t i[4];
      input(0).to_limbs(i);
      const bool inside = (i[1] | i[2] | i[3]) == 0 && i[0] < *immediate;
      x[s.out] = inside ? reinterpret_cast<const Fr*>(p.coefficients)[immediate[1 + i[0]]] : Fr::zero();
      break;
    }
    case StepKind::demand:
    case StepKind::repeat:
      break;
  }
}

inline void run(const ProgramView& p, std::size_t begin, std::size_t end, std::uint64_t* registers) noexcept {
  Fr* x = reinterpret_cast<Fr*>(registers);
  for (std::size_t i = begin; i < end; ++i) step(p, p.steps[i], x);
}

inline bool holds(const ProgramView& p, const Step& s, const Fr* x, bool all) noexcept {
  const auto input = [&](std::uint32_t i) { return value(p, s.expression + i, x); };
  if (s.kind == StepKind::demand) return input(0) * input(1) == input(2);
  if (!all) return true;
  if (s.kind == StepKind::product) return input(0) * input(1) == x[s.out];
  if (s.kind == StepKind::define) return input(0) == x[s.out];
  return true;
}

inline std::size_t check(const ProgramView& p, std::size_t begin, std::size_t end, const std::uint64_t* registers,
                         bool all) noexcept {
  const Fr* x = reinterpret_cast<const Fr*>(registers);
  for (std::size_t i = begin; i < end; ++i)
    if (!holds(p, p.steps[i], x, all)) return i;
  return end;
}

inline void linear(const ProgramView& p, std::size_t first, std::size_t count, const std::uint64_t* registers,
                   std::uint64_t* out) noexcept {
  Fr* result = reinterpret_cast<Fr*>(out);
  for (std::size_t i = 0; i < count; ++i) result[i] = value(p, first + i, reinterpret_cast<const Fr*>(registers));
}

inline bool encode(const std::uint64_t* in, std::uint64_t* out, std::size_t count) noexcept {
  Fr* result = reinterpret_cast<Fr*>(out);
  for (std::size_t i = 0; i < count; ++i)
    if (Fr::from_limbs(result[i], in + 4 * i) != Status::ok) return false;
  return true;
}

inline void decode(const std::uint64_t* in, std::uint64_t* out, std::size_t count) noexcept {
  const Fr* x = reinterpret_cast<const Fr*>(in);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t limbs[4];
    x[i].to_limbs(limbs);
    for (std::size_t k = 0; k < 4; ++k) out[4 * i + k] = limbs[k];
  }
}

}  // namespace runner
ASSAY_ISA_END
