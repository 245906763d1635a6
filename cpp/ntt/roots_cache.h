// The roots of unity in bit-reversed order, shared between transforms of all sizes and threads.
//
// One table serves every size up to its own (ntt/transform.h), so the cache is the largest table wanted so far, at most
// 2^(kNttCachedLog - 1) roots; a larger one lives for one call. A reader keeps the table it got alive.
#pragma once

#include <cstdint>
#include <memory>

#include "base/status.h"
#include "ntt/ntt.h"

namespace assay {

// The first 2^(max(log_n, 1) - 1) roots.
Status ntt_roots(std::shared_ptr<const std::uint64_t[]>& out, unsigned log_n, const NttKernel& kernel,
                 JobControl* control) noexcept;

}  // namespace assay
