#include "ntt/ntt_kernel.h"

namespace assay {
const NttKernel kNttPortable = ASSAY_NTT_KERNEL;
}  // namespace assay
