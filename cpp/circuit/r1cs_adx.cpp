#include "circuit/r1cs_kernel.h"

namespace assay {
const R1csKernel kR1csAdx = {r1cs_kernel::evaluate, r1cs_kernel::check};
}  // namespace assay
