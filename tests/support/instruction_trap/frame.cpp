#include "frame.h"

#include <cpuid.h>

namespace instruction_trap {

Layout layout;

void read_layout() noexcept {
  for (int i = 0; i < kComponents; ++i) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    __cpuid_count(0xd, i, a, b, c, d);
    layout.size[i] = a;
    layout.offset[i] = b;
  }
  layout.offset[kSse] = 160;  // in the legacy area, which leaf 0xD does not describe
  layout.size[kSse] = 256;
}

}  // namespace instruction_trap
