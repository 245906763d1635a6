#include "groth16/verify_kernel.h"

namespace assay {
const Groth16VerifyKernel kGroth16VerifyAdx = groth16_verify::kTable;
}  // namespace assay
