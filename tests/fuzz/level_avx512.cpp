#include "lanes_level.h"

namespace assay::fuzz {
const Level kAvx512 = {"avx512", true, fuzz_lanes::run_field};
}  // namespace assay::fuzz
