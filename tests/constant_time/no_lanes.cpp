// In the place of bigint/lanes_dispatch.cpp: valgrind runs no AVX-512.
#include "bigint/lanes_kernel.h"

namespace assay {

const LanesKernel* lanes_kernel(bool) noexcept { return nullptr; }

}  // namespace assay
