#include "groth16/lagrange_setup_kernel.h"

namespace assay {
const LagrangeSetupKernel kLagrangeSetupPortable = groth16_lagrange::kTable;
}  // namespace assay
