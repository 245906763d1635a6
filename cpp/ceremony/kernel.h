// The arithmetic of a set-up ceremony over BN254 (about 100 bits of security), behind the run-time dispatch.
//
// Points are affine in Montgomery form, x R and y R mod p with R = 2^256, as `.ptau` and `.zkey` files hold them: 8
// limbs in G1, 16 in G2 (x.c0, x.c1, y.c0, y.c1); infinity is all zeros. Scalars: 4 Montgomery limbs of Fr. Except for
// `check`, points are the caller's to have checked. Outputs may be the inputs. Threads: the pool's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "ceremony/chacha.h"
#include "curve/bn254/batch.h"
#include "parallel/pool.h"

namespace assay {

struct CeremonyKernel {
  // status[i] <- ok for a point of the group other than infinity; else not_invertible for infinity, non_canonical for a
  // limb pattern >= p, not_on_curve, not_in_subgroup. Variable time.
  Status (*check)(CurveGroup, const std::uint64_t* points, std::uint8_t* status, std::size_t n,
                  JobControl* control) noexcept;

  // The bytes that the ceremony's hashes take, as ffjavascript writes them: coordinates big-endian, in G2 the imaginary
  // part first. Uncompressed: x, y. Compressed: x, its top bit set if y > (p - 1) / 2 (by the imaginary part, or by the
  // real part where that is zero). Not the form of gnark-crypto, which has another flag.
  Status (*encode)(CurveGroup, bool compressed, const std::uint64_t* points, std::uint8_t* out, std::size_t n) noexcept;

  // Uniform draws from a generator as ffjavascript makes them: 254 bits until they are below the modulus, taken as the
  // Montgomery form; a point by its x and one bit for its y, in G2 then multiplied by the cofactor 2 p - r. Variable
  // time in what is thrown away only. A scalar is never zero.
  void (*draw_scalar)(Chacha20& generator, std::uint64_t* out) noexcept;
  void (*draw_point)(CurveGroup, Chacha20& generator, std::uint64_t* out) noexcept;
  void (*inverse)(const std::uint64_t* scalar, std::uint64_t* out) noexcept;

  // out_i <- first step^(start + i) points_i; step null for 1. The scalars may be secret: constant time in them, and
  // copies are wiped. Cost: about 2300 multiplications in the field of the coordinates a point.
  Status (*scale)(CurveGroup, const std::uint64_t* points, std::size_t n, const std::uint64_t* first,
                  const std::uint64_t* step, std::uint64_t start, std::uint64_t* out, JobControl* control) noexcept;

  // points, in place <- sum_i w^(-i j) points_i / n for j = 0, ..., n - 1, w the root of unity of ntt/ntt.h: from
  // [tau^i] to [L_j(tau)]. n = 2^log_n, log_n <= 28 (out_of_range). Variable time: the points are public. Cost: n/2
  // log_n multiplications of a point. Memory: 16 n bytes of twiddles.
  Status (*lagrange)(CurveGroup, std::uint64_t* points, unsigned log_n, JobControl* control) noexcept;
};

// The kernels of the level in force.
const CeremonyKernel& ceremony_kernel() noexcept;

extern const CeremonyKernel kCeremonyPortable;
#if defined(ASSAY_X86)
extern const CeremonyKernel kCeremonyAdx;
#endif

}  // namespace assay
