#include "ceremony/kernel_body.h"

namespace assay {
const CeremonyKernel kCeremonyPortable = ceremony::kKernel;
}  // namespace assay
