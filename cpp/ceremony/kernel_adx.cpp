#include "ceremony/kernel_body.h"

namespace assay {
const CeremonyKernel kCeremonyAdx = ceremony::kKernel;
}  // namespace assay
