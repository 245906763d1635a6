#include "hash/poseidon_lanes.h"

namespace assay {
const PoseidonKernel kPoseidonIfma = {poseidon::side_by_side::hash_montgomery, poseidon::side_by_side::hash_canonical,
                                      poseidon::side_by_side::permute_canonical};
}  // namespace assay
