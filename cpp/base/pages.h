// Pages that are not needed for now: of a mapped file, of freed memory.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
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

// Takes what the process has freed out of its resident memory. Takes up to a millisecond: for the ends of phases that
// hold megabytes, whose arrays the C library would keep for the next ones.
inline void discard_freed_memory() noexcept {
#if defined(__GLIBC__)
  (void)malloc_trim(0);
#endif
}

}  // namespace assay
