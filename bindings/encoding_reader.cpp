#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "encoding.h"

namespace assay::bindings {
namespace {

std::string hexadecimal(std::string_view raw) {
  std::string text;
  for (const char c : raw)
    for (const int shift : {4, 0}) text += "0123456789abcdef"[static_cast<std::uint8_t>(c) >> shift & 15];
  return text;
}

py::object owned(PyObject* made) {
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

// The objects that wait to be put into their tuple or list: a count is not believed before its items are there.
class Pending {
 public:
  Pending() = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  ~Pending() {
    for (PyObject* value : values_) Py_DECREF(value);
  }
  std::size_t size() const noexcept { return values_.size(); }
  void push(py::object value) {
    if (values_.capacity() == 0) values_.reserve(32);
    values_.push_back(value.ptr());
    value.release();
  }
  // Hands over the values from `first` on.
  template <class Place>
  void take_from(std::size_t first, Place&& place) {
    for (std::size_t i = first; i < values_.size(); ++i) place(static_cast<Py_ssize_t>(i - first), values_[i]);
    values_.resize(first);
  }

 private:
  std::vector<PyObject*> values_;
};

class EncodingReader {
 public:
  explicit EncodingReader(std::string_view message)
      : data_(reinterpret_cast<const std::uint8_t*>(message.data())), size_(message.size()) {}

  py::object message() {
    at_ = 1;  // after the version
    py::object value = item(0);
    if (at_ != size_) refuse(std::to_string(size_ - at_) + " bytes follow the value, at offset " + std::to_string(at_));
    return value;
  }

 private:
  [[noreturn]] static void refuse(const std::string& text) { raise_named("EncodingError", text); }

  const std::uint8_t* take(std::size_t bytes) {
    if (bytes > size_ - at_)
      refuse("the message ends early: " + std::to_string(bytes) + " bytes are due at offset " + std::to_string(at_));
    const std::uint8_t* const raw = data_ + at_;
    at_ += bytes;
    return raw;
  }
  std::size_t length() { return load_be32(take(4)); }
  // Every item takes at least one byte.
  std::size_t count() {
    const std::size_t items = length();
    if (items > size_ - at_)
      refuse(std::to_string(items) + " items cannot fit in the rest of the message, at offset " + std::to_string(at_));
    return items;
  }

  py::object item(int depth);
  py::object integer(bool negative);
  py::object text(std::string_view* raw = nullptr);
  std::size_t items(int depth);
  py::object map(int depth);

  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
  Pending pending_;
};

py::object EncodingReader::item(int depth) {
  if (depth > kEncodingDepth)
    raise_named("LimitError", "the message nests deeper than " + std::to_string(kEncodingDepth) + " levels");
  const std::uint8_t tag = *take(1);
  switch (tag) {
    case kTagNone:
      return py::none();
    case kTagFalse:
    case kTagTrue:
      return py::bool_(tag == kTagTrue);
    case kTagNatural:
    case kTagNegative:
      return integer(tag == kTagNegative);
    case kTagBytes: {
      const std::size_t bytes = length();
      const auto* const raw = reinterpret_cast<const char*>(take(bytes));
      return owned(PyBytes_FromStringAndSize(raw, static_cast<Py_ssize_t>(bytes)));
    }
    case kTagStr:
      return text();
    case kTagList: {
      const std::size_t first = items(depth + 1);
      py::object list = owned(PyList_New(static_cast<Py_ssize_t>(pending_.size() - first)));
      pending_.take_from(first, [&](Py_ssize_t i, PyObject* value) { PyList_SET_ITEM(list.ptr(), i, value); });
      return list;
    }
    case kTagTuple: {
      const std::size_t first = items(depth + 1);
      py::object tuple = owned(PyTuple_New(static_cast<Py_ssize_t>(pending_.size() - first)));
      pending_.take_from(first, [&](Py_ssize_t i, PyObject* value) { PyTuple_SET_ITEM(tuple.ptr(), i, value); });
      return tuple;
    }
    case kTagMap:
      return map(depth);
    default:
      refuse("unknown tag 0x" + hexadecimal({reinterpret_cast<const char*>(&tag), 1}) + " at offset " +
             std::to_string(at_ - 1));
  }
}

// Leaves a count of items pending; returns where they begin.
std::size_t EncodingReader::items(int depth) {
  const std::size_t first = pending_.size();
  for (std::size_t left = count(); left > 0; --left) pending_.push(item(depth));
  return first;
}

// n < 0 is written as the magnitude of -1 - n, whose bits are those of n inverted.
py::object EncodingReader::integer(bool negative) {
  const std::size_t bytes = length();
  if (bytes > kEncodingIntBytes)
    raise_named("LimitError", "an int of " + std::to_string(bytes) + " bytes is above the limit of " +
                                  std::to_string(kEncodingIntBytes));
  const std::uint8_t* const raw = take(bytes);
  if (bytes > 0 && raw[0] == 0) refuse("an int has a leading zero byte, before offset " + std::to_string(at_));
  if (bytes <= 8) {
    std::uint64_t magnitude = 0;
    for (std::size_t i = 0; i < bytes; ++i) magnitude = magnitude << 8 | raw[i];
    if (!negative) return owned(PyLong_FromUnsignedLongLong(magnitude));
    if (magnitude >> 63 == 0) return owned(PyLong_FromLongLong(static_cast<long long>(~magnitude)));
  }
  if (!negative) return owned(_PyLong_FromByteArray(raw, bytes, /*little_endian=*/0, /*is_signed=*/0));
  std::vector<std::uint8_t> inverted(bytes + 1, 0xff);
  std::transform(raw, raw + bytes, inverted.begin() + 1, [](std::uint8_t x) { return static_cast<std::uint8_t>(~x); });
  return owned(_PyLong_FromByteArray(inverted.data(), inverted.size(), /*little_endian=*/0, /*is_signed=*/1));
}

py::object EncodingReader::text(std::string_view* raw) {
  const std::size_t start = at_, bytes = length();
  const auto* const utf8 = reinterpret_cast<const char*>(take(bytes));
  if (raw != nullptr) *raw = {utf8, bytes};
  PyObject* made = PyUnicode_DecodeUTF8(utf8, static_cast<Py_ssize_t>(bytes), nullptr);
  if (made == nullptr && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
    PyErr_Clear();
    refuse("a str is not valid UTF-8, at offset " + std::to_string(start));
  }
  return owned(made);
}

py::object EncodingReader::map(int depth) {
  py::object result = owned(PyDict_New());
  std::string_view last;
  const std::size_t pairs = count();
  for (std::size_t i = 0; i < pairs; ++i) {
    if (*take(1) != kTagStr) refuse("the key of a map is not a str, at offset " + std::to_string(at_ - 1));
    std::string_view raw;
    const py::object key = text(&raw);
    if (i > 0 && raw <= last) refuse("the keys of a map do not ascend, before offset " + std::to_string(at_));
    last = raw;
    const py::object value = item(depth + 1);
    if (PyDict_SetItem(result.ptr(), key.ptr(), value.ptr()) != 0) throw py::error_already_set();
  }
  return result;
}

}  // namespace

py::object decode_canonical(PyObject* data, EncodingLimit limit) {
  py::object copy;  // of what could change meanwhile
  if (PyByteArray_Check(data)) {
    copy = owned(PyBytes_FromObject(data));
    data = copy.ptr();
  } else if (!PyBytes_Check(data)) {
    raise_named("WrongType", "encoded data is bytes, not " + encoding_type_name(data));
  }
  const std::string_view message(PyBytes_AS_STRING(data), static_cast<std::size_t>(PyBytes_GET_SIZE(data)));
  if (limit.below(message.size()))
    raise_named("LimitError", "the message has " + std::to_string(message.size()) + " bytes, above the limit of " +
                                  std::to_string(limit.bytes));
  if (message.empty() || static_cast<std::uint8_t>(message[0]) != kEncodingVersion)
    raise_named("EncodingError",
                "the message does not open with version byte 0x01: '" + hexadecimal(message.substr(0, 1)) + "'");
  return EncodingReader(message).message();
}

}  // namespace assay::bindings
