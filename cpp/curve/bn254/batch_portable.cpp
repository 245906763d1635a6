#include "curve/bn254/batch_kernel.h"

namespace assay {
const Bn254Kernel kBn254Portable = bn254::batch_kernel::kKernel;
}  // namespace assay
