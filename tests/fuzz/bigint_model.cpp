#include "bigint_level.h"

namespace assay::fuzz {
const BigintLevel kBigintModelLevel = ASSAY_FUZZ_BIGINT_LEVEL("model");
}  // namespace assay::fuzz
