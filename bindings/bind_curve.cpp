#include <string>

#include "convert.h"
#include "curve/bn254/batch.h"

namespace assay::bindings {
namespace {

std::string row(std::string_view what, std::size_t index) {
  return std::string(what) + ", row " + std::to_string(index);
}

CurveGroup group_of(int group) {
  if (group != 1 && group != 2) raise_named("InvalidInput", "group must be 1 or 2, got " + std::to_string(group));
  return group == 1 ? CurveGroup::g1 : CurveGroup::g2;
}

void require_same(std::size_t a, std::size_t b, const char* names) {
  if (a != b) {
    raise_named("InvalidInput", std::string(names) + " must have the same number of rows, got " + std::to_string(a) +
                                    " and " + std::to_string(b));
  }
}

// Runs body(bad) -> Status without the GIL and names the row that failed.
template <class Body>
void run(std::string_view what, Body&& body) {
  std::size_t bad = 0;
  Status status;
  {
    py::gil_scoped_release release;
    status = body(&bad);
  }
  if (status != Status::ok) raise_on_error(status, row(what, bad));
}

ByteArray membership(int which, const LimbArray& points) {
  const CurveGroup group = group_of(which);
  const std::size_t n = require_rows(points, point_limbs(group), "points");
  ByteArray out(static_cast<py::ssize_t>(n));
  const std::uint64_t* in = points.data();
  std::uint8_t* status = out.mutable_data();
  run("points", [&](std::size_t*) { return bn254_kernel().membership(group, in, status, n); });
  return out;
}

LimbArray add(int which, const LimbArray& a, const LimbArray& b) {
  const CurveGroup group = group_of(which);
  const std::size_t n = require_rows(a, point_limbs(group), "a");
  require_same(n, require_rows(b, point_limbs(group), "b"), "a and b");
  LimbArray out = make_rows(n, point_limbs(group));
  const std::uint64_t *pa = a.data(), *pb = b.data();
  std::uint64_t* result = out.mutable_data();
  run("points", [&](std::size_t* bad) { return bn254_kernel().add(group, pa, pb, result, n, bad); });
  return out;
}

LimbArray neg(int which, const LimbArray& a) {
  const CurveGroup group = group_of(which);
  const std::size_t n = require_rows(a, point_limbs(group), "a");
  LimbArray out = make_rows(n, point_limbs(group));
  const std::uint64_t* in = a.data();
  std::uint64_t* result = out.mutable_data();
  run("points", [&](std::size_t* bad) { return bn254_kernel().neg(group, in, result, n, bad); });
  return out;
}

LimbArray mul(int which, const LimbArray& points, const LimbArray& scalars, bool open) {
  const CurveGroup group = group_of(which);
  const std::size_t bases = require_rows(points, point_limbs(group), "points");
  const std::size_t n = require_rows(scalars, 4, "scalars");
  const bool one_base = bases == 1;
  if (!one_base) require_same(bases, n, "points and scalars");
  LimbArray out = make_rows(n, point_limbs(group));
  const std::uint64_t *in = points.data(), *k = scalars.data();
  std::uint64_t* result = out.mutable_data();
  const Scalars kind = open ? Scalars::open : Scalars::secret;
  run("points", [&](std::size_t* bad) { return bn254_kernel().mul(group, kind, in, one_base, k, result, n, bad); });
  return out;
}

py::bytes encode(int which, bool compressed, const LimbArray& points) {
  const CurveGroup group = group_of(which);
  const PointForm form = compressed ? PointForm::compressed : PointForm::eip;
  const std::size_t n = require_rows(points, point_limbs(group), "points");
  std::string out(n * point_bytes(group, form), '\0');
  const std::uint64_t* in = points.data();
  auto* bytes = reinterpret_cast<std::uint8_t*>(out.data());
  run("points", [&](std::size_t* bad) { return bn254_kernel().encode(group, form, in, bytes, n, bad); });
  return py::bytes(out);
}

LimbArray decode(int which, bool compressed, const py::bytes& data) {
  const CurveGroup group = group_of(which);
  const PointForm form = compressed ? PointForm::compressed : PointForm::eip;
  const std::string_view view = data;
  const std::size_t size = point_bytes(group, form);
  if (view.size() % size != 0) {
    raise_named("EncodingError",
                "points take " + std::to_string(size) + " bytes each, got " + std::to_string(view.size()) + " bytes");
  }
  const std::size_t n = view.size() / size;
  LimbArray out = make_rows(n, point_limbs(group));
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.data());
  std::uint64_t* result = out.mutable_data();
  run("point encoding", [&](std::size_t* bad) { return bn254_kernel().decode(group, form, bytes, result, n, bad); });
  return out;
}

LimbArray pairing(const LimbArray& p, const LimbArray& q) {
  const std::size_t n = require_rows(p, point_limbs(CurveGroup::g1), "p");
  require_same(n, require_rows(q, point_limbs(CurveGroup::g2), "q"), "p and q");
  LimbArray out = make_rows(1, kBn254GtLimbs);
  const std::uint64_t *g1 = p.data(), *g2 = q.data();
  std::uint64_t* gt = out.mutable_data();
  run("pairs", [&](std::size_t* bad) { return bn254_kernel().pairing(g1, g2, gt, n, bad); });
  return out;
}

std::size_t require_one(const LimbArray& array, std::size_t columns, const char* name) {
  const std::size_t n = require_rows(array, columns, name);
  if (n != 1) raise_named("InvalidInput", std::string(name) + " must have one row, got " + std::to_string(n));
  return n;
}

LimbArray gt_mul(const LimbArray& a, const LimbArray& b) {
  require_one(a, kBn254GtLimbs, "a");
  require_one(b, kBn254GtLimbs, "b");
  LimbArray out = make_rows(1, kBn254GtLimbs);
  raise_on_error(bn254_kernel().gt_mul(a.data(), b.data(), out.mutable_data()), "element of GT");
  return out;
}

LimbArray gt_pow(const LimbArray& a, const LimbArray& exponent) {
  require_one(a, kBn254GtLimbs, "a");
  require_one(exponent, 4, "exponent");
  LimbArray out = make_rows(1, kBn254GtLimbs);
  const std::uint64_t *base = a.data(), *k = exponent.data();
  std::uint64_t* result = out.mutable_data();
  run("element of GT", [&](std::size_t*) { return bn254_kernel().gt_pow(base, k, result); });
  return out;
}

}  // namespace

