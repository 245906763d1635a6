#include "msm/lanes_kernel.h"

namespace assay {
const MsmLanes kMsmAvx512 = ASSAY_MSM_LANES;
}  // namespace assay
