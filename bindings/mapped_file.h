// A file mapped for reading, which survives that the file is cut short meanwhile.
//
// Reading a page behind the end of a mapped file raises SIGBUS. While a MappedFile lives, a handler of that signal puts
// a page of zeros in the place of such a page and notes the damage, so that the reader goes on and learns of it
// afterwards from damaged(). Addresses that belong to no MappedFile go to the handler that was there before. Writing to
// the file shows through the map: the owner compares the file's size and times before and after use.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace assay::bindings {

// Where a mapping lies. Ranges stand in a list that only grows, so that the handler walks it without a lock.
struct MappedRange {
  std::atomic<std::uintptr_t> begin{0}, end{0};  // begin = 0: free
  std::atomic<bool> damaged{false};
  MappedRange* next = nullptr;
};

class MappedFile {
 public:
  // Maps the first `size` bytes, at least one, of an open file. Throws std::bad_alloc if the system refuses.
  MappedFile(int descriptor, std::size_t size);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::uint8_t* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool damaged() const noexcept { return range_->damaged.load(); }
  // Takes the pages of a range out of resident memory; they come back when they are read.
  void discard(std::size_t offset, std::size_t length) const noexcept;
  // Makes the handler the present one again, if somebody installed another meanwhile.
  static void guard() noexcept;

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  MappedRange* range_;
};

}  // namespace assay::bindings
