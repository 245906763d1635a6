#include "curve/bn254/lanes_kernel.h"

namespace assay {
const Bn254LanesKernel kBn254LanesIfma = bn254::side_by_side::kTable;
}  // namespace assay
