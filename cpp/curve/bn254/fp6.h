// F_{p^6} = F_{p^2}[v] / (v^3 - xi) of BN254: c0 + c1 v + c2 v^2.
//
// Source: Devegili, O'hEigeartaigh, Scott, Dahab, "Multiplication and squaring on pairing-friendly fields", IACR ePrint
// 2006/471, section 4. Cost in F_{p^2}: multiplication 6, squaring 5 (CH-SQR2: 2 products, 3 squares), inverse 12.
#pragma once

#include "curve/bn254/fp2.h"

ASSAY_ISA_BEGIN
namespace bn254 {

struct Fp6 {
  Fp2 c0, c1, c2;

  static constexpr Fp6 zero() noexcept { return {Fp2::zero(), Fp2::zero(), Fp2::zero()}; }
  static constexpr Fp6 one() noexcept { return {Fp2::one(), Fp2::zero(), Fp2::zero()}; }
  bool is_zero() const noexcept { return c0.is_zero() & c1.is_zero() & c2.is_zero(); }
};

inline bool operator==(const Fp6& a, const Fp6& b) noexcept { return (a.c0 == b.c0) & (a.c1 == b.c1) & (a.c2 == b.c2); }
inline Fp6 operator+(const Fp6& a, const Fp6& b) noexcept { return {a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2}; }
inline Fp6 operator-(const Fp6& a, const Fp6& b) noexcept { return {a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2}; }
inline Fp6 operator-(const Fp6& a) noexcept { return {-a.c0, -a.c1, -a.c2}; }

// v a
inline Fp6 mul_v(const Fp6& a) noexcept { return {mul_xi(a.c2), a.c0, a.c1}; }

inline Fp6 operator*(const Fp6& a, const Fp6& b) noexcept {
  const Fp2 v0 = a.c0 * b.c0, v1 = a.c1 * b.c1, v2 = a.c2 * b.c2;
  return {v0 + mul_xi((a.c1 + a.c2) * (b.c1 + b.c2) - v1 - v2), (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1 + mul_xi(v2),
          (a.c0 + a.c2) * (b.c0 + b.c2) - v0 - v2 + v1};
}

inline Fp6 operator*(const Fp6& a, const Fp2& s) noexcept { return {a.c0 * s, a.c1 * s, a.c2 * s}; }

// a (b0 + b1 v): 5 products
inline Fp6 mul_01(const Fp6& a, const Fp2& b0, const Fp2& b1) noexcept {
  const Fp2 v0 = a.c0 * b0, v1 = a.c1 * b1;
  return {v0 + mul_xi((a.c1 + a.c2) * b1 - v1), (a.c0 + a.c1) * (b0 + b1) - v0 - v1, (a.c0 + a.c2) * b0 - v0 + v1};
}

inline Fp6 sqr(const Fp6& a) noexcept {
  const Fp2 s0 = sqr(a.c0), s1 = dbl(a.c0 * a.c1), s2 = sqr(a.c0 - a.c1 + a.c2), s3 = dbl(a.c1 * a.c2), s4 = sqr(a.c2);
  return {s0 + mul_xi(s3), s1 + mul_xi(s4), s1 + s2 + s3 - s0 - s4};
}

// a^-1 = (t0 + t1 v + t2 v^2) / N(a)
inline Fp6 inverse_var(const Fp6& a) noexcept {
  const Fp2 t0 = sqr(a.c0) - mul_xi(a.c1 * a.c2);
  const Fp2 t1 = mul_xi(sqr(a.c2)) - a.c0 * a.c1;
  const Fp2 t2 = sqr(a.c1) - a.c0 * a.c2;
  return Fp6{t0, t1, t2} * inverse_var(a.c0 * t0 + mul_xi(a.c2 * t1 + a.c1 * t2));
}

}  // namespace bn254
ASSAY_ISA_END
