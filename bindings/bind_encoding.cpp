// The canonical encoding and the tagged digest, as functions of CPython itself: a call of pybind11 would take as long
// as the work of a short message.
#include <string>
#include <string_view>
#include <vector>

#include "encoding.h"
#include "hash/tagged_hash.h"

namespace assay::bindings {
namespace {

// --- arguments -------------------------------------------------------------------------------------------------------

struct Arguments {
  PyObject* const* at;
  Py_ssize_t count;
  EncodingLimit limit;
};

EncodingLimit require_limit(PyObject* value) {
  int overflow;
  const long long bytes = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (bytes == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return {overflow == 0 ? bytes : overflow < 0 ? -1 : PY_SSIZE_T_MAX};
}

// Positional arguments, at least `least` and at most `most` (-1: any number), and the keyword `limit` if `limited`.
Arguments require_arguments(const char* name, PyObject* const* at, Py_ssize_t count, PyObject* keywords,
                            Py_ssize_t least, Py_ssize_t most, bool limited) {
  if (count < least || (most >= 0 && count > most)) {
    const char* bound = least == most ? "exactly" : "at least";
    PyErr_Format(PyExc_TypeError, "%s() takes %s %zd positional arguments, not %zd", name, bound, least, count);
    throw py::error_already_set();
  }
  Arguments arguments{at, count, {}};
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, i);
    if (!limited || PyUnicode_CompareWithASCIIString(keyword, "limit") != 0) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R", name, keyword);
      throw py::error_already_set();
    }
    arguments.limit = require_limit(at[count + i]);
  }
  return arguments;
}

// Runs `body() -> py::object`; an exception of C++ becomes one of Python.
template <class Body>
PyObject* call(Body&& body) noexcept {
  try {
    return body().release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

// --- encode ----------------------------------------------------------------------------------------------------------

void write_value(EncodingWriter& writer, PyObject* value) {
  writer.item(value, 0);
  writer.check_limit();
}

PyObject* encode(PyObject*, PyObject* const* at, Py_ssize_t count, PyObject* keywords) {
  return call([&]() -> py::object {
    const Arguments arguments = require_arguments("encode", at, count, keywords, 1, 1, true);
    EncodingWriter writer(arguments.limit);
    write_value(writer, at[0]);
    return writer.finish();
  });
}

PyObject* encode_record(PyObject*, PyObject* const* at, Py_ssize_t count, PyObject* keywords) {
  return call([&]() -> py::object {
    const Arguments arguments = require_arguments("encode_record", at, count, keywords, 2, -1, true);
    EncodingWriter writer(arguments.limit);
    writer.check_limit();
    writer.open_tuple(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i) writer.item(at[i], 1);
    writer.check_limit();
    return writer.finish();
  });
}

PyObject* encode_parts(PyObject*, PyObject* const* at, Py_ssize_t count, PyObject* keywords) {
  return call([&]() -> py::object {
    require_arguments("encode_parts", at, count, keywords, 2, -1, false);
    EncodingWriter writer({PY_SSIZE_T_MAX});
    writer.open_tuple(static_cast<std::size_t>(count));
    writer.item(at[0], 1);
    writer.item(at[1], 1);
    for (Py_ssize_t i = 2; i < count; ++i)
      if (!writer.bytes_item(at[i]))
        raise_named("WrongType", "the parts of a record are bytes, not " + encoding_type_name(at[i]));
    return writer.finish();
  });
}

// --- decode ----------------------------------------------------------------------------------------------------------

PyObject* decode(PyObject*, PyObject* const* at, Py_ssize_t count, PyObject* keywords) {
  return call([&]() -> py::object {
    const Arguments arguments = require_arguments("decode", at, count, keywords, 1, 1, true);
    return decode_canonical(at[0], arguments.limit);
  });
}

bool same(PyObject* a, PyObject* b) {
  const int equal = PyObject_RichCompareBool(a, b, Py_EQ);
  if (equal < 0) throw py::error_already_set();
  return equal == 1;
}

std::string shown(PyObject* value) { return py::repr(value); }

// A version as a message told it: a number of 64 bits or a bool, else only its type.
std::string shown_version(PyObject* version) {
  int overflow = 0;
  if (PyLong_Check(version)) PyLong_AsLongLongAndOverflow(version, &overflow);
  return PyLong_Check(version) && overflow == 0 ? shown(version) : "of type " + encoding_type_name(version);
}

std::string type_names(PyObject* const* types, Py_ssize_t count) {
  std::string names;
  for (Py_ssize_t i = 0; i < count; ++i)
    names += (i > 0 ? ", " : "") + std::string(py::str(py::handle(types[i]).attr("__name__")));
  return names;
}

PyObject* decode_record(PyObject*, PyObject* const* at, Py_ssize_t count, PyObject* keywords) {
  return call([&]() -> py::object {
    const Arguments arguments = require_arguments("decode_record", at, count, keywords, 3, -1, true);
    PyObject *const kind = at[1], *const version = at[2], *const *types = at + 3;
    const Py_ssize_t expected = count - 3;
    const py::object record = decode_canonical(at[0], arguments.limit);
    PyObject* const value = record.ptr();
    if (!PyTuple_CheckExact(value) || PyTuple_GET_SIZE(value) < 2 || !same(PyTuple_GET_ITEM(value, 0), kind))
      raise_named("EncodingError", "the message is not a " + shown(kind) + " record");
    PyObject* const found = PyTuple_GET_ITEM(value, 1);
    if (!PyLong_CheckExact(found) || !same(found, version))
      raise_named("EncodingError", shown(kind) + " record of version " + shown_version(found) +
                                       "; this code reads version " + shown(version));
    const Py_ssize_t fields = PyTuple_GET_SIZE(value) - 2;
    bool fit = fields == expected;
    for (Py_ssize_t i = 0; fit && i < fields; ++i)
      fit = reinterpret_cast<PyObject*>(Py_TYPE(PyTuple_GET_ITEM(value, i + 2))) == types[i];
    if (!fit) {
      std::vector<PyObject*> got;
      for (Py_ssize_t i = 0; i < fields && i <= expected; ++i)
        got.push_back(reinterpret_cast<PyObject*>(Py_TYPE(PyTuple_GET_ITEM(value, i + 2))));
      raise_named("EncodingError", "the fields of a " + shown(kind) + " record are (" + type_names(types, expected) +
                                       "), not (" + type_names(got.data(), static_cast<Py_ssize_t>(got.size())) + ")");
    }
    PyObject* rest = PyTuple_GetSlice(value, 2, fields + 2);
    if (rest == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(rest);
  });
}

// --- digest ----------------------------------------------------------------------------------------------------------

constexpr std::size_t kReleaseFrom = 16384;  // bytes; hashing fewer takes less than two switches between threads

// Midstates of tags in use, a slot for each hash of a str; a newer tag takes the slot. Guarded by the GIL: what it
// returns is to be copied before anything else runs.
const Sha256& domain(PyObject* tag) {
  constexpr std::size_t kSlots = 256;
  struct Slot {
    PyObject* tag = nullptr;
    Sha256 hash;
  };
  static Slot* const slots = new Slot[kSlots];  // lives as long as the process: no destructor after the interpreter's
  if (!PyUnicode_CheckExact(tag)) raise_named("WrongType", "a tag is a str, not " + encoding_type_name(tag));
  Slot& slot = slots[static_cast<std::size_t>(PyObject_Hash(tag)) % kSlots];
  if (slot.tag != tag && (slot.tag == nullptr || PyUnicode_Compare(slot.tag, tag) != 0)) {
    slot.hash = tagged_sha256(encoding_utf8(tag));
    Py_INCREF(tag);
    Py_XDECREF(slot.tag);
    slot.tag = tag;
  }
  return slot.hash;
}

py::bytes finish_digest(const Sha256& midstate, const void* data, std::size_t bytes) {
  Sha256 hash = midstate;
  std::uint8_t digest[kSha256Bytes];
  if (bytes < kReleaseFrom) {
    hash.update(data, bytes).finish(digest);
  } else {
    py::gil_scoped_release release;
    hash.update(data, bytes).finish(digest);
  }
  return {reinterpret_cast<const char*>(digest), sizeof digest};
}

PyObject* digest(PyObject*, PyObject* const* at, Py_ssize_t count, PyObject* keywords) {
  return call([&]() -> py::object {
    require_arguments("digest", at, count, keywords, 2, 2, false);
    EncodingWriter writer({});
    write_value(writer, at[1]);
    return finish_digest(domain(at[0]), writer.data(), writer.size());
  });
}

PyObject* digest_bytes(PyObject*, PyObject* const* at, Py_ssize_t count, PyObject* keywords) {
  return call([&]() -> py::object {
    require_arguments("digest_bytes", at, count, keywords, 2, 2, false);
    if (PyBytes_Check(at[1]))
      return finish_digest(domain(at[0]), PyBytes_AS_STRING(at[1]), static_cast<std::size_t>(PyBytes_GET_SIZE(at[1])));
    Py_buffer view;
    if (PyObject_GetBuffer(at[1], &view, PyBUF_SIMPLE) != 0) {
      PyErr_Clear();
      raise_named("WrongType", "a digest is of contiguous bytes, not " + encoding_type_name(at[1]));
    }
    struct Release {
      Py_buffer* view;
      ~Release() { PyBuffer_Release(view); }
    } const release{&view};
    return finish_digest(domain(at[0]), view.buf, static_cast<std::size_t>(view.len));
  });
}

// --- registration ----------------------------------------------------------------------------------------------------

using FastCall = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

PyMethodDef method(const char* name, FastCall function, const char* doc) {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function)), METH_FASTCALL | METH_KEYWORDS,
          doc};
}

}  // namespace

