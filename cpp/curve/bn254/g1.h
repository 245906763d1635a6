// G1 of BN254 (alt_bn128): E: y^2 = x^3 + 3 over F_p, the whole curve, of prime order r (cofactor 1), generator (1, 2).
//
// Parameters (Barreto, Naehrig, "Pairing-friendly elliptic curves of prime order", SAC 2005; EIP-196, EIP-197), all
// derived from u = 4965661367192848881:
//   p = 36 u^4 + 36 u^3 + 24 u^2 + 6 u + 1          the field, 254 bits
//   r = 36 u^4 + 36 u^3 + 18 u^2 + 6 u + 1          the order of G1, G2 and GT
//   t = 6 u^2 + 1                                   the trace of Frobenius, r = p + 1 - t
//   embedding degree 12: r | p^12 - 1
//   G2: E': y^2 = x^3 + 3 / (9 + i) over F_{p^2}, of order r (2 p - r), a sextic twist of E of type D
// Security: about 100 bits, by the special tower number field sieve in F_{p^12} (Kim, Barbulescu, CRYPTO 2016;
// Barbulescu, Duquesne, J. Cryptology 2019). It is here because the EVM's precompiles and today's circuits use it.
#pragma once

#include "curve/multiply.h"
#include "curve/weierstrass.h"

ASSAY_ISA_BEGIN
namespace bn254 {

using G1Affine = Affine<Fp>;
using G1Jacobian = Jacobian<Fp>;
using G1XYZZ = XYZZ<Fp>;

inline constexpr std::uint64_t kU = 4965661367192848881;

inline constexpr Fp kG1B = Fp::from_u64(3);
inline constexpr G1Affine kG1Generator = {Fp::one(), Fp::from_u64(2)};
static_assert(is_on_curve(kG1Generator, kG1B));

// On the curve; that is membership of the group, the cofactor being 1.
constexpr bool is_in_g1(const G1Affine& p) noexcept { return is_on_curve(p, kG1B); }

}  // namespace bn254
ASSAY_ISA_END
