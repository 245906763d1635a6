#include "curve/babyjubjub/eddsa_kernel.h"

namespace assay::babyjubjub {
const EddsaKernel kEddsaPortable = kKernel;
}  // namespace assay::babyjubjub
