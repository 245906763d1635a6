#include "lanes_level.h"

namespace assay::fuzz {
const Level kModel = {"model", true, fuzz_lanes::run_field};
}  // namespace assay::fuzz
