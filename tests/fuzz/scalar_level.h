// The same operations element by element over Fe: the reference, and the scalar levels against each other.
#pragma once

#include "field/fe.h"
#include "lanes_cases.h"

ASSAY_ISA_BEGIN
namespace fuzz_scalar {

constexpr std::uint64_t kMask = (std::uint64_t{1} << 52) - 1;

// The integer of five limbs below 2^260, as an element.
template <class F>
F element(const fuzz::Case& c, std::size_t operand, std::size_t lane) noexcept {
  std::uint64_t l[fuzz::kLimbs];
  for (std::size_t j = 0; j < fuzz::kLimbs; ++j) l[j] = c.limb[operand][j][lane];
  const std::uint64_t low[4] = {l[0] | l[1] << 52, l[1] >> 12 | l[2] << 40, l[2] >> 24 | l[3] << 28,
                                l[3] >> 36 | l[4] << 16};
  static const F two256 = F::raw(Montgomery<typename F::Params>::r_squared);  // 2^512 in Montgomery form is 2^256
  return F::from_limbs_reduce(low) + F::from_u64(l[4] >> 48) * two256;
}

template <class F>
void run(fuzz::Operation operation, const fuzz::Case* cases, fuzz::Outcome* outcomes, std::size_t count) noexcept {
  using fuzz::Operation;
  static const F r = F::from_u64(std::uint64_t{1} << 52) * F::from_u64(std::uint64_t{1} << 52) *
                     F::from_u64(std::uint64_t{1} << 52) * F::from_u64(std::uint64_t{1} << 52) *
                     F::from_u64(std::uint64_t{1} << 52);  // 2^260
  static const F r_inverse = inverse(r), inverse_of_power = inverse(F::from_u64(std::uint64_t{1} << fuzz::kDivideBits));
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t lane = 0; lane < fuzz::kLanes; ++lane) {
      const auto x = [&](std::size_t k) noexcept { return element<F>(cases[i], k, lane); };
      F y;
      switch (operation) {
        case Operation::mul:
          y = x(0) * x(1) * r_inverse;
          break;
        case Operation::sqr:
          y = sqr(x(0)) * r_inverse;
          break;
        case Operation::mul_add:
          y = mul_add(x(0), x(1), x(2), x(3)) * r_inverse;
          break;
        case Operation::chord: {
          const F a = x(0), b = x(1), c = x(2), d = x(3);
          F slope, run;
          sub_lazy_into(slope, c, d);
          mul_lazy_into(slope, slope, r_inverse);
          sub_lazy_into(run, a, b);
          y = run * sqr(slope) - a - b;  // two reductions: R^-2
          break;
        }
        case Operation::sum:
          y = x(0) + x(1);
          add_lazy_into(y, y, x(2) + x(3));
          y *= F::one();  // brings it below p
          break;
        case Operation::difference:
          y = x(0) - x(1);
          break;
        case Operation::constant:
          y = x(0) * x(1);
          break;
        case Operation::divide:
          y = x(0) * inverse_of_power;
          break;
        case Operation::tidy:
          y = x(0) + x(1) + x(2) - x(3);
          break;
        case Operation::settle:
          y = x(0) - x(1);
          break;
        case Operation::shrink:
        case Operation::reduce:
        case Operation::rows:
          y = x(0);
          break;
        case Operation::inverse:  // of x R in Montgomery form: R^2 / (x R)
          y = inverse_var(x(0)) * sqr(r);
          break;
      }
      std::uint64_t w[4];
      y.to_limbs(w);
      const std::uint64_t limbs[fuzz::kLimbs] = {w[0] & kMask, (w[0] >> 52 | w[1] << 12) & kMask,
                                                 (w[1] >> 40 | w[2] << 24) & kMask, (w[2] >> 28 | w[3] << 36) & kMask,
                                                 w[3] >> 16};
      for (std::size_t j = 0; j < fuzz::kLimbs; ++j) outcomes[i].limb[j][lane] = limbs[j];
    }
  }
}

inline void run_field(fuzz::Field field, fuzz::Operation operation, const fuzz::Case* cases, fuzz::Outcome* outcomes,
                      std::size_t count) noexcept {
  return field == fuzz::Field::fp ? run<Fp>(operation, cases, outcomes, count)
                                  : run<Fr>(operation, cases, outcomes, count);
}

}  // namespace fuzz_scalar
ASSAY_ISA_END
