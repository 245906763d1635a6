#include "msm/msm_kernel.h"

namespace assay {
const MsmKernel kMsmPortable = ASSAY_MSM_KERNEL;
}  // namespace assay
