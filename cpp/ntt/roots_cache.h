// The roots of unity in bit-reversed order, shared between transforms of all sizes and threads.
//
// One table serves every size up to its own (ntt/transform.h), so the cache is the largest table wanted so far, at most
// 2^(kNttCachedLog - 1) roots for each form they are kept in; a larger one lives for one call. A reader keeps the table
// it got alive.
#pragma once

#include <cstdint>
#include <memory>

#include "base/status.h"
#include "ntt/ntt.h"

namespace assay {

using NttTable = std::shared_ptr<const std::uint64_t[]>;  // aligned to a cache line

// The first 2^log roots at least.
Status ntt_roots(NttTable& out, unsigned log, const NttRoots& roots, JobControl* control) noexcept;

}  // namespace assay
