// What levels with eight lanes do side by side on BN254, for the scalar code that runs around it. Points are affine, in
// the Montgomery form of field/fe.h (the same bits on every level), none at infinity. Variable time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

inline constexpr std::size_t kBn254Lanes = 8;

struct Bn254LanesKernel {
  // gt <- the product of the Miller functions of n pairs of the groups, not yet exponentiated: an Fp12 as it lies in
  // memory
  void (*miller)(const std::uint64_t* g1, const std::uint64_t* g2, std::size_t n, std::uint64_t* gt) noexcept;
  // Bit i: point i is in the subgroup of order r, for n <= 8 points of the twist
  unsigned (*in_g2)(const std::uint64_t* g2, std::size_t n) noexcept;
  // out[i] <- k[i] g1[i] for n <= 8 points and k[i] of 128 bits, [n, 2]; k[i] = 0 gives infinity
  void (*mul128)(const std::uint64_t* g1, const std::uint64_t* k, std::size_t n, std::uint64_t* out) noexcept;
};

// The kernel of the level in force for n pairs or points: nullptr where it has no lanes, or too many would be idle.
const Bn254LanesKernel* bn254_lanes(std::size_t n) noexcept;

#if defined(ASSAY_X86)
extern const Bn254LanesKernel kBn254LanesAvx512, kBn254LanesIfma;
#endif

}  // namespace assay
