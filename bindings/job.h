// Long calls: the GIL is released, Ctrl-C is noticed within about 50 ms, progress goes to a Python callable.
#pragma once

#include <pybind11/pybind11.h>

#include "parallel/pool.h"

namespace assay::bindings {

// Lives while the kernel runs without the GIL on the calling thread. `progress` is None or callable(stage: str, done:
// int, total: int); an exception raised by it, or by a signal handler, stops the job and is raised again by finish().
class PythonJob final : public JobControl {
 public:
  explicit PythonJob(pybind11::object progress);
  ~PythonJob() override;
  bool poll() noexcept override;
  void report(const char* stage, std::size_t done, std::size_t total) noexcept override;

  // With the GIL held again: raises what stopped the job, if anything did.
  void finish();

 private:
  pybind11::object progress_;
  PyObject *type_ = nullptr, *value_ = nullptr, *traceback_ = nullptr;
  bool failed_ = false;
};

// Runs `body(JobControl*) -> Status` without the GIL and raises what interrupted it.
template <class Body>
Status run_job(pybind11::object progress, Body&& body) {
  PythonJob job(std::move(progress));
  Status status;
  {
    pybind11::gil_scoped_release release;
    status = body(static_cast<JobControl*>(&job));
  }
  job.finish();
  return status;
}

}  // namespace assay::bindings
