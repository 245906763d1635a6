#include "ntt/lanes_kernel.h"

namespace assay {
const NttLanesKernel kNttIfma = ASSAY_NTT_LANES_KERNEL;
}  // namespace assay
