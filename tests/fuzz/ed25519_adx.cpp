#include "curve/ed25519/scalar_field.h"
#include "ed25519_run.h"

namespace assay::fuzz {
const Ed25519Level kEd25519Adx = {"adx", run<ed25519::Fe1>};
}  // namespace assay::fuzz
