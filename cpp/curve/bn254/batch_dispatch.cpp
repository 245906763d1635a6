#include "cpu/known_answer.h"
#include "curve/bn254/batch.h"
#include "curve/bn254/lanes.h"

namespace assay {

const Bn254Kernel& bn254_kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kBn254Adx;
#endif
  return kBn254Portable;
}

const Bn254LanesKernel* bn254_lanes([[maybe_unused]] std::size_t n) noexcept {
#if defined(ASSAY_X86)
  // Eight Miller loops in lanes take the time of 5.3 scalar ones at avx512 (measured), of about two by count at ifma.
  constexpr std::size_t kFewestAvx512 = 6, kFewestIfma = 3;
  static KnownAnswer answer;
  const auto usable = [](IsaLevel level, const Bn254LanesKernel& lanes) noexcept {
    return answer.holds(level, "the pairing", [&] { return bn254_kernel().agrees(lanes); });
  };
  if (isa_level() >= IsaLevel::ifma && usable(IsaLevel::ifma, kBn254LanesIfma))
    return n >= kFewestIfma ? &kBn254LanesIfma : nullptr;
  if (isa_level() >= IsaLevel::avx512 && n >= kFewestAvx512 && usable(IsaLevel::avx512, kBn254LanesAvx512))
    return &kBn254LanesAvx512;
#endif
  return nullptr;
}

}  // namespace assay
