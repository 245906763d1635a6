// Randomness from the operating system (getrandom(2)); the only source of randomness in the kernels.
#pragma once

#include <cstddef>

#include "base/status.h"

namespace assay {

// Fills `bytes` bytes. Blocks until the system's pool is initialised; io_error if the system has none.
Status random_bytes(void* out, std::size_t bytes) noexcept;

}  // namespace assay