void bind_curve(py::module_& m) {
  m.def("bn254_membership", &membership, py::arg("group"), py::arg("points").noconvert(),
        "uint8[n]: 0 in the group, 3 a coordinate >= p, 4 off the curve, 5 outside the subgroup. group: 1 or 2.");
  m.def("bn254_add", &add, py::arg("group"), py::arg("a").noconvert(), py::arg("b").noconvert(),
        "Row-wise sums of points uint64[n, 8 | 16].");
  m.def("bn254_neg", &neg, py::arg("group"), py::arg("a").noconvert(), "Row-wise negatives of points.");
  m.def("bn254_mul", &mul, py::arg("group"), py::arg("points").noconvert(), py::arg("scalars").noconvert(),
        py::arg("open"), "Row-wise multiples by 256-bit scalars uint64[n, 4]; one point serves all scalars.");
  m.def("bn254_encode", &encode, py::arg("group"), py::arg("compressed"), py::arg("points").noconvert(),
        "Bytes of n points, one after another.");
  m.def("bn254_decode", &decode, py::arg("group"), py::arg("compressed"), py::arg("data"),
        "Points of the group from bytes, checked.");
  m.def("bn254_pairing", &pairing, py::arg("p").noconvert(), py::arg("q").noconvert(),
        "The product of e(p[i], q[i]): uint64[1, 48].");
  m.def("bn254_gt_mul", &gt_mul, py::arg("a").noconvert(), py::arg("b").noconvert(), "a b in F_p^12.");
  m.def("bn254_gt_pow", &gt_pow, py::arg("a").noconvert(), py::arg("exponent").noconvert(), "a^k in GT.");
}

}  // namespace assay::bindings
