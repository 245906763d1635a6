#include "scalar_level.h"

namespace assay::fuzz {
const Level kAdx = {"adx", false, fuzz_scalar::run_field};
}  // namespace assay::fuzz
