#include "bigint_level.h"

namespace assay::fuzz {
const BigintLevel kBigintIfmaLevel = ASSAY_FUZZ_BIGINT_LEVEL("ifma");
}  // namespace assay::fuzz
