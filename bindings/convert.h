// Between Python and the kernels: arrays of limbs, byte strings, and the one table that turns a Status into an
// exception.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace assay::bindings {

namespace py = pybind11;

// Limb arrays arrive as C-contiguous uint64; anything else is refused, never cast (py::arg().noconvert() at the
// definition).
using LimbArray = py::array_t<std::uint64_t, py::array::c_style>;
using ByteArray = py::array_t<std::uint8_t, py::array::c_style>;

// Throws the Python exception that fits, its text `what: reason`. Does nothing on ok.
void raise_on_error(Status status, std::string_view what);

// Throws InvalidInput unless the array has shape [n, columns]; returns n.
std::size_t require_rows(const LimbArray& array, std::size_t columns, std::string_view name);

// An uninitialised uint64 array of shape [rows, columns].
inline LimbArray make_rows(std::size_t rows, std::size_t columns) {
  return LimbArray({static_cast<py::ssize_t>(rows), static_cast<py::ssize_t>(columns)});
}

// Throws assay.core.errors.<name>(text).
[[noreturn]] void raise_named(const char* name, const std::string& text);

}  // namespace assay::bindings
