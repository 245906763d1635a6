#include "curve/bn254/batch_kernel.h"

namespace assay {
const Bn254Kernel kBn254Adx = bn254::batch_kernel::kKernel;
}  // namespace assay
