#include "curve/ed25519/scalar_tables.h"
#include "curve/ed25519/verify_kernel.h"

namespace assay::ed25519 {
const Kernel kPortable = {verify_all<Fe1>};
}  // namespace assay::ed25519
