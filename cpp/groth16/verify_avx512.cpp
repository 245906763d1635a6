#include "groth16/verify_lanes.h"

namespace assay {
const Groth16VerifyKernel kGroth16VerifyAvx512 = groth16_verify::kLanesTable;
}  // namespace assay
