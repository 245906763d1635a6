#include "groth16/lagrange_setup_kernel.h"

namespace assay {
const LagrangeSetupKernel kLagrangeSetupAdx = groth16_lagrange::kTable;
}  // namespace assay
