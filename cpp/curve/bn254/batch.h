// Arrays of BN254 points behind the run-time dispatch: the face of this room for bindings, tests and benchmarks.
//
// Plain data: coordinates are canonical integers of four little-endian limbs. A G1 point is 8 limbs (x, y), a G2 point
// 16 (x.c0, x.c1, y.c0, y.c1), an element of GT 48 (the coefficients of the tower, lowest first). Infinity is all
// zeros. Every function checks what it is given: non_canonical for a coordinate >= p, not_on_curve; those that need the
// subgroup also answer not_in_subgroup. `bad` receives the index of a row that failed. Outputs may not overlap inputs.
// Threads: the pool's. Variable time, except multiplication by secret scalars.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "curve/bn254/lanes.h"

namespace assay {

enum class CurveGroup : int { g1 = 0, g2 = 1 };
enum class PointForm : int { eip = 0, compressed = 1 };  // see curve/bn254/encoding.h
enum class Scalars : int { secret = 0, open = 1 };  // open: public values, in variable time, 1.3 to 1.6 times faster

constexpr std::size_t point_limbs(CurveGroup group) noexcept { return group == CurveGroup::g1 ? 8 : 16; }
constexpr std::size_t point_bytes(CurveGroup group, PointForm form) noexcept {
  return (group == CurveGroup::g1 ? 64u : 128u) / (form == PointForm::eip ? 1u : 2u);
}
inline constexpr std::size_t kBn254GtLimbs = 48;

struct Bn254Kernel {
  // status[i] <- ok, non_canonical, not_on_curve or not_in_subgroup
  Status (*membership)(CurveGroup, const std::uint64_t* points, std::uint8_t* status, std::size_t n) noexcept;
  // out[i] <- a[i] + b[i]
  Status (*add)(CurveGroup, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out, std::size_t n,
                std::size_t* bad) noexcept;
  Status (*neg)(CurveGroup, const std::uint64_t* a, std::uint64_t* out, std::size_t n, std::size_t* bad) noexcept;
  // out[i] <- k[i] points[i], or k[i] points[0] if `one_base`; k any integers of 256 bits
  Status (*mul)(CurveGroup, Scalars, const std::uint64_t* points, bool one_base, const std::uint64_t* k,
                std::uint64_t* out, std::size_t n, std::size_t* bad) noexcept;
  Status (*encode)(CurveGroup, PointForm, const std::uint64_t* points, std::uint8_t* out, std::size_t n,
                   std::size_t* bad) noexcept;
  // to points of the group: not_in_subgroup is an error
  Status (*decode)(CurveGroup, PointForm, const std::uint8_t* bytes, std::uint64_t* out, std::size_t n,
                   std::size_t* bad) noexcept;
  // gt <- the product of e(p[i], q[i]); 1 for n = 0. Both arguments must be in their groups.
  Status (*pairing)(const std::uint64_t* p, const std::uint64_t* q, std::uint64_t* gt, std::size_t n,
                    std::size_t* bad) noexcept;
  // out <- a b, for elements of F_{p^12}
  Status (*gt_mul)(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out) noexcept;
  // out <- a^k for an element of GT, whose order is checked (not_in_subgroup), and k of 256 bits
  Status (*gt_pow)(const std::uint64_t* a, const std::uint64_t* k, std::uint64_t* out) noexcept;
  // Does a kernel in lanes answer as the scalar code of this level?
  bool (*agrees)(const Bn254LanesKernel& lanes) noexcept;
};

// The kernels of the level in force.
const Bn254Kernel& bn254_kernel() noexcept;

extern const Bn254Kernel kBn254Portable;
#if defined(ASSAY_X86)
extern const Bn254Kernel kBn254Adx;
#endif

}  // namespace assay