void bind_encoding(py::module_& m) {
  static PyMethodDef methods[] = {
      method("encode", encode,
             "encode(value: typing.Any, /, *, limit: int = 16777216) -> bytes\n\n"
             "The canonical bytes of a value, at most `limit` of them."),
      method("encode_record", encode_record,
             "encode_record(kind: str, version: int, /, *fields: typing.Any, limit: int = 16777216) -> bytes\n\n"
             "The encoding of the tuple (kind, version, *fields)."),
      method("encode_parts", encode_parts,
             "encode_parts(kind: str, version: int, /, *parts: bytes) -> bytes\n\n"
             "`encode_record` of fields that are all bytes, without a limit."),
      method("decode", decode,
             "decode(data: bytes, /, *, limit: int = 16777216) -> typing.Any\n\n"
             "The value whose canonical encoding is `data`."),
      method("decode_record", decode_record,
             "decode_record(data: bytes, kind: str, version: int, /, *types: type, limit: int = 16777216) -> tuple\n\n"
             "The fields of a record of `kind` and `version`, each of exactly the type named."),
      method("digest", digest,
             "digest(tag: str, value: typing.Any, /) -> bytes\n\nThe tagged SHA-256 of a value's encoding."),
      method("digest_bytes", digest_bytes,
             "digest_bytes(tag: str, data: bytes, /) -> bytes\n\nThe tagged SHA-256 of bytes."),
      {nullptr, nullptr, 0, nullptr},
  };
  if (PyModule_AddFunctions(m.ptr(), methods) != 0) throw py::error_already_set();
}

}  // namespace assay::bindings
