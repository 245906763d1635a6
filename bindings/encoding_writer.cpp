#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "encoding.h"

namespace assay::bindings {
namespace {

bool is_mapping(PyObject* value) {
  static PyObject* mapping = nullptr;  // guarded by the GIL, which an import may pass on: at worst imported twice
  if (mapping == nullptr) mapping = py::object(py::module_::import("collections.abc").attr("Mapping")).release().ptr();
  const int found = PyObject_IsInstance(value, mapping);
  if (found < 0) throw py::error_already_set();
  return found == 1;
}

py::object snapshot(PyObject* iterable) {
  PyObject* items = PySequence_Tuple(iterable);
  if (items == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(items);
}

}  // namespace

std::string encoding_type_name(PyObject* value) {
  return py::str(py::handle(reinterpret_cast<PyObject*>(Py_TYPE(value))).attr("__name__"));
}

std::string_view encoding_utf8(PyObject* text) {
  Py_ssize_t size;
  const char* raw = PyUnicode_AsUTF8AndSize(text, &size);
  if (raw != nullptr) return {raw, static_cast<std::size_t>(size)};
  if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) throw py::error_already_set();
  const py::error_already_set error;
  Py_ssize_t start;
  if (PyUnicodeEncodeError_GetStart(error.value().ptr(), &start) != 0) throw py::error_already_set();
  raise_named("EncodingError", "the str holds a lone surrogate at position " + std::to_string(start));
}

EncodingWriter::EncodingWriter(EncodingLimit limit) : limit_(limit), capacity_(sizeof stack_), data_(stack_) {
  byte(kEncodingVersion);
}

std::uint8_t* EncodingWriter::extend(std::size_t bytes) {
  if (bytes > capacity_ - size_) grow(bytes);
  std::uint8_t* const at = data_ + size_;
  size_ += bytes;
  return at;
}

void EncodingWriter::grow(std::size_t bytes) {
  constexpr std::size_t most = static_cast<std::size_t>(PY_SSIZE_T_MAX) / 4;
  if (bytes > most || capacity_ > most) throw std::bad_alloc();
  const std::size_t capacity = std::max(2 * capacity_, size_ + bytes);
  PyObject* grown = heap_.release().ptr();
  if (grown == nullptr) {
    grown = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(capacity));
    if (grown != nullptr) std::memcpy(PyBytes_AS_STRING(grown), stack_, size_);
  } else {
    _PyBytes_Resize(&grown, static_cast<Py_ssize_t>(capacity));
  }
  if (grown == nullptr) throw py::error_already_set();
  heap_ = py::reinterpret_steal<py::object>(grown);
  data_ = reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(grown));
  capacity_ = capacity;
}

py::bytes EncodingWriter::finish() {
  PyObject* message = heap_.release().ptr();
  if (message == nullptr)
    message = PyBytes_FromStringAndSize(reinterpret_cast<const char*>(data_), static_cast<Py_ssize_t>(size_));
  else
    _PyBytes_Resize(&message, static_cast<Py_ssize_t>(size_));
  if (message == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::bytes>(message);
}

void EncodingWriter::check_limit() const {
  if (limit_.below(size_))
    raise_named("LimitError", "the value encodes to more than " + std::to_string(limit_.bytes) + " bytes");
}

void EncodingWriter::head(std::uint8_t tag, std::size_t length) {
  if (length >> 32 != 0)
    raise_named("LimitError", "a length of " + std::to_string(length) + " does not fit in 4 bytes");
  std::uint8_t* const at = extend(5);
  at[0] = tag;
  store_be32(at + 1, static_cast<std::uint32_t>(length));
}

void EncodingWriter::sized(std::uint8_t tag, const void* raw, std::size_t bytes) {
  head(tag, bytes);
  std::memcpy(extend(bytes), raw, bytes);
}

// A value of which nothing but its bytes is to be checked: what is above the limit is not copied first.
void EncodingWriter::leaf(std::uint8_t tag, const void* raw, std::size_t bytes) {
  head(tag, bytes);
  if (bytes > capacity_ - size_ && limit_.below(size_ + bytes)) {
    size_ += bytes;
    check_limit();
  }
  std::memcpy(extend(bytes), raw, bytes);
}

void EncodingWriter::item(PyObject* value, int depth) {
  if (depth > kEncodingDepth)
    raise_named("LimitError", "the value nests deeper than " + std::to_string(kEncodingDepth) + " levels");
  check_limit();
  if (PyUnicode_Check(value)) {
    text(value);
  } else if (bytes_item(value)) {
  } else if (value == Py_None) {
    byte(kTagNone);
  } else if (value == Py_False || value == Py_True) {
    byte(value == Py_True ? kTagTrue : kTagFalse);
  } else if (PyLong_Check(value)) {
    integer(value);
  } else if (PyTuple_Check(value)) {
    tuple(kTagTuple, value, depth);
  } else if (PyList_Check(value)) {
    list(value, depth);
  } else if (PyDict_CheckExact(value) || is_mapping(value)) {
    map(value, depth);
  } else if (PyIndex_Check(value)) {
    PyObject* number = PyNumber_Index(value);
    if (number == nullptr) throw py::error_already_set();
    const auto owner = py::reinterpret_steal<py::object>(number);
    integer(number);
  } else {
    raise_named("WrongType", "a value of type " + encoding_type_name(value) + " has no canonical encoding");
  }
}

bool EncodingWriter::bytes_item(PyObject* value) {
  if (PyBytes_Check(value))
    leaf(kTagBytes, PyBytes_AS_STRING(value), static_cast<std::size_t>(PyBytes_GET_SIZE(value)));
  else if (PyByteArray_Check(value))
    leaf(kTagBytes, PyByteArray_AS_STRING(value), static_cast<std::size_t>(PyByteArray_GET_SIZE(value)));
  else
    return false;
  return true;
}

void EncodingWriter::text(PyObject* value) {
  const std::string_view raw = encoding_utf8(value);
  leaf(kTagStr, raw.data(), raw.size());
}

// The magnitude of a number n < 0 is that of -1 - n, whose bits are those of n inverted.
void EncodingWriter::integer(PyObject* value) {
  int overflow;
  const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow != 0) return long_integer(value);
  const auto magnitude = static_cast<std::uint64_t>(number < 0 ? ~number : number);
  const std::size_t bytes = magnitude == 0 ? 0 : 8 - static_cast<std::size_t>(__builtin_clzll(magnitude)) / 8;
  std::uint8_t raw[8];
  store_be64(raw, magnitude);
  sized(number < 0 ? kTagNegative : kTagNatural, raw + 8 - bytes, bytes);
}

