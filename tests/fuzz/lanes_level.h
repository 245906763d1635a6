// The operations in eight lanes, compiled for each level that has them.
#pragma once

#include "field/lanes/constant.h"
#include "field/lanes/inverse.h"
#include "field/lanes/quotient.h"
#include "lanes_cases.h"

ASSAY_ISA_BEGIN
namespace fuzz_lanes {

template <class P>
void run(fuzz::Operation operation, const fuzz::Case* cases, fuzz::Outcome* outcomes, std::size_t count) noexcept {
  using L = lanes::Lanes<P>;
  using fuzz::Operation;
  static_assert(L::K == fuzz::kLimbs<P>);
  const auto operand = [](const fuzz::Case& c, std::size_t k) noexcept {
    L x;
    for (std::size_t j = 0; j < L::K; ++j) x.limb[j] = lanes::load(c.limb[k][j]);
    return x;
  };
  const auto each = [&](auto&& body) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      const L r = body(cases[i]);
      for (std::size_t j = 0; j < L::K; ++j) lanes::store(outcomes[i].limb[j], r.limb[j]);
    }
  };
  switch (operation) {
    case Operation::mul:
      return each([&](const fuzz::Case& c) { return mul(operand(c, 0), operand(c, 1)); });
    case Operation::sqr:
      return each([&](const fuzz::Case& c) { return sqr(operand(c, 0)); });
    case Operation::mul_add:
      return each(
          [&](const fuzz::Case& c) { return mul_add(operand(c, 0), operand(c, 1), operand(c, 2), operand(c, 3)); });
    case Operation::chord:  // (a - b) (c - d)^2 - a - b
      return each([&](const fuzz::Case& c) {
        const L a = operand(c, 0), b = operand(c, 1);
        const L slope = carry(operand(c, 2) - operand(c, 3) + lanes::multiple<P, 4>());
        const L x = mul(carry(a - b + lanes::multiple<P, 4>()), sqr(slope));
        return carry(x - a - b + lanes::multiple<P, 8>());
      });
    case Operation::sum:
      return each(
          [&](const fuzz::Case& c) { return carry(operand(c, 0) + operand(c, 1) + operand(c, 2) + operand(c, 3)); });
    case Operation::difference:
      return each([&](const fuzz::Case& c) { return carry(operand(c, 0) - operand(c, 1) + lanes::multiple<P, 40>()); });
    case Operation::reduce:
      return each([&](const fuzz::Case& c) { return reduce(operand(c, 0)); });
    case Operation::rows:
      return each([&](const fuzz::Case& c) {
        std::uint64_t rows[P::N * lanes::kLanes];
        store_rows(rows, operand(c, 0));
        return lanes::load_rows<P>(rows);
      });
    case Operation::constant:
      return each([&](const fuzz::Case& c) {
        constexpr auto kRSquared = params::power_of_two_mod(2 * lanes::kRadixBits * L::K, P::modulus);
        const L factor = reduce(operand(c, 1));
        return carry(mul(operand(c, 0), make_constant(factor, reduce(mul(factor, L::raw(kRSquared))))));
      });
    case Operation::shrink:
      return each([&](const fuzz::Case& c) { return carry(shrink(operand(c, 0))); });
    case Operation::divide:
      return each([&](const fuzz::Case& c) { return divide(operand(c, 0), fuzz::kDivideBits); });
    case Operation::tidy:
      return each([&](const fuzz::Case& c) {
        const lanes::Wide<P> sum = operand(c, 0) + operand(c, 1) + operand(c, 2) - operand(c, 3);
        return lanes::tidy<80>(sum + lanes::multiple<P, 20>());
      });
    case Operation::settle:
      return each(
          [&](const fuzz::Case& c) { return lanes::settle(operand(c, 0) - operand(c, 1) + lanes::multiple<P, 5>()); });
    case Operation::inverse: {
      constexpr std::size_t kBatch = 64;
      L x[kBatch], scratch[kBatch];
      for (std::size_t begin = 0; begin < count; begin += kBatch) {
        const std::size_t n = count - begin < kBatch ? count - begin : kBatch;
        for (std::size_t i = 0; i < n; ++i) x[i] = operand(cases[begin + i], 0);
        lanes::batch_inverse_var(x, n, scratch);
        for (std::size_t i = 0; i < n; ++i)
          for (std::size_t j = 0; j < L::K; ++j) lanes::store(outcomes[begin + i].limb[j], x[i].limb[j]);
      }
      return;
    }
  }
}

inline void run_field(fuzz::Field field, fuzz::Operation operation, const fuzz::Case* cases, fuzz::Outcome* outcomes,
                      std::size_t count) noexcept {
  fuzz::with_params(field, [&]<class P>() { run<P>(operation, cases, outcomes, count); });
}

}  // namespace fuzz_lanes
ASSAY_ISA_END
