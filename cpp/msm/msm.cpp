#include "msm/msm.h"

#include "cpu/features.h"
#include "msm/classes.h"
#include "msm/fixed_base_kernel.h"
#include "msm/pippenger.h"

namespace assay {
namespace {

const MsmKernel& kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kMsmAdx;
#endif
  return kMsmPortable;
}

// nullptr: the level has no lanes, or they do not pay for n points
const MsmLanes* lanes(std::size_t n) noexcept {
#if defined(ASSAY_X86)
  if (n < kLanesFewest || n > kMsmMaxSize) return nullptr;
  if (isa_level() >= IsaLevel::ifma) return &kMsmIfma;
  if (isa_level() >= IsaLevel::avx512) return &kMsmAvx512;
#endif
  return nullptr;
}

}  // namespace

Status msm_g1(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out,
              JobControl* control, MsmMemory memory) noexcept {
  if (const MsmLanes* fast = lanes(n)) return fast->g1(bases, scalars, n, out, kernel(), control, memory);
  return kernel().g1(bases, scalars, n, out, control, memory);
}
Status msm_g2(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out,
              JobControl* control, MsmMemory memory) noexcept {
  if (const MsmLanes* fast = lanes(n)) return fast->g2(bases, scalars, n, out, kernel(), control, memory);
  return kernel().g2(bases, scalars, n, out, control, memory);
}

namespace {

Status sum_classes(const std::uint64_t* bases, const ScalarClasses& scalars, std::size_t limbs, MergeFunction merge,
                   MsmFunction sum, std::uint64_t* out, JobControl* control, MsmMemory memory) noexcept {
  Words merged;
  ASSAY_TRY(merged.allocate(limbs * std::max<std::size_t>(scalars.classes(), 1)));
  ASSAY_TRY(merge(bases, scalars.start(), scalars.entries(), scalars.classes(), merged.data(), control));
  return sum(merged.data(), scalars.values(), scalars.classes(), out, control, memory);
}

}  // namespace

Status msm_g1(const std::uint64_t* bases, const ScalarClasses& scalars, std::uint64_t* out, JobControl* control,
              MsmMemory memory) noexcept {
  return sum_classes(bases, scalars, 8, kernel().merge_g1, msm_g1, out, control, memory);
}
Status msm_g2(const std::uint64_t* bases, const ScalarClasses& scalars, std::uint64_t* out, JobControl* control,
              MsmMemory memory) noexcept {
  return sum_classes(bases, scalars, 16, kernel().merge_g2, msm_g2, out, control, memory);
}

Status fixed_base_g1(const std::uint64_t* base, const FixedBaseList* lists, std::size_t count,
                     JobControl* control) noexcept {
  return kernel().fixed_g1(base, lists, count, control);
}
Status fixed_base_g2(const std::uint64_t* base, const FixedBaseList* lists, std::size_t count,
                     JobControl* control) noexcept {
  return kernel().fixed_g2(base, lists, count, control);
}

Status points_to_montgomery(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept {
  return kernel().points_to_montgomery(points, n, limbs);
}
Status points_from_montgomery(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept {
  return kernel().points_from_montgomery(points, n, limbs);
}

std::size_t msm_memory_estimate(std::size_t n, std::size_t limbs, MsmMemory memory) noexcept {
  if (const MsmLanes* fast = lanes(n)) return (limbs == 8 ? fast->memory_g1 : fast->memory_g2)(n, memory);
  const unsigned c = msm::window_bits_for(n), windows = msm::window_count(c);
  const std::size_t group = msm::group_windows(n, windows, memory), cells = group << (c - 1);
  const std::size_t digits = n * (2 * windows + sizeof(std::uint32_t));
  const std::size_t sorted = n * group * sizeof(std::uint32_t);
  const std::size_t buckets =
      cells * (8 * limbs + 2 * sizeof(std::uint32_t)) + (cells >> msm::log_segment(c)) * 16 * limbs;
  return digits + sorted + buckets + num_threads() * (msm::kL2Bytes + (std::size_t{1} << 17));
}

std::size_t fixed_base_memory_estimate(std::size_t n, std::size_t limbs) noexcept {
  const unsigned c = msm::fixed_window_bits_for(n);
  return (msm::window_count(c) << (c - 1)) * 8 * limbs;
}

}  // namespace assay
