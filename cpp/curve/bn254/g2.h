// G2 of BN254: the subgroup of order r of E': y^2 = x^3 + 3 / (9 + i) over F_{p^2}, of order r (2 p - r).
//
// Generator: EIP-197. The curve's parameters are in curve/bn254/g1.h.
#pragma once

#include "curve/bn254/fp2.h"
#include "curve/bn254/g1.h"

ASSAY_ISA_BEGIN
namespace bn254 {

using G2Affine = Affine<Fp2>;
using G2Jacobian = Jacobian<Fp2>;
using G2XYZZ = XYZZ<Fp2>;

inline constexpr Fp2 kG2B = inverse(kXi) * kG1B;
inline constexpr G2Affine kG2Generator = {
    {Fp::from_limbs_unchecked({0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76}),
     Fp::from_limbs_unchecked({0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a})},
    {Fp::from_limbs_unchecked({0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb}),
     Fp::from_limbs_unchecked({0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075})}};
static_assert(is_on_curve(kG2Generator, kG2B));

}  // namespace bn254
ASSAY_ISA_END
