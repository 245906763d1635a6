// The batch kernels of the levels with eight lanes (batch_avx512.cpp, batch_ifma.cpp): those of the scalar level but
// for products of pairings and membership of G2.
#pragma once

#include "curve/bn254/batch_kernel.h"
#include "curve/bn254/lanes_pairing.h"

ASSAY_ISA_BEGIN
namespace bn254::batch_kernel {

constexpr std::size_t kFewPairs = 3;  // where eight lanes, some of them idle, begin to win

// Product over the pairs without a point at infinity.
inline Fp12 miller_in_lanes(const G1Affine* p, const G2Affine* q, std::size_t n) noexcept {
  G1Affine g1[kPairingChunk];
  G2Affine g2[kPairingChunk];
  std::size_t used = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (p[i].is_infinity() || q[i].is_infinity()) continue;
    g1[used] = p[i];
    g2[used++] = q[i];
  }
  return used < kFewPairs ? miller_loop_var(g1, g2, used) : side_by_side::miller_loop_var(g1, g2, used);
}

// ok where every point, which is on the curve, is in the subgroup; else bad is one that is not
inline Status members_in_lanes(const G2Affine* q, std::size_t n, std::size_t* bad) noexcept {
  constexpr std::size_t kWidth = side_by_side::kWidth;
  std::size_t index[kWidth], used = 0;
  G2Affine points[kWidth];
  for (std::size_t i = 0; i < n; ++i) {
    if (!q[i].is_infinity()) {
      index[used] = i;
      points[used++] = q[i];
    }
    if (used == 0 || (used < kWidth && i + 1 < n)) continue;
    const unsigned inside = side_by_side::in_g2_var(points, used);
    for (std::size_t k = 0; k < used; ++k) {
      if ((inside >> k) & 1) continue;
      *bad = index[k];
      return Status::not_in_subgroup;
    }
    used = 0;
  }
  return Status::ok;
}

inline constexpr Bn254Kernel kLanesKernel = {
    membership, add, neg, mul, encode, decode, pairing_product<members_in_lanes, miller_in_lanes>, gt_mul, gt_pow};

}  // namespace bn254::batch_kernel
ASSAY_ISA_END
