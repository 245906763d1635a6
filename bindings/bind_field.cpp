#include "convert.h"
#include "field/vector.h"

namespace assay::bindings {
namespace {

constexpr std::size_t kLimbs = 4;

LimbArray vector_op(int field, int op, const LimbArray& a, const py::object& b) {
  const std::size_t n = require_rows(a, kLimbs, "a");
  LimbArray other;
  const std::uint64_t* second = nullptr;
  if (!b.is_none()) {
    if (!LimbArray::check_(b)) raise_named("InvalidInput", "b must be a C-contiguous uint64 array of shape [n, 4]");
    other = py::reinterpret_borrow<LimbArray>(b);
    if (require_rows(other, kLimbs, "b") != n) raise_named("InvalidInput", "a and b must have the same number of rows");
    second = other.data();
  } else if (is_binary(static_cast<FieldOp>(op))) {
    raise_named("InvalidInput", "this operation takes two arrays");
  }
  LimbArray out = make_rows(n, kLimbs);
  const std::uint64_t* first = a.data();
  std::uint64_t* result = out.mutable_data();
  Status status;
  {
    py::gil_scoped_release release;
    status = field_vector_op(static_cast<FieldId>(field), static_cast<FieldOp>(op), first, second, result, n);
  }
  raise_on_error(status, "field operation");
  return out;
}

}  // namespace

void bind_field(py::module_& m) {
  m.def("field_vector_op", &vector_op, py::arg("field"), py::arg("op"), py::arg("a").noconvert(),
        py::arg("b") = py::none(),
        "Element-wise operation on canonical limbs uint64[n, 4]. field: 0 Fp, 1 Fr; op: 0 add, 1 sub, 2 mul, 3 sqr, 4 "
        "neg, 5 inverse, 6 sqrt, 7 a b + a a, 8 a b - b b.");
  m.def(
      "field_dot",
      [](int field, const LimbArray& a, const LimbArray& b) {
        const std::size_t n = require_rows(a, kLimbs, "a");
        if (require_rows(b, kLimbs, "b") != n) raise_named("InvalidInput", "a and b must have the same number of rows");
        LimbArray out = make_rows(1, kLimbs);
        raise_on_error(field_dot(static_cast<FieldId>(field), a.data(), b.data(), out.mutable_data(), n),
                       "inner product of " + std::to_string(n) + " terms");
        return out;
      },
      py::arg("field"), py::arg("a").noconvert(), py::arg("b").noconvert(),
      "The inner product of uint64[n, 4] and uint64[n, 4], 1 <= n <= 17: uint64[1, 4].");
  m.def(
      "field_mul_throughput",
      [](int field, LimbArray x, const LimbArray& y, std::size_t rounds) {
        const std::size_t n = require_rows(x, kLimbs, "x");
        if (require_rows(y, kLimbs, "y") != n) raise_named("InvalidInput", "x and y must have the same number of rows");
        std::uint64_t* px = x.mutable_data();
        const std::uint64_t* py_ = y.data();
        py::gil_scoped_release release;
        (void)field_mul_throughput(static_cast<FieldId>(field), px, py_, n, rounds);
      },
      py::arg("field"), py::arg("x").noconvert(), py::arg("y").noconvert(), py::arg("rounds"),
      "Benchmark: multiplies x by y in place `rounds` times.");
}

}  // namespace assay::bindings
