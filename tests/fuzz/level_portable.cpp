#include "scalar_level.h"

namespace assay::fuzz {
const Level kPortable = {"portable", false, fuzz_scalar::run_field};
}  // namespace assay::fuzz
