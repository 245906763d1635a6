// The body of Ed25519Level::run, compiled for each level; F is an Fe51 with its products.
#pragma once

#include "curve/ed25519/field51.h"
#include "ed25519_level.h"

namespace assay::fuzz {
inline namespace ASSAY_ISA {

template <class F>
F apply(Ed25519Operation operation, const F& a, const F& b) noexcept {
  using Operation = Ed25519Operation;
  switch (operation) {
    case Operation::mul:
      return mul(a, b);
    case Operation::sqr:
      return sqr(a);
    case Operation::add:
      return add(a, b);
    case Operation::sub:
      return sub(a, b);
    case Operation::canonical:
      return canonical(a);
    case Operation::loose:
      return mul(operand(wide(a) + wide(a) + wide(b) + wide(b)), operand(wide(a) - wide(b)));
    default: {
      const auto product = mul_wide(a, b);
      return carry(product + product + (sqr_wide(a) - sqr_wide(b)));
    }
  }
}

template <class F>
void run(Ed25519Operation operation, const Elements& a, const Elements& b, Elements& out) noexcept {
  for (std::size_t first = 0; first < kElements; first += F::T::kLanes) {
    F x, y;
    for (std::size_t j = 0; j < kLimbs; ++j) {
      x.limb[j] = F::T::load(&a[j][first]);
      y.limb[j] = F::T::load(&b[j][first]);
    }
    x = apply(operation, x, y);  // in place
    for (std::size_t j = 0; j < kLimbs; ++j) F::T::store(&out[j][first], x.limb[j]);
  }
}

}  // namespace ASSAY_ISA
}  // namespace assay::fuzz
