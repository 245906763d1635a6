#include "curve/ed25519/lanes_tables.h"
#include "curve/ed25519/verify_kernel.h"

namespace assay::ed25519 {
const Kernel kIfma = {verify_all<Fe8>};
}  // namespace assay::ed25519
