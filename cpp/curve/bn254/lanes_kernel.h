// The table of lane kernels of one level (lanes_avx512.cpp, lanes_ifma.cpp).
#pragma once

#include <cstring>

#include "curve/bn254/lanes.h"
#include "curve/bn254/lanes_pairing.h"

ASSAY_ISA_BEGIN
namespace bn254::side_by_side {

inline void miller(const std::uint64_t* g1, const std::uint64_t* g2, std::size_t n, std::uint64_t* gt) noexcept {
  const bn254::Fp12 f =
      miller_loop_var(reinterpret_cast<const G1Affine*>(g1), reinterpret_cast<const G2Affine*>(g2), n);
  std::memcpy(gt, &f, sizeof f);
}
inline unsigned in_g2(const std::uint64_t* g2, std::size_t n) noexcept {
  return in_g2_var(reinterpret_cast<const G2Affine*>(g2), n);
}
inline void mul128(const std::uint64_t* g1, const std::uint64_t* k, std::size_t n, std::uint64_t* out) noexcept {
  mul128_var(reinterpret_cast<const G1Affine*>(g1), k, n, reinterpret_cast<G1Affine*>(out));
}

inline constexpr Bn254LanesKernel kTable = {miller, in_g2, mul128};

}  // namespace bn254::side_by_side
ASSAY_ISA_END
