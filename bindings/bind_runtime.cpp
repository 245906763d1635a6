#include <string>

#include "base/status.h"
#include "convert.h"
#include "cpu/features.h"
#include "parallel/pool.h"

namespace assay::bindings {

void raise_named(const char* name, const std::string& text) {
  const py::object type = py::module_::import("assay.core.errors").attr(name);
  PyErr_SetString(type.ptr(), text.c_str());
  throw py::error_already_set();
}

void raise_on_error(Status status, std::string_view what) {
  const auto text = [&] { return std::string(what) + ": " + message(status); };
  switch (status) {
    case Status::ok:
      return;
    case Status::invalid_length:
    case Status::out_of_range:
    case Status::not_invertible:
    case Status::no_square_root:
      raise_named("InvalidInput", text());
    case Status::non_canonical:
    case Status::malformed:
    case Status::not_on_curve:
    case Status::not_in_subgroup:
      raise_named("EncodingError", text());
    case Status::too_large:
      raise_named("LimitError", text());
    case Status::invalid_signature:
      raise_named("SignatureError", text());
    case Status::invalid_proof:
      raise_named("ProofError", text());
    case Status::unsatisfied:
      raise_named("UnsatisfiedError", text());
    case Status::wrong_key:
      raise_named("WrongKeyError", text());
    case Status::out_of_memory:
      throw std::bad_alloc();
    case Status::io_error:
      raise_named("SystemFailure", text());
    case Status::cancelled:
      raise_named("CancelledError", text());
  }
}

std::size_t require_rows(const LimbArray& array, std::size_t columns, std::string_view name) {
  if (array.ndim() != 2 || static_cast<std::size_t>(array.shape(1)) != columns) {
    std::string shape;
    for (py::ssize_t i = 0; i < array.ndim(); ++i) shape += (i ? ", " : "") + std::to_string(array.shape(i));
    raise_named("InvalidInput",
                std::string(name) + " must have shape [n, " + std::to_string(columns) + "], got [" + shape + "]");
  }
  return static_cast<std::size_t>(array.shape(0));
}

void bind_runtime(py::module_& m) {
  m.def("num_threads", &num_threads, "Threads that parallel kernels use.");
  m.def(
      "set_num_threads",
      [](std::size_t count) { raise_on_error(set_num_threads(count), "threads = " + std::to_string(count)); },
      py::arg("count"), "Sets the number of threads, 1 to 1024.");
  m.def("isa", [] { return std::string(isa_name(isa_level())); }, "Name of the instruction-set level in force.");
  m.def(
      "set_isa",
      [](const std::string& name) {
        const auto level = isa_named(name);
        if (!level) {
          raise_named("InvalidInput",
                      "unknown instruction set '" + name + "'; known: portable, adx, avx512, ifma, scalar");
        }
        raise_on_error(set_isa_level(*level), "instruction set " + name);
      },
      py::arg("name"), "Chooses the instruction-set level for this process; scalar: the best without lanes.");
  m.def("cpu_info", [] {
    const CpuFeatures& f = cpu_features();
    py::dict features;
    features["bmi2"] = f.bmi2;
    features["adx"] = f.adx;
    features["sha_ni"] = f.sha_ni;
    features["avx2"] = f.avx2;
    features["avx512"] = f.avx512;
    features["avx512_ifma"] = f.avx512_ifma;
    py::list levels;
    for (const IsaLevel level : kIsaLevels)
      if (isa_available(level)) levels.append(std::string(isa_name(level)));
    py::dict info;
    info["isa"] = std::string(isa_name(isa_level()));
    info["available"] = levels;
    info["features"] = features;
    info["threads"] = num_threads();
    return info;
  });
}

}  // namespace assay::bindings
