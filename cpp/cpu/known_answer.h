// A test with a known answer, run once before the kernel of a level is first used. A level that fails is left out, with
// a line on standard error; the caller falls back to the level below.
#pragma once

#include <atomic>
#include <cstdio>

#include "cpu/features.h"

namespace assay {

class KnownAnswer {
 public:
  // test() -> bool, at the first call of a level; may run twice if threads meet there
  template <class Test>
  bool holds(IsaLevel level, const char* what, Test&& test) noexcept {
    std::atomic<int>& state = states_[static_cast<std::size_t>(level)];
    int known = state.load(std::memory_order_acquire);
    if (known == kUnknown) {
      known = test() ? kPassed : kFailed;
      if (known == kFailed)
        std::fprintf(stderr, "assay: %s fails its known answer on level %s\n", what, isa_name(level).data());
      state.store(known, std::memory_order_release);
    }
    return known == kPassed;
  }

 private:
  static constexpr int kUnknown = 0, kPassed = 1, kFailed = 2;
  std::atomic<int> states_[kIsaLevels.size()] = {};
};

}  // namespace assay
