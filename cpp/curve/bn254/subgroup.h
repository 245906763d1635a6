// Membership of G2: is a point of E'(F_{p^2}), of order r (2 p - r), in the subgroup of order r?
//
//   Q in G2  <=>  [u + 1] Q + psi([u] Q) + psi^2([u] Q) = psi^3([2 u] Q)
//
// psi is Frobenius carried over to the twist, (x, y) -> (xi^((p-1)/3) conj x, xi^((p-1)/2) conj y); on G2 it is
// multiplication by p, and u + 1 + u X + u X^2 - 2 u X^3 vanishes at X = p mod r. Conversely the polynomial, taken
// modulo the characteristic equation psi^2 - t psi + p = 0, has a norm whose greatest common divisor with r (2 p - r)
// is r. Source: El Housni, Guillevic, Piellard, "Co-factor clearing and subgroup membership testing on pairing-friendly
// curves", AFRICACRYPT 2022, section 4. Variable time; about a quarter of a multiplication by r.
#pragma once

#include "curve/bn254/fp12.h"
#include "curve/bn254/g2.h"

ASSAY_ISA_BEGIN
namespace bn254 {

inline G2Jacobian psi(const G2Jacobian& q) noexcept {
  const auto& g = detail::kFrobenius.value;
  return {conjugate(q.x) * g[2], conjugate(q.y) * g[3], conjugate(q.z)};
}

// On the curve and in the subgroup; infinity is in it.
inline bool is_in_g2_var(const G2Affine& q) noexcept {
  if (!is_on_curve(q, kG2B)) return false;
  if (q.is_infinity()) return true;
  const std::uint64_t u = kU;
  const G2Jacobian uq = mul_var(q, &u, 1), psi_uq = psi(uq), psi2_uq = psi(psi_uq);
  return equal(add(add(add(uq, q), psi_uq), psi2_uq), dbl(psi(psi2_uq)));
}

}  // namespace bn254
ASSAY_ISA_END
