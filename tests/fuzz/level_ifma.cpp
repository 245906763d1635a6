#include "lanes_level.h"

namespace assay::fuzz {
const Level kIfma = {"ifma", true, fuzz_lanes::run_field};
}  // namespace assay::fuzz
