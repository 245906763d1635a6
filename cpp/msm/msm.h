// Multi-scalar multiplication over BN254: sum_i k_i P_i for public bases P_i.
//
// Source: Pippenger, "On the evaluation of powers and monomials", SIAM J. Comp. 9 (1980), as the bucket method of
// Bernstein, Doumen, Lange, Oosterwijk, INDOCRYPT 2012, section 4; affine additions share inversions by Montgomery's
// trick. Ours: each window's points are sorted by bucket and every bucket is summed as a balanced tree, so that one
// batch never holds two additions into one bucket and equal scalars or equal points cost nothing extra.
//
// Bases: affine Montgomery limbs (8 for G1, 16 for G2: x, y with c0 before c1), infinity all zeros, else on the curve
// and in the group (unchecked). Scalars: canonical integers, 4 limbs; non_canonical if one is not below r. out: affine
// Montgomery, may not overlap the inputs. Variable time in scalars and bases; copies of the scalars' digits are wiped.
// Cost: about 6 multiplications for each of ceil(254 / c) digits that is not zero, plus 14 for each of the 2^(c-1)
// buckets of a window: scalars that are small or negative small, or 0 or 1, cost what their digits cost.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "parallel/pool.h"

namespace assay {

constexpr std::size_t kMsmMaxSize = std::size_t{1} << 28;  // too_large above

// How many windows are sorted and summed at a time: as many as are fast, or one a thread. A lean sum takes a few per
// cent longer and a quarter of the scratch.
enum class MsmMemory : std::uint8_t { fast, lean };

Status msm_g1(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out,
              JobControl* control, MsmMemory memory = MsmMemory::fast) noexcept;
Status msm_g2(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out,
              JobControl* control, MsmMemory memory = MsmMemory::fast) noexcept;

// Peak memory beyond the inputs, in bytes, of n full-size scalars on the present number of threads. limbs: of a base, 8
// or 16.
std::size_t msm_memory_estimate(std::size_t n, std::size_t limbs, MsmMemory memory = MsmMemory::fast) noexcept;

// Windows of c bits. Window w falls into the buckets of pass w mod passes, and takes base i from row n (w / passes) +
// i: with as many passes as windows, the bases alone; with fewer, a table of msm/precomputed.h. A kernel that is given
// no shape (nullptr) chooses one of the first kind.
struct MsmShape {
  unsigned window_bits, passes;
};

using MsmFunction = Status (*)(const std::uint64_t*, const std::uint64_t*, std::size_t, const MsmShape*, std::uint64_t*,
                               JobControl*, MsmMemory) noexcept;
using PrecomputeFunction = Status (*)(const std::uint64_t*, std::size_t, const MsmShape&, std::uint64_t*,
                                      JobControl*) noexcept;
struct FixedBaseList;  // msm/fixed_base.h
struct FixedTable;
using FixedTableFunction = Status (*)(const std::uint64_t* base, unsigned window_bits, std::uint64_t* table,
                                      JobControl*) noexcept;
using FixedBaseFunction = Status (*)(const FixedTable&, const FixedBaseList*, std::size_t, JobControl*) noexcept;

using MergeFunction = Status (*)(const std::uint64_t* bases, const std::uint32_t* start, const std::uint32_t* entries,
                                 std::size_t classes, std::uint64_t* out, JobControl*) noexcept;

// msm/lanes_combine.h: the last step of a level with lanes, which it leaves to the scalar level below
constexpr std::size_t kReducedPoints = 24;
using CombineFunction = void (*)(const std::uint64_t* points, unsigned windows, unsigned window_bits, unsigned outer,
                                 unsigned inner, std::uint64_t* out) noexcept;

struct MsmKernel {
  MsmFunction g1, g2;  // see above
  FixedTableFunction fixed_table_g1, fixed_table_g2;
  FixedBaseFunction fixed_g1, fixed_g2;
  CombineFunction combine_g1, combine_g2;
  MergeFunction merge_g1, merge_g2;                 // msm/classes.h
  PrecomputeFunction precompute_g1, precompute_g2;  // msm/precomputed_kernel.h
  Status (*points_to_montgomery)(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept;
  Status (*points_from_montgomery)(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept;
};
// Sums and multiples of one base in lanes, for kLanesFewest points and more.
constexpr std::size_t kLanesFewest = 256;
struct MsmLanes {
  Status (*g1)(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, const MsmShape*,
               std::uint64_t* out, const MsmKernel& scalar, JobControl*, MsmMemory) noexcept;
  decltype(g1) g2;
  std::size_t (*memory_g1)(std::size_t n, const MsmShape*, MsmMemory) noexcept;  // as msm_memory_estimate
  decltype(memory_g1) memory_g2;
  FixedBaseFunction fixed_g1, fixed_g2;
};
extern const MsmKernel kMsmPortable;
#if defined(ASSAY_X86)
extern const MsmKernel kMsmAdx;
extern const MsmLanes kMsmAvx512, kMsmIfma;
#endif

// Coordinates between canonical integers and Montgomery form, in place; non_canonical if one is not below p, and
// not_on_curve if a point is neither on the curve nor all zeros. limbs: of a point, 8 or 16.
Status points_to_montgomery(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept;
Status points_from_montgomery(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept;

}  // namespace assay
