#include "bigint_level.h"

namespace assay::fuzz {
const BigintLevel kBigintAvx512Level = ASSAY_FUZZ_BIGINT_LEVEL("avx512");
}  // namespace assay::fuzz
