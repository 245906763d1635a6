// Bytes that a kernel writes piece by piece, handed to a Python function.
#pragma once

#include <optional>
#include <utility>

#include "circuit/byte_stream.h"
#include "convert.h"

namespace assay::bindings {

// job(sink, context) -> Status runs without the GIL; write(memoryview) is called with each piece. An exception of
// `write` stops the job and goes on.
template <class Job>
void write_pieces(const py::function& write, std::string_view what, Job&& job) {
  struct Context {
    const py::function& write;
    std::optional<py::error_already_set> error;
  } context{write, {}};
  const ByteSink sink = [](void* c, const std::uint8_t* data, std::size_t bytes) {
    auto& to = *static_cast<Context*>(c);
    const py::gil_scoped_acquire gil;
    try {
      to.write(py::memoryview::from_memory(data, static_cast<py::ssize_t>(bytes)));
      return true;
    } catch (py::error_already_set& error) {
      to.error.emplace(std::move(error));
      return false;
    }
  };
  Status status;
  {
    const py::gil_scoped_release release;
    status = job(sink, static_cast<void*>(&context));
  }
  if (context.error) throw std::move(*context.error);
  raise_on_error(status, what);
}

}  // namespace assay::bindings
