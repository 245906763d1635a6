#include "curve/ed25519/lanes_field.h"
#include "ed25519_run.h"

namespace assay::fuzz {
const Ed25519Level kEd25519Model = {"model", run<ed25519::Fe8>};
}  // namespace assay::fuzz
