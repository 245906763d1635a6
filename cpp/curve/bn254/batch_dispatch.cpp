#include "cpu/features.h"
#include "curve/bn254/batch.h"
#include "curve/bn254/lanes.h"

namespace assay {

const Bn254Kernel& bn254_kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kBn254Adx;
#endif
  return kBn254Portable;
}

const Bn254LanesKernel* bn254_lanes([[maybe_unused]] std::size_t n) noexcept {
#if defined(ASSAY_X86)
  // Eight Miller loops in lanes take the time of 5.3 scalar ones at avx512 (measured), of about two by count at ifma.
  constexpr std::size_t kFewestAvx512 = 6, kFewestIfma = 3;
  if (isa_level() >= IsaLevel::ifma) return n >= kFewestIfma ? &kBn254LanesIfma : nullptr;
  if (isa_level() >= IsaLevel::avx512) return n >= kFewestAvx512 ? &kBn254LanesAvx512 : nullptr;
#endif
  return nullptr;
}

}  // namespace assay
