#include "cpu/features.h"
#include "curve/bn254/batch.h"

namespace assay {

const Bn254Kernel& bn254_kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kBn254Adx;
#endif
  return kBn254Portable;
}

}  // namespace assay
