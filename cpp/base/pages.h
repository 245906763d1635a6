// Pages of a mapped file that are not needed for now.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace assay {

// Takes the pages of [begin, begin + bytes) out of the process's resident memory; a later reading fetches them again.
// For shared or read-only mappings of files only: anonymous memory would lose its content, what was written to a file
// stands in the system's cache. Neighbours on the first and last page are taken along, which costs them a page fault.
inline void discard_pages(const void* begin, std::size_t bytes) noexcept {
#if defined(__linux__)
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<std::uintptr_t>(begin) & ~(page - 1);
  const auto last = (reinterpret_cast<std::uintptr_t>(begin) + bytes + page - 1) & ~(page - 1);
  if (bytes > 0) (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
#else
  (void)begin;
  (void)bytes;
#endif
}

}  // namespace assay
