// One modulus made ready for the lanes.
#pragma once

#include "base/words.h"
#include "bigint/lanes_kernel.h"
#include "bigint/modulus.h"

namespace assay {

// memory <- what the groups of `kernel` want as `moduli`, with this modulus in every lane.
inline Status prepare_lanes(const LanesKernel& kernel, const Modulus& modulus, Words& memory) noexcept {
  ModulusView views[kLanes];
  for (ModulusView& view : views) view = modulus.view();
  ASSAY_TRY(memory.allocate(kernel.moduli_words(modulus.bits())));
  kernel.prepare(views, memory.data());
  return Status::ok;
}

}  // namespace assay
