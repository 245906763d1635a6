#include "msm/lanes_kernel.h"

namespace assay {
const MsmLanes kMsmIfma = ASSAY_MSM_LANES;
}  // namespace assay
