#include "curve/ed25519/sign_kernel.h"

namespace assay::ed25519 {
const SignKernel kSignPortable = {multiply_base};
}  // namespace assay::ed25519
