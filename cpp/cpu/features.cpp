#include "cpu/features.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace assay {
namespace {

CpuFeatures detect() noexcept {
  CpuFeatures f;
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    f.bmi2 = (b >> 8) & 1;
    f.adx = (b >> 19) & 1;
    f.sha_ni = (b >> 29) & 1;
    // AVX state must be enabled by the operating system too, which __builtin_cpu_supports checks.
    f.avx2 = __builtin_cpu_supports("avx2");
    f.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    f.avx512_ifma = f.avx512 && __builtin_cpu_supports("avx512ifma");
  }
  if (const char* assume = std::getenv("ASSAY_CPU_ASSUME"); assume != nullptr) {
    f.avx512_ifma |= f.avx512 && std::strstr(assume, "avx512_ifma") != nullptr;
    f.sha_ni |= std::strstr(assume, "sha_ni") != nullptr;
    f.adx |= std::strstr(assume, "adx") != nullptr;
  }
#endif
  return f;
}

IsaLevel best() noexcept {
  IsaLevel best = IsaLevel::portable;
  for (const IsaLevel level : kIsaLevels)
    if (isa_available(level)) best = level;
  return best;
}

IsaLevel initial() noexcept {
  const char* name = std::getenv("ASSAY_ISA");
  if (name == nullptr || *name == '\0') return best();
  const std::optional<IsaLevel> level = isa_named(name);
  if (!level) {
    std::fprintf(stderr, "assay: ASSAY_ISA=%s is not a level (portable, adx, avx512, ifma) or scalar\n", name);
  } else if (isa_available(*level)) {
    return *level;
  } else {
    std::fprintf(stderr, "assay: ASSAY_ISA=%s is not available on this machine or in this build\n", name);
  }
  return best();
}

std::atomic<int>& current() noexcept {
  static std::atomic<int> level{static_cast<int>(initial())};
  return level;
}

}  // namespace

const CpuFeatures& cpu_features() noexcept {
  static const CpuFeatures features = detect();
  return features;
}

bool isa_available(IsaLevel level) noexcept {
  if (level == IsaLevel::portable) return true;
#if defined(ASSAY_X86)
  const CpuFeatures& f = cpu_features();
  const bool adx = f.bmi2 && f.adx;
  switch (level) {
    case IsaLevel::adx:
      return adx;
    case IsaLevel::avx512:
      return adx && f.avx512;
    case IsaLevel::ifma:
      return adx && f.avx512_ifma;
    default:
      break;
  }
#endif
  return false;
}

std::string_view isa_name(IsaLevel level) noexcept {
  constexpr std::array<std::string_view, kIsaLevels.size()> kNames = {"portable", "adx", "avx512", "ifma"};
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<IsaLevel> isa_named(std::string_view name) noexcept {
  for (const IsaLevel level : kIsaLevels)
    if (isa_name(level) == name) return level;
  if (name == "scalar") return isa_available(IsaLevel::adx) ? IsaLevel::adx : IsaLevel::portable;
  return std::nullopt;
}

IsaLevel isa_level() noexcept { return static_cast<IsaLevel>(current().load(std::memory_order_relaxed)); }

Status set_isa_level(IsaLevel level) noexcept {
  if (!isa_available(level)) return Status::out_of_range;
  current().store(static_cast<int>(level), std::memory_order_relaxed);
  return Status::ok;
}

}  // namespace assay
