// What the processor offers and which level of each kernel runs.
//
// A room with several implementations keeps one table of functions a level and picks it by `level()` once. The level is
// the best the machine has, or what ASSAY_ISA names; a kernel whose known-answer test fails at installation falls back
// to portable and says so.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/status.h"

namespace assay {

// Each level includes those before it: a room without a kernel of its own for a level runs the next lower one.
//   adx      mulx, adcx, adox
//   avx512   F, DQ, BW, VL: eight lanes, 52-bit products by double-precision fused multiply-add
//   ifma     vpmadd52luq, vpmadd52huq: eight lanes, 52-bit products by one instruction a half
enum class IsaLevel : int { portable = 0, adx = 1, avx512 = 2, ifma = 3 };
inline constexpr std::array kIsaLevels = {IsaLevel::portable, IsaLevel::adx, IsaLevel::avx512, IsaLevel::ifma};

struct CpuFeatures {
  bool bmi2 = false;
  bool adx = false;
  bool sha_ni = false;
  bool avx2 = false;
  bool avx512 = false;  // F, DQ, BW and VL
  bool avx512_ifma = false;
};

// ASSAY_CPU_ASSUME=avx512_ifma,sha_ni,adx adds features to those detected, for tests under an emulator of instructions.
const CpuFeatures& cpu_features() noexcept;

// The level in force. First use reads ASSAY_ISA (portable | adx | avx512 | ifma | scalar); an unknown or unavailable
// name falls back to the best, with a line on standard error.
IsaLevel isa_level() noexcept;
// Chooses a level for this process (tests and benchmarks). out_of_range if this machine or build lacks it.
Status set_isa_level(IsaLevel level) noexcept;
bool isa_available(IsaLevel level) noexcept;
std::string_view isa_name(IsaLevel level) noexcept;
// The level of that name, which need not be available. `scalar` names no level of its own: it is the best one without
// lanes, adx where this machine and build have it, else portable.
std::optional<IsaLevel> isa_named(std::string_view name) noexcept;

}  // namespace assay
