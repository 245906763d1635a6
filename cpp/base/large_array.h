// A heap array for data that is read at random: aligned to cache lines, and in pages of 2 MiB where the system has them
// (a table of many small pages costs a walk through the page tables at almost every access). Not initialised, not
// wiped.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <type_traits>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace assay {

template <class T>
class LargeArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  // false when there is no memory; what was held before is gone in either case.
  bool allocate(std::size_t n) noexcept {
    constexpr std::size_t kLine = 64, kHuge = std::size_t{1} << 21;
    data_.reset();
    if (n > (std::size_t{1} << 62) / sizeof(T)) return false;
    const std::size_t align = n * sizeof(T) >= 2 * kHuge ? kHuge : kLine;
    const std::size_t bytes = (n * sizeof(T) + align - 1) / align * align;
    data_.reset(static_cast<T*>(std::aligned_alloc(align, bytes == 0 ? align : bytes)));
#if defined(MADV_HUGEPAGE)
    if (data_ && align == kHuge) (void)madvise(data_.get(), bytes, MADV_HUGEPAGE);
#endif
    return data_ != nullptr;
  }
  T* get() const noexcept { return data_.get(); }
  T& operator[](std::size_t i) const noexcept { return data_[i]; }

 private:
  struct Free {
    void operator()(T* p) const noexcept { std::free(p); }
  };
  std::unique_ptr<T[], Free> data_;
};

}  // namespace assay
