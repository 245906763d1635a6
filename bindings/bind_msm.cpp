#include <algorithm>
#include <memory>
#include <string>

#include "convert.h"
#include "job.h"
#include "msm/classes.h"
#include "msm/fixed_base.h"
#include "msm/msm.h"
#include "msm/precomputed.h"

namespace assay::bindings {
namespace {

constexpr std::size_t kScalarLimbs = 4;

void require_point_limbs(std::size_t limbs) {
  if (limbs != 8 && limbs != 16) raise_named("InvalidInput", "points have 8 limbs (G1) or 16 (G2)");
}

// The points in Montgomery form, in a new array.
LimbArray to_montgomery(const LimbArray& points, std::size_t limbs) {
  require_point_limbs(limbs);
  const std::size_t n = require_rows(points, limbs, "points");
  LimbArray out = make_rows(n, limbs);
  const std::uint64_t* source = points.data();
  std::uint64_t* result = out.mutable_data();
  Status status;
  {
    py::gil_scoped_release release;
    std::copy_n(source, limbs * n, result);
    status = points_to_montgomery(result, n, limbs);
  }
  raise_on_error(status, "points");
  return out;
}

LimbArray from_montgomery(const LimbArray& points, std::size_t limbs) {
  require_point_limbs(limbs);
  const std::size_t n = require_rows(points, limbs, "points");
  LimbArray out = make_rows(n, limbs);
  std::copy_n(points.data(), limbs * n, out.mutable_data());
  raise_on_error(points_from_montgomery(out.mutable_data(), n, limbs), "points");
  return out;
}

// points in Montgomery form; the result is canonical
LimbArray msm(const LimbArray& points, const LimbArray& scalars, std::size_t limbs, py::object progress, bool lean,
              bool classes) {
  require_point_limbs(limbs);
  const std::size_t n = require_rows(points, limbs, "points");
  if (require_rows(scalars, kScalarLimbs, "scalars") != n) {
    raise_named("InvalidInput", std::to_string(n) + " points, but " + std::to_string(scalars.shape(0)) + " scalars");
  }
  LimbArray out = make_rows(1, limbs);
  const std::uint64_t *bases = points.data(), *k = scalars.data();
  std::uint64_t* result = out.mutable_data();
  const Status status = run_job(std::move(progress), [&](JobControl* control) -> Status {
    const MsmMemory memory = lean ? MsmMemory::lean : MsmMemory::fast;
    if (classes) {
      ScalarClasses grouped;
      ASSAY_TRY(grouped.build(k, n, control));
      ASSAY_TRY(limbs == 8 ? msm_g1(bases, grouped, result, control, memory)
                           : msm_g2(bases, grouped, result, control, memory));
    } else {
      ASSAY_TRY(limbs == 8 ? msm_g1(bases, k, n, result, control, memory)
                           : msm_g2(bases, k, n, result, control, memory));
    }
    return points_from_montgomery(result, 1, limbs);
  });
  raise_on_error(status, "multi-scalar multiplication of " + std::to_string(n) + " points");
  return out;
}

std::unique_ptr<PrecomputedBases> precompute(const LimbArray& points, std::size_t limbs, unsigned memory_factor,
                                             py::object progress) {
  if (memory_factor == 0) raise_named("InvalidInput", "memory_factor must be 1 or more, got 0");
  const LimbArray bases = to_montgomery(points, limbs);
  const auto n = static_cast<std::size_t>(bases.shape(0));
  const std::uint64_t* source = bases.data();
  auto table = std::make_unique<PrecomputedBases>();
  const Status status = run_job(std::move(progress), [&](JobControl* control) noexcept {
    return table->build(source, n, limbs, memory_factor, control);
  });
  raise_on_error(status, "multiples of " + std::to_string(n) + " bases");
  return table;
}

LimbArray precomputed_sum(const PrecomputedBases& bases, const LimbArray& scalars, py::object progress, bool lean) {
  const std::size_t n = bases.size(), limbs = bases.limbs();
  if (require_rows(scalars, kScalarLimbs, "scalars") != n) {
    raise_named("InvalidInput", std::to_string(n) + " points, but " + std::to_string(scalars.shape(0)) + " scalars");
  }
  LimbArray out = make_rows(1, limbs);
  const std::uint64_t* k = scalars.data();
  std::uint64_t* result = out.mutable_data();
  const Status status = run_job(std::move(progress), [&](JobControl* control) -> Status {
    ASSAY_TRY(msm_precomputed(bases, k, result, control, lean ? MsmMemory::lean : MsmMemory::fast));
    return points_from_montgomery(result, 1, limbs);
  });
  raise_on_error(status, "multi-scalar multiplication of " + std::to_string(n) + " precomputed points");
  return out;
}

LimbArray fixed_base(const LimbArray& base, const LimbArray& scalars, std::size_t limbs, py::object progress) {
  if (require_rows(base, limbs, "base") != 1) raise_named("InvalidInput", "one base, please");
  const LimbArray point = to_montgomery(base, limbs);
  const std::size_t n = require_rows(scalars, kScalarLimbs, "scalars");
  LimbArray out = make_rows(n, limbs);
  const std::uint64_t *b = point.data(), *k = scalars.data();
  std::uint64_t* result = out.mutable_data();
  const Status status = run_job(std::move(progress), [&](JobControl* control) -> Status {
    const FixedBaseList list{k, n, result};
    ASSAY_TRY(limbs == 8 ? fixed_base_g1(b, &list, 1, control) : fixed_base_g2(b, &list, 1, control));
    return points_from_montgomery(result, n, limbs);
  });
  raise_on_error(status, std::to_string(n) + " multiples of a base");
  return out;
}

}  // namespace

void bind_msm(py::module_& m) {
  m.def("points_to_montgomery", &to_montgomery, py::arg("points").noconvert(), py::arg("limbs"),
        "Checked points uint64[n, limbs] in Montgomery form, as msm takes them.");
  m.def("points_from_montgomery", &from_montgomery, py::arg("points").noconvert(), py::arg("limbs"),
        "Points uint64[n, limbs] in Montgomery form as canonical integers.");
  m.def("msm", &msm, py::arg("points").noconvert(), py::arg("scalars").noconvert(), py::arg("limbs"),
        py::arg("progress") = py::none(), py::arg("lean") = false, py::arg("classes") = false,
        "Sum of scalars times points (Montgomery form), canonical uint64[1, limbs]. limbs: 8 for G1, 16 for G2. lean: "
        "with less scratch; classes: equal scalars merged first.");
  py::class_<PrecomputedBases>(m, "PrecomputedBases", "Multiples of known bases; see cpp/msm/precomputed.h.")
      .def(py::init(&precompute), py::arg("points").noconvert(), py::arg("limbs"), py::arg("memory_factor"),
           py::arg("progress") = py::none(), "Checks canonical points uint64[n, limbs] and makes their multiples.")
      .def("__len__", &PrecomputedBases::size)
      .def("msm", &precomputed_sum, py::arg("scalars").noconvert(), py::arg("progress") = py::none(),
           py::arg("lean") = false, "Sum of scalars times points, canonical uint64[1, limbs].");
  m.def("fixed_base", &fixed_base, py::arg("base").noconvert(), py::arg("scalars").noconvert(), py::arg("limbs"),
        py::arg("progress") = py::none(), "All scalars times one base, canonical uint64[n, limbs].");
  m.def(
      "msm_memory_estimate",
      [](std::size_t n, std::size_t limbs, bool lean) {
        return msm_memory_estimate(n, limbs, lean ? MsmMemory::lean : MsmMemory::fast);
      },
      py::arg("n"), py::arg("limbs"), py::arg("lean") = false, "Bytes beyond the inputs.");
  m.def(
      "precomputed_memory_estimate",
      [](std::size_t n, std::size_t limbs, unsigned memory_factor, bool lean) {
        const auto memory =
            precomputed_memory_estimate(n, limbs, memory_factor, lean ? MsmMemory::lean : MsmMemory::fast);
        return py::make_tuple(memory.table, memory.sum);
      },
      py::arg("n"), py::arg("limbs"), py::arg("memory_factor"), py::arg("lean") = false,
      "Bytes of the table, and of a sum beyond table and scalars.");
  m.def("fixed_base_memory_estimate", &fixed_base_memory_estimate, py::arg("n"), py::arg("limbs"),
        "Bytes beyond input and output.");
}

}  // namespace assay::bindings
