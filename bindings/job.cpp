#include "job.h"

namespace assay::bindings {

namespace py = pybind11;

PythonJob::PythonJob(py::object progress) : progress_(std::move(progress)) {}

PythonJob::~PythonJob() {
  Py_XDECREF(type_);
  Py_XDECREF(value_);
  Py_XDECREF(traceback_);
}

bool PythonJob::poll() noexcept {
  if (failed_) return false;
  const py::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() == 0) return true;
  PyErr_Fetch(&type_, &value_, &traceback_);
  failed_ = true;
  return false;
}

void PythonJob::report(const char* stage, std::size_t done, std::size_t total) noexcept {
  if (failed_ || progress_.is_none()) return;
  const py::gil_scoped_acquire gil;
  PyObject* result = PyObject_CallFunction(progress_.ptr(), "snn", stage, static_cast<Py_ssize_t>(done),
                                           static_cast<Py_ssize_t>(total));
  if (result == nullptr) {
    PyErr_Fetch(&type_, &value_, &traceback_);
    failed_ = true;
    return;
  }
  Py_DECREF(result);
}

void PythonJob::finish() {
  if (!failed_) return;
  PyErr_Restore(type_, value_, traceback_);
  type_ = value_ = traceback_ = nullptr;
  failed_ = false;
  throw py::error_already_set();
}

}  // namespace assay::bindings
