// The canonical encoding of Python values (assay/core/encoding.py tells the format), straight between objects and
// bytes.
//
// Contract: the GIL is held. What fails throws pybind11::error_already_set, with the exceptions of assay.core.errors
// for everything that is refused on purpose. Memory grows with the bytes that are there, never with a count or length
// that a message claims. Cost: some 20 ns an item, plus the copy of its bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "convert.h"

namespace assay::bindings {

constexpr std::uint8_t kEncodingVersion = 0x01;
constexpr int kEncodingDepth = 32;
constexpr std::size_t kEncodingBytes = std::size_t{16} << 20;
constexpr std::size_t kEncodingIntBytes = std::size_t{64} << 10;

enum EncodingTag : std::uint8_t {
  kTagNone,
  kTagFalse,
  kTagTrue,
  kTagNatural,
  kTagNegative,
  kTagBytes,
  kTagStr,
  kTagList,
  kTagTuple,
  kTagMap,
};

// What a caller allows. Any int; one beyond 64 bits stands for the nearest number of 64 bits.
struct EncodingLimit {
  long long bytes = static_cast<long long>(kEncodingBytes);
  bool below(std::size_t size) const noexcept { return bytes < 0 || size > static_cast<unsigned long long>(bytes); }
};

// Writes one message. Short ones stay on the stack until they are done.
class EncodingWriter {
 public:
  explicit EncodingWriter(EncodingLimit limit);
  EncodingWriter(const EncodingWriter&) = delete;
  EncodingWriter& operator=(const EncodingWriter&) = delete;

  // One item, at nesting depth `depth`.
  void item(PyObject* value, int depth);
  // Tag and count of a tuple, whose items follow.
  void open_tuple(std::size_t count) { head(kTagTuple, count); }
  // Bytes or a bytearray. True if it was one of them.
  bool bytes_item(PyObject* value);
  // Raises LimitError if the message is above the limit by now.
  void check_limit() const;

  std::size_t size() const noexcept { return size_; }
  const std::uint8_t* data() const noexcept { return data_; }
  // The message as bytes. The writer is spent.
  py::bytes finish();

 private:
  std::uint8_t* extend(std::size_t bytes);
  void grow(std::size_t bytes);
  void byte(std::uint8_t value) { *extend(1) = value; }
  void head(std::uint8_t tag, std::size_t length);
  void leaf(std::uint8_t tag, const void* raw, std::size_t bytes);
  void sized(std::uint8_t tag, const void* raw, std::size_t bytes);
  void text(PyObject* value);
  void integer(PyObject* value);
  void long_integer(PyObject* value);
  void list(PyObject* value, int depth);
  void tuple(std::uint8_t tag, PyObject* value, int depth);
  void map(PyObject* value, int depth);

  EncodingLimit limit_;
  std::size_t size_ = 0, capacity_;
  std::uint8_t* data_;
  py::object heap_;  // bytes of capacity_, once the stack does not hold the message
  std::uint8_t stack_[1024];
};

// The name of a value's type, for an error.
std::string encoding_type_name(PyObject* value);
// The UTF-8 of a str, which the object keeps; EncodingError for a lone surrogate.
std::string_view encoding_utf8(PyObject* text);

// The value whose canonical encoding is `data` (bytes, bytearray).
py::object decode_canonical(PyObject* data, EncodingLimit limit);

}  // namespace assay::bindings
