// assay._native: registers the rooms, nothing else.
#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace assay::bindings {
void bind_runtime(py::module_& m);
void bind_encoding(py::module_& m);
void bind_bigint(py::module_& m);
void bind_bigint_divisors(py::module_& m);
void bind_bigint_products(py::module_& m);
void bind_primes(py::module_& m);
void bind_field(py::module_& m);
void bind_curve(py::module_& m);
void bind_hash(py::module_& m);
void bind_sha256(py::module_& m);
void bind_lthash(py::module_& m);
void bind_babyjubjub(py::module_& m);
void bind_ed25519(py::module_& m);
void bind_merkle(py::module_& m);
void bind_ntt(py::module_& m);
void bind_msm(py::module_& m);
void bind_circuit(py::module_& m);
void bind_groth16(py::module_& m);
void bind_ceremony(py::module_& m);
void bind_paillier(py::module_& m);
}  // namespace assay::bindings

PYBIND11_MODULE(_native, m) {
  m.doc() = "The compiled kernels of assay. Use the typed layer in assay.crypto and assay.circuits.";
  assay::bindings::bind_runtime(m);
  assay::bindings::bind_encoding(m);
  assay::bindings::bind_bigint(m);
  assay::bindings::bind_bigint_divisors(m);
  assay::bindings::bind_bigint_products(m);
  assay::bindings::bind_primes(m);
  assay::bindings::bind_field(m);
  assay::bindings::bind_curve(m);
  assay::bindings::bind_hash(m);
  assay::bindings::bind_sha256(m);
  assay::bindings::bind_lthash(m);
  assay::bindings::bind_babyjubjub(m);
  assay::bindings::bind_ed25519(m);
  assay::bindings::bind_merkle(m);
  assay::bindings::bind_ntt(m);
  assay::bindings::bind_msm(m);
  assay::bindings::bind_circuit(m);
  assay::bindings::bind_groth16(m);
  assay::bindings::bind_ceremony(m);
  assay::bindings::bind_paillier(m);
}
