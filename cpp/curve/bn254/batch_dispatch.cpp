#include "cpu/features.h"
#include "curve/bn254/batch.h"

namespace assay {

const Bn254Kernel& bn254_kernel() noexcept {
#if defined(ASSAY_X86)
  switch (isa_level()) {
    case IsaLevel::ifma:
      return kBn254Ifma;
    case IsaLevel::avx512:
      return kBn254Avx512;
    case IsaLevel::adx:
      return kBn254Adx;
    default:
      break;
  }
#endif
  return kBn254Portable;
}

}  // namespace assay
