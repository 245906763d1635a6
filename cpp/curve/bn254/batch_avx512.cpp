#include "curve/bn254/batch_lanes.h"

namespace assay {
const Bn254Kernel kBn254Avx512 = bn254::batch_kernel::kLanesKernel;
}  // namespace assay
