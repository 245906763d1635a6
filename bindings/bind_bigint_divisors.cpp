// Greatest common divisors, Jacobi symbols and inverses of rows of words.
#include <string>

#include "bigint/batch_inverse.h"
#include "bigint/gcd.h"
#include "bigint/inverse.h"
#include "bigint/modulus.h"
#include "convert.h"
#include "job.h"

namespace assay::bindings {
namespace {

// Rows [n, words] beside rows [n, words] or [1, words]
PairBatch pairs(const LimbArray& a, const LimbArray& b) {
  if (a.ndim() != 2 || b.ndim() != 2 || a.shape(1) != b.shape(1) || (b.shape(0) != 1 && b.shape(0) != a.shape(0)))
    raise_named("InvalidInput", "a must have shape [n, words] and b [n, words] or [1, words]");
  PairBatch batch;
  batch.count = static_cast<std::size_t>(a.shape(0));
  batch.words = static_cast<std::size_t>(a.shape(1));
  batch.a = a.data();
  batch.b = b.data();
  batch.b_step = b.shape(0) == a.shape(0) ? 1 : 0;
  return batch;
}

LimbArray gcd_rows(const LimbArray& a, const LimbArray& b, bool variable, py::object progress) {
  const PairBatch batch = pairs(a, b);
  LimbArray out = make_rows(batch.count, batch.words);
  std::uint64_t* result = out.mutable_data();
  std::size_t bad = 0;
  const Status status = run_job(std::move(progress), [&](JobControl* control) {
    return variable ? gcd_var(batch, result, control) : gcd(batch, result, &bad, control);
  });
  raise_on_error(status, "greatest common divisors: row " + std::to_string(bad) + " of b must be odd");
  return out;
}

py::array_t<std::int8_t> jacobi_rows(const LimbArray& a, const LimbArray& n, py::object progress) {
  const PairBatch batch = pairs(a, n);
  py::array_t<std::int8_t> out(static_cast<py::ssize_t>(batch.count));
  std::int8_t* result = out.mutable_data();
  std::size_t bad = 0;
  const Status status =
      run_job(std::move(progress), [&](JobControl* control) { return jacobi_var(batch, result, &bad, control); });
  raise_on_error(status, "Jacobi symbols: row " + std::to_string(bad) + " of n must be odd");
  return out;
}

// (out, the first row without inverse or None)
py::tuple told(Status status, LimbArray out, std::size_t bad, const char* what) {
  if (status == Status::not_invertible) return py::make_tuple(std::move(out), bad);
  raise_on_error(status, what);
  return py::make_tuple(std::move(out), py::none());
}

py::tuple inverse_rows(const LimbArray& values, const LimbArray& moduli, bool variable, py::object progress) {
  const PairBatch batch = pairs(values, moduli);
  LimbArray out = make_rows(batch.count, batch.words);
  const InverseBatch inverses = {batch.count, batch.words, batch.b, batch.b_step, batch.a, out.mutable_data()};
  std::size_t bad = 0;
  const Status status = run_job(std::move(progress), [&](JobControl* control) {
    return variable ? inverse_var(inverses, &bad, control) : inverse(inverses, &bad, control);
  });
  return told(status, std::move(out), bad, "inverses modulo odd numbers of at most 256 words");
}

py::tuple batch_inverse_rows(const LimbArray& values, const LimbArray& modulus, bool variable, py::object progress) {
  const PairBatch batch = pairs(values, modulus);
  if (modulus.shape(0) != 1) raise_named("InvalidInput", "modulus must have shape [1, words]");
  Modulus one;
  raise_on_error(one.assign(modulus.data(), batch.words), "the modulus must be odd, of 256 to 8192 bits");
  LimbArray out = make_rows(batch.count, batch.words);
  std::uint64_t* result = out.mutable_data();
  std::size_t bad = 0;
  const Status status = run_job(std::move(progress), [&](JobControl* control) {
    return (variable ? batch_inverse_var : batch_inverse)(one, batch.a, batch.count, batch.words, result, &bad,
                                                          control);
  });
  return told(status, std::move(out), bad, "inverses");
}

}  // namespace

void bind_bigint_divisors(py::module_& m) {
  m.def("bigint_gcd", &gcd_rows, py::arg("a").noconvert(), py::arg("b").noconvert(), py::arg("variable"),
        py::arg("progress") = py::none(),
        "gcd of uint64[n, words] and uint64[1 or n, words] by rows; constant time takes odd rows in b.");
  m.def("bigint_jacobi", &jacobi_rows, py::arg("a").noconvert(), py::arg("n").noconvert(),
        py::arg("progress") = py::none(), "The Jacobi symbols (a / n) by rows as int8[n]; n odd; variable time.");
  m.def("bigint_inverse", &inverse_rows, py::arg("values").noconvert(), py::arg("moduli").noconvert(),
        py::arg("variable"), py::arg("progress") = py::none(),
        "(inverses uint64[n, words], zero where there is none; the first such row or None).");
  m.def("bigint_batch_inverse", &batch_inverse_rows, py::arg("values").noconvert(), py::arg("modulus").noconvert(),
        py::arg("variable"), py::arg("progress") = py::none(),
        "As bigint_inverse for one modulus uint64[1, words], by one inversion for many rows.");
}

}  // namespace assay::bindings
