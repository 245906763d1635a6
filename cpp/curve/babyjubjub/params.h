// Baby Jubjub, the twisted Edwards curve a x^2 + y^2 = 1 + d x^2 y^2 over BN254's Fr, a = 168700, d = 168696.
//
// Source: EIP-2494 (Whitehat, Belles, Baylina, 2020). The group has order 8 l with the prime l below; a is a square and
// d is none, so the addition law is complete (Bernstein, Birkner, Joye, Lange, Peters, "Twisted Edwards curves",
// AFRICACRYPT 2008, section 6). Base8 generates the subgroup of order l. Discrete logarithms there take about 2^125
// steps.
#pragma once

#include "field/params.h"

namespace assay::babyjubjub {

constexpr std::uint64_t kA = 168700, kD = 168696;
constexpr unsigned kCofactor = 8;

// Canonical limbs of Base8.
constexpr Limbs<4> kBase8X = {0x2893f3f6bb957051, 0x2ab8d8010534e0b6, 0x4eacb2e09d6277c1, 0x0bb77a6ad63e739b};
constexpr Limbs<4> kBase8Y = {0x4b3c257a872d7d8b, 0xfce0051fb9e13377, 0x25572e1cd16bf9ed, 0x25797203f7a0b249};

// The field of scalars. l = 2736030358979909402780800718157159386076813972158567259200215660948447373041, 251 bits.
struct ScalarParams {
  static constexpr std::size_t N = 4;
  static constexpr Limbs<4> modulus = {0x677297dc392126f1, 0xab3eedb83920ee0a, 0x370a08b6d0302b0b, 0x060c89ce5c263405};
};

}  // namespace assay::babyjubjub
