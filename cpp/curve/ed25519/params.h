// edwards25519, the twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2 over F_p, p = 2^255 - 19, d = -121665 / 121666.
//
// Source: RFC 8032, section 5.1; Bernstein, Duif, Lange, Schwabe, Yang, "High-speed high-security signatures" (2012).
// Birationally equivalent to Curve25519 (RFC 7748). The group has order 8 L, with the prime
// L = 2^252 + 27742317777372353535851937790883648493. -1 is a square (p = 1 mod 4) and d is none, so the addition law
// is complete: it holds for every pair of points, those of small order among them (Bernstein, Birkner, Joye, Lange,
// Peters, "Twisted Edwards curves", AFRICACRYPT 2008, section 6). Discrete logarithms take about 2^126 steps.
//
// Derived: p = 5 mod 8, so square roots are a^((p + 3) / 8), up to the factor sqrt(-1) = 2^((p - 1) / 4).
// B has y = 4 / 5 and the even x.
#pragma once

#include "field/params.h"

namespace assay::ed25519 {

constexpr Limbs<4> kModulus = {0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff};

// Canonical limbs of d, 2 d, sqrt(-1) and B.
constexpr Limbs<4> kD = {0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73};
constexpr Limbs<4> kTwiceD = {0xebd69b9426b2f159, 0x00e0149a8283b156, 0x198e80f2eef3d130, 0x2406d9dc56dffce7};
constexpr Limbs<4> kSqrtMinusOne = {0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7, 0x2b8324804fc1df0b};
constexpr Limbs<4> kBaseX = {0xc9562d608f25d51a, 0x692cc7609525a7b2, 0xc0a4e231fdd6dc5c, 0x216936d3cd6e53fe};
constexpr Limbs<4> kBaseY = {0x6666666666666658, 0x6666666666666666, 0x6666666666666666, 0x6666666666666666};

// The field of scalars, modulo L.
struct ScalarParams {
  static constexpr std::size_t N = 4;
  static constexpr Limbs<4> modulus = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0x0000000000000000, 0x1000000000000000};
};

}  // namespace assay::ed25519
