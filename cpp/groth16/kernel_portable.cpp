#include "groth16/kernel_body.h"

namespace assay {
const Groth16Kernel kGroth16Portable = groth16_kernels::kTable;
}  // namespace assay
