#include "curve/ed25519/lanes_field.h"
#include "ed25519_run.h"

namespace assay::fuzz {
const Ed25519Level kEd25519Ifma = {"ifma", run<ed25519::Fe8>};
}  // namespace assay::fuzz
