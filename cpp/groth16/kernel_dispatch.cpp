#include "cpu/features.h"
#include "groth16/kernel.h"

namespace assay {

const Groth16Kernel& groth16_kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kGroth16Adx;
#endif
  return kGroth16Portable;
}

}  // namespace assay
