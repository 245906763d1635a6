#include "ceremony/kernel.h"
#include "cpu/features.h"

namespace assay {

const CeremonyKernel& ceremony_kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kCeremonyAdx;
#endif
  return kCeremonyPortable;
}

}  // namespace assay
