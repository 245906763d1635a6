#include "curve/babyjubjub/eddsa_kernel.h"

namespace assay::babyjubjub {
const EddsaKernel kEddsaAdx = kKernel;
}  // namespace assay::babyjubjub
