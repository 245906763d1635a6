#include "groth16/kernel_body.h"

namespace assay {
const Groth16Kernel kGroth16Adx = groth16_kernels::kTable;
}  // namespace assay
