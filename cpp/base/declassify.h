// What a constant-time function tells on purpose: a verdict that follows from secrets and may be branched on.
//
// Nothing in a build for use. In the programs of tests/constant_time, which mark secrets as undefined for memcheck, the
// value counts as public from here on. After secp256k1's declassify.
#pragma once

#include <cstdint>

#if defined(ASSAY_DECLASSIFY)
#include <valgrind/memcheck.h>
#endif

namespace assay {

inline std::uint64_t declassify(std::uint64_t verdict) noexcept {
#if defined(ASSAY_DECLASSIFY)
  (void)VALGRIND_MAKE_MEM_DEFINED(&verdict, sizeof verdict);
#endif
  return verdict;
}

}  // namespace assay
