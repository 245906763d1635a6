// The verifier's kernels in eight lanes (verify_avx512.cpp, verify_ifma.cpp): what a batch does for each proof. One
// proof alone is verified by the scalar code of the level.
#pragma once

#include "curve/bn254/lanes_pairing.h"
#include "groth16/verify_kernel.h"

ASSAY_ISA_BEGIN
namespace groth16_verify {

namespace together = bn254::side_by_side;

inline Status load_proofs_in_lanes(const std::uint64_t* proofs, std::size_t n, std::uint64_t* points) noexcept {
  if (n < 3) return load_proofs(proofs, n, points);
  for (std::size_t begin = 0; begin < n; begin += together::kWidth) {
    const std::size_t count = std::min(together::kWidth, n - begin);
    G2Affine b[together::kWidth];
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t* p = points + kProofWords * (begin + i);
      ASSAY_TRY(load_on_curves(proofs + kProofWords * (begin + i), p));
      b[i] = load<G2Affine>(p + kG1Words);
    }
    const unsigned all = (1u << count) - 1;
    if (together::in_g2_var(b, count) != all) return Status::not_in_subgroup;
  }
  return Status::ok;
}

inline void miller_in_lanes(const std::uint64_t* points, const std::uint64_t* rho, std::size_t n,
                            std::uint64_t* out) noexcept {
  constexpr std::size_t kPairs = 64;
  Fp12 product = Fp12::one();
  for (std::size_t begin = 0; begin < n; begin += kPairs) {
    const std::size_t count = std::min(kPairs, n - begin);
    G1Affine p[kPairs];
    G2Affine q[kPairs];
    std::size_t used = 0;
    for (std::size_t i = 0; i < count; i += together::kWidth) {
      const std::size_t width = std::min(together::kWidth, count - i);
      G1Affine a[together::kWidth], scaled[together::kWidth];
      for (std::size_t k = 0; k < width; ++k) a[k] = load<G1Affine>(points + kProofWords * (begin + i + k));
      together::mul128_var(a, rho + 2 * (begin + i), width, scaled);
      for (std::size_t k = 0; k < width; ++k) {
        if (scaled[k].is_infinity()) continue;  // rho = 0: the pair counts as 1
        p[used] = scaled[k];
        q[used++] = load<G2Affine>(points + kProofWords * (begin + i + k) + kG1Words);
      }
    }
    product = product * together::miller_loop_var(p, q, used);
  }
  store(out, product);
}

inline constexpr Groth16VerifyKernel kLanesTable = {
    (sizeof(PreparedKey) + 7) / 8, prepare, load_proofs_in_lanes, check, miller_in_lanes, check_batch, alpha_beta, 64};

}  // namespace groth16_verify
ASSAY_ISA_END
