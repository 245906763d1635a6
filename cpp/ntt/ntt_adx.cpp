#include "ntt/ntt_kernel.h"

namespace assay {
const NttKernel kNttAdx = ASSAY_NTT_KERNEL;
}  // namespace assay
