// The table of multi-scalar sums in lanes of one level, over BN254.
#pragma once

#include "curve/bn254/fp2.h"
#include "msm/lanes_fixed_base.h"
#include "msm/lanes_pippenger.h"

ASSAY_ISA_BEGIN

namespace lanes {

inline Status multiply_add_g1(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n,
                              const MsmShape* shape, std::uint64_t* out, const MsmKernel& scalar, JobControl* control,
                              MsmMemory memory) noexcept {
  Pippenger<Fp, Bn254FrParams> pippenger;
  return pippenger.run(reinterpret_cast<const Affine<Fp>*>(bases), scalars, n, shape, out, scalar.combine_g1, control,
                       memory);
}
inline Status multiply_add_g2(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n,
                              const MsmShape* shape, std::uint64_t* out, const MsmKernel& scalar, JobControl* control,
                              MsmMemory memory) noexcept {
  Pippenger<bn254::Fp2, Bn254FrParams> pippenger;
  return pippenger.run(reinterpret_cast<const Affine<bn254::Fp2>*>(bases), scalars, n, shape, out, scalar.combine_g2,
                       control, memory);
}

}  // namespace lanes

ASSAY_ISA_END

#define ASSAY_MSM_LANES                                          \
  {lanes::multiply_add_g1,                                       \
   lanes::multiply_add_g2,                                       \
   lanes::Pippenger<Fp, Bn254FrParams>::memory_estimate,         \
   lanes::Pippenger<bn254::Fp2, Bn254FrParams>::memory_estimate, \
   lanes::fixed_base<Fp, Bn254FrParams>,                         \
   lanes::fixed_base<bn254::Fp2, Bn254FrParams>}
