#include "ntt/lanes_kernel.h"

namespace assay {
const NttLanesKernel kNttAvx512 = ASSAY_NTT_LANES_KERNEL;
}  // namespace assay
