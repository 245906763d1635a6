#include "curve/bn254/batch_lanes.h"

namespace assay {
const Bn254Kernel kBn254Ifma = bn254::batch_kernel::kLanesKernel;
}  // namespace assay
