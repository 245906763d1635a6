#include <algorithm>
#include <bit>
#include <string>

#include "convert.h"
#include "job.h"
#include "ntt/ntt.h"

namespace assay::bindings {
namespace {

constexpr std::size_t kLimbs = 4;

using Transform = Status (*)(std::uint64_t*, std::size_t, const std::uint64_t*, JobControl*) noexcept;

// Copies canonical values and transforms them as they are: a transform is linear, so that it keeps the form of its
// values.
LimbArray transform(const LimbArray& values, const std::string& kind, const py::object& shift, py::object progress) {
  const std::size_t n = require_rows(values, kLimbs, "values");
  if (!std::has_single_bit(n) || n > (std::size_t{1} << kNttMaxLog)) {
    raise_named("InvalidInput", "the number of values must be a power of two up to 2^28, got " + std::to_string(n));
  }
  Transform function = nullptr;
  if (kind == "forward") function = ntt_forward;
  if (kind == "inverse") function = ntt_inverse;
  if (kind == "forward_natural") function = ntt_forward_natural;
  if (kind == "inverse_natural") function = ntt_inverse_natural;
  if (kind == "extend") function = ntt_extend;
  if (kind == "extend_odd") {
    if (!shift.is_none()) raise_named("InvalidInput", "extend_odd goes to the coset of the odd powers: no shift");
    function = [](std::uint64_t* x, std::size_t count, const std::uint64_t*, JobControl* job) noexcept {
      return ntt_extend_odd(x, count, job);
    };
  }
  if (function == nullptr) raise_named("InvalidInput", "unknown transform '" + kind + "'");
  std::uint64_t coset[kLimbs] = {};
  if (!shift.is_none()) {
    if (!LimbArray::check_(shift)) raise_named("InvalidInput", "coset must be a uint64 array of shape [1, 4]");
    const auto limbs = py::reinterpret_borrow<LimbArray>(shift);
    if (require_rows(limbs, kLimbs, "coset") != 1) raise_named("InvalidInput", "coset must have one row");
    std::copy_n(limbs.data(), kLimbs, coset);
    raise_on_error(fr_to_montgomery(coset, 1), "coset");
  }
  LimbArray out = make_rows(n, kLimbs);
  const std::uint64_t* source = values.data();
  std::uint64_t* result = out.mutable_data();
  const Status status = run_job(std::move(progress), [&](JobControl* control) -> Status {
    std::copy_n(source, kLimbs * n, result);
    ASSAY_TRY(fr_require_canonical(result, n));
    return function(result, n, shift.is_none() ? nullptr : coset, control);
  });
  raise_on_error(status, "transform of " + std::to_string(n) + " values");
  return out;
}

LimbArray lagrange(const LimbArray& tau, std::size_t n, py::object progress) {
  if (require_rows(tau, kLimbs, "tau") != 1) raise_named("InvalidInput", "tau must have one row");
  if (!std::has_single_bit(n) || n > (std::size_t{1} << kNttMaxLog)) {
    raise_named("InvalidInput", "the size of the domain must be a power of two up to 2^28, got " + std::to_string(n));
  }
  std::uint64_t point[kLimbs];
  std::copy_n(tau.data(), kLimbs, point);
  raise_on_error(fr_to_montgomery(point, 1), "tau");
  LimbArray out = make_rows(n, kLimbs);
  std::uint64_t* result = out.mutable_data();
  const Status status = run_job(std::move(progress), [&](JobControl* control) -> Status {
    ASSAY_TRY(ntt_lagrange(point, n, result, control));
    return fr_from_montgomery(result, n);
  });
  raise_on_error(status, "Lagrange basis of " + std::to_string(n) + " values");
  return out;
}

}  // namespace

void bind_ntt(py::module_& m) {
  m.def("ntt", &transform, py::arg("values").noconvert(), py::arg("kind"), py::arg("shift") = py::none(),
        py::arg("progress") = py::none(),
        "Transforms canonical Fr values uint64[n, 4] into a new array. kind: forward, inverse, forward_natural, "
        "inverse_natural, extend, extend_odd; shift: uint64[1, 4] or None.");
  m.def("ntt_lagrange", &lagrange, py::arg("tau").noconvert(), py::arg("n"), py::arg("progress") = py::none(),
        "Lagrange basis of the domain of size n at tau, uint64[n, 4], natural order.");
  m.def("ntt_memory_estimate", &ntt_memory_estimate, py::arg("n"), py::arg("odd_coset") = true,
        "Bytes beyond the values themselves; odd_coset: to or from the coset of w_2n.");
  m.def(
      "ntt_in_place",
      [](LimbArray values, bool inverse) {
        const std::size_t n = require_rows(values, kLimbs, "values");
        std::uint64_t* data = values.mutable_data();
        raise_on_error(run_job(py::none(),
                               [&](JobControl* control) {
                                 return inverse ? ntt_inverse(data, n, nullptr, control)
                                                : ntt_forward(data, n, nullptr, control);
                               }),
                       "transform");
      },
      py::arg("values").noconvert(), py::arg("inverse"),
      "Benchmark: the bare kernel on Montgomery limbs in place, bit-reversed order.");
}

}  // namespace assay::bindings
