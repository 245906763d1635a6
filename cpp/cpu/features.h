// What the processor offers and which level of each kernel runs.
//
// A room with several implementations keeps one table of functions a level and picks it by `level()` once. The level is
// the best the machine has, or what ASSAY_ISA names; a kernel whose known-answer test fails at installation falls back
// to portable and says so.
#pragma once

#include <string_view>

#include "base/status.h"

namespace assay {

enum class IsaLevel : int { portable = 0, adx = 1 };

struct CpuFeatures {
  bool bmi2 = false;
  bool adx = false;
  bool sha_ni = false;
  bool avx2 = false;
  bool avx512_ifma = false;
};

const CpuFeatures& cpu_features() noexcept;

// The level in force. First use reads ASSAY_ISA (portable | adx); an unknown or unavailable name falls back to the
// best, with a line on standard error.
IsaLevel isa_level() noexcept;
// Chooses a level for this process (tests and benchmarks). out_of_range if this machine or build lacks it.
Status set_isa_level(IsaLevel level) noexcept;
bool isa_available(IsaLevel level) noexcept;
std::string_view isa_name(IsaLevel level) noexcept;

}  // namespace assay
