#include "hash/poseidon_kernel.h"

namespace assay {
const PoseidonKernel kPoseidonAdx = {poseidon::hash_montgomery, poseidon::hash_canonical, poseidon::permute_canonical};
}  // namespace assay
