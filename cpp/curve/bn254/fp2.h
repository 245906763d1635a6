// F_{p^2} = F_p[i] / (i^2 + 1) of BN254, and xi = 9 + i, neither a square nor a cube there: the tower and the twist are
// built on it (EIP-197).
#pragma once

#include "field/quadratic.h"
#if defined(ASSAY_FIELD_ASM_ADX)
#include "curve/bn254/xi_adx.h"
#endif

ASSAY_ISA_BEGIN
namespace bn254 {

using Fp2 = Quadratic<Fp>;

inline constexpr Fp2 kXi = {Fp::from_u64(9), Fp::one()};

// xi a = (9 c0 - c1) + (c0 + 9 c1) i
constexpr Fp2 mul_xi(const Fp2& a) noexcept {
#if defined(ASSAY_FIELD_ASM_ADX)
  if (!std::is_constant_evaluated()) {
    Fp minus;
    Fp2 r;
    sub_lazy_into(minus, Fp::zero(), a.c1);
    detail::nine_times_plus_adx(r.c0.v, a.c0.v, minus.v);
    detail::nine_times_plus_adx(r.c1.v, a.c1.v, a.c0.v);
    return r;
  }
#endif
  const Fp2 a8 = dbl(dbl(dbl(a)));
  return {a8.c0 + a.c0 - a.c1, a8.c1 + a.c1 + a.c0};
}

}  // namespace bn254
ASSAY_ISA_END
