// Little-endian integers into a sink and out of a span, for the readers and writers of files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace assay {

// Takes the next bytes of a stream; false stops it.
using ByteSink = bool (*)(void* context, const std::uint8_t* data, std::size_t bytes);

// Collects bytes for a sink. flush() says whether the sink took all of them.
class ByteWriter {
 public:
  ByteWriter(ByteSink sink, void* context) : sink_(sink), context_(context) { bytes_.reserve(kSize + 64); }
  void u32(std::uint32_t x) {
    std::uint8_t b[4];
    store_le32(b, x);
    bytes(b, 4);
  }
  void u64(std::uint64_t x) {
    std::uint8_t b[8];
    store_le64(b, x);
    bytes(b, 8);
  }
  void bytes(const std::uint8_t* data, std::size_t n) {
    bytes_.insert(bytes_.end(), data, data + n);
    if (bytes_.size() >= kSize) flush();
  }
  bool flush() {
    if (good_ && !bytes_.empty()) good_ = sink_(context_, bytes_.data(), bytes_.size());
    bytes_.clear();
    return good_;
  }
  bool good() const noexcept { return good_; }

 private:
  static constexpr std::size_t kSize = 1 << 18;
  ByteSink sink_;
  void* context_;
  std::vector<std::uint8_t> bytes_;
  bool good_ = true;
};

// Takes bytes from the front; false or null when too few are left.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> data) : data_(data) {}
  std::size_t left() const noexcept { return data_.size() - at_; }
  bool u32(std::uint32_t& x) noexcept {
    if (left() < 4) return false;
    x = load_le32(data_.data() + at_);
    at_ += 4;
    return true;
  }
  bool u64(std::uint64_t& x) noexcept {
    if (left() < 8) return false;
    x = load_le64(data_.data() + at_);
    at_ += 8;
    return true;
  }
  const std::uint8_t* take(std::size_t n) noexcept {
    if (left() < n) return nullptr;
    at_ += n;
    return data_.data() + at_ - n;
  }

 private:
  std::span<const std::uint8_t> data_;
  std::size_t at_ = 0;
};

}  // namespace assay
