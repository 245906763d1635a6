// The same operations element by element over Fe: the reference, and the scalar levels against each other.
#pragma once

#include "field/fe.h"
#include "lanes_cases.h"

ASSAY_ISA_BEGIN
namespace fuzz_scalar {

// The integer of the limbs, below 2^(64 N + 64), as an element.
template <class F>
F element(const fuzz::Case& c, std::size_t operand, std::size_t lane) noexcept {
  using P = typename F::Params;
  std::uint64_t words[P::N + 1] = {};
  for (std::size_t j = 0; j < fuzz::kLimbs<P>; ++j) {
    const std::uint64_t limb = c.limb[operand][j][lane];
    const std::size_t word = 52 * j / 64, shift = 52 * j % 64;
    words[word] |= limb << shift;
    if (shift > 12) words[word + 1] |= limb >> (64 - shift);
  }
  static const F power = F::raw(Montgomery<P>::r_squared);  // 2^(64 N)
  return F::from_limbs_reduce(words) + F::from_u64(words[P::N]) * power;
}

// 2^(52 K)
template <class F>
F radix_power() noexcept {
  F r = F::one();
  for (std::size_t j = 0; j < fuzz::kLimbs<typename F::Params>; ++j) r *= F::from_u64(std::uint64_t{1} << 52);
  return r;
}

template <class F>
void run(fuzz::Operation operation, const fuzz::Case* cases, fuzz::Outcome* outcomes, std::size_t count) noexcept {
  using fuzz::Operation;
  using P = typename F::Params;
  static const F r = radix_power<F>();
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
      std::uint64_t words[P::N];
      y.to_limbs(words);
      const auto limbs = fuzz::to_radix52<P>(words);
      for (std::size_t j = 0; j < limbs.size(); ++j) outcomes[i].limb[j][lane] = limbs[j];
    }
  }
}

inline void run_field(fuzz::Field field, fuzz::Operation operation, const fuzz::Case* cases, fuzz::Outcome* outcomes,
                      std::size_t count) noexcept {
  fuzz::with_params(field, [&]<class P>() { run<Fe<P>>(operation, cases, outcomes, count); });
}

}  // namespace fuzz_scalar
ASSAY_ISA_END
