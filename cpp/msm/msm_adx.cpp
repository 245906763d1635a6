#include "msm/msm_kernel.h"

namespace assay {
const MsmKernel kMsmAdx = ASSAY_MSM_KERNEL;
}  // namespace assay
