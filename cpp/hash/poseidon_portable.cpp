#include "hash/poseidon_kernel.h"

namespace assay {
const PoseidonKernel kPoseidonPortable = {poseidon::hash_montgomery, poseidon::hash_canonical,
                                          poseidon::permute_canonical};
}  // namespace assay