void EncodingWriter::long_integer(PyObject* value) {
  const std::size_t room = static_cast<std::size_t>(_PyLong_NumBits(value)) / 8 + 1;  // in two's complement
  std::vector<std::uint8_t> raw(room);
#if PY_VERSION_HEX >= 0x030D0000
  const bool failed =
      PyLong_AsNativeBytes(value, raw.data(), static_cast<Py_ssize_t>(room), Py_ASNATIVEBYTES_BIG_ENDIAN) < 0;
#else
  const bool failed =
      _PyLong_AsByteArray(reinterpret_cast<PyLongObject*>(value), raw.data(), room, /*little_endian=*/0, 1) != 0;
#endif
  if (failed) throw py::error_already_set();
  const bool negative = raw[0] >> 7 != 0;
  if (negative)
    for (std::uint8_t& byte : raw) byte = static_cast<std::uint8_t>(~byte);
  const auto first = std::find_if(raw.begin(), raw.end(), [](std::uint8_t byte) { return byte != 0; });
  const auto bytes = static_cast<std::size_t>(raw.end() - first);
  if (bytes > kEncodingIntBytes)
    raise_named("LimitError", "an int of " + std::to_string(bytes) + " bytes is above the limit of " +
                                  std::to_string(kEncodingIntBytes));
  leaf(negative ? kTagNegative : kTagNatural, raw.data() + (raw.size() - bytes), bytes);
}

void EncodingWriter::tuple(std::uint8_t tag, PyObject* value, int depth) {
  const auto items =
      Py_TYPE(value)->tp_iter == PyTuple_Type.tp_iter ? py::reinterpret_borrow<py::object>(value) : snapshot(value);
  const Py_ssize_t count = PyTuple_GET_SIZE(items.ptr());
  head(tag, static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i) item(PyTuple_GET_ITEM(items.ptr(), i), depth + 1);
}

// Encoding an item may run code of its type, which may change the list.
void EncodingWriter::list(PyObject* value, int depth) {
  if (Py_TYPE(value)->tp_iter != PyList_Type.tp_iter) return tuple(kTagList, snapshot(value).ptr(), depth);
  const Py_ssize_t count = PyList_GET_SIZE(value);
  head(kTagList, static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    const auto element = py::reinterpret_borrow<py::object>(PyList_GET_ITEM(value, i));
    item(element.ptr(), depth + 1);
    if (PyList_GET_SIZE(value) != count) raise_named("InvalidInput", "a list changed while it was encoded");
  }
}

void EncodingWriter::map(PyObject* value, int depth) {
  struct Pair {
    std::string_view raw;
    py::object key, value;  // the value of a mapping that is no dict: looked up when it is written
  };
  std::vector<Pair> pairs;
  const auto take = [&](PyObject* key, PyObject* held) {
    if (!PyUnicode_Check(key)) raise_named("WrongType", "the keys of a map are str, not " + encoding_type_name(key));
    pairs.push_back({{}, py::reinterpret_borrow<py::object>(key), py::reinterpret_borrow<py::object>(held)});
  };
  if (PyDict_CheckExact(value)) {
    Py_ssize_t at = 0;
    PyObject *key, *held;
    pairs.reserve(static_cast<std::size_t>(PyDict_GET_SIZE(value)));
    while (PyDict_Next(value, &at, &key, &held)) take(key, held);
  } else {
    for (const py::handle key : py::reinterpret_steal<py::tuple>(snapshot(value).release())) take(key.ptr(), nullptr);
  }
  head(kTagMap, pairs.size());
  for (Pair& pair : pairs) pair.raw = encoding_utf8(pair.key.ptr());
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.raw < b.raw; });
  const auto same = [](const Pair& a, const Pair& b) { return a.raw == b.raw; };
  if (std::adjacent_find(pairs.begin(), pairs.end(), same) != pairs.end())
    raise_named("EncodingError", "two keys of a map are the same str");
  for (Pair& pair : pairs) {
    sized(kTagStr, pair.raw.data(), pair.raw.size());
    if (!pair.value) pair.value = py::reinterpret_borrow<py::object>(value)[pair.key];
    item(pair.value.ptr(), depth + 1);
  }
}

}  // namespace assay::bindings
