// A heap array of 64-bit words, aligned to a cache line, wiped when it is freed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "base/status.h"
#include "base/zeroize.h"

namespace assay {

class Words {
 public:
  Words() noexcept = default;
  ~Words() { release(); }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  // Uninitialised; what it held before is freed. out_of_memory if the system refuses.
  Status allocate(std::size_t count) noexcept {
    release();
    if (count > static_cast<std::size_t>(-1) / 16) return Status::out_of_memory;
    data_ = static_cast<std::uint64_t*>(::operator new[](8 * count, kAlignment, std::nothrow));
    if (data_ == nullptr) return Status::out_of_memory;
    count_ = count;
    return Status::ok;
  }
  void swap(Words& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
  }
  void release() noexcept {
    if (data_ == nullptr) return;
    zeroize(data_, 8 * count_);
    ::operator delete[](data_, kAlignment);
    data_ = nullptr;
    count_ = 0;
  }

  std::uint64_t* data() noexcept { return data_; }
  const std::uint64_t* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return count_; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  std::uint64_t* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace assay
