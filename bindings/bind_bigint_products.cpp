// Product trees, products of powers and tables of powers of one base.
#include <memory>
#include <string>

#include "bigint/fixed_base.h"
#include "bigint/modulus.h"
#include "bigint/multi_power.h"
#include "bigint/product_tree.h"
#include "convert.h"
#include "job.h"

namespace assay::bindings {
namespace {

std::size_t columns(const LimbArray& array) { return static_cast<std::size_t>(array.shape(array.ndim() - 1)); }
std::size_t rows(const LimbArray& array) { return static_cast<std::size_t>(array.shape(0)); }

// A modulus in a row [1, words]
void assign_modulus(Modulus& modulus, const LimbArray& row) {
  if (row.ndim() != 2 || row.shape(0) != 1) raise_named("InvalidInput", "modulus must have shape [1, words]");
  raise_on_error(modulus.assign(row.data(), columns(row)), "the modulus must be odd, of 256 to 8192 bits");
}

std::unique_ptr<ProductTree> make_tree(const LimbArray& values, py::object progress) {
  if (values.ndim() != 2 || values.size() == 0)
    raise_named("InvalidInput", "a product tree takes values of shape [n, words], n >= 1");
  auto tree = std::make_unique<ProductTree>();
  const std::uint64_t* data = values.data();
  const std::size_t n = rows(values), words = columns(values);
  raise_on_error(
      run_job(std::move(progress), [&](JobControl* control) { return tree->assign_var(data, n, words, control); }),
      "product tree of " + std::to_string(n) + " numbers");
  return tree;
}

LimbArray tree_root(const ProductTree& tree) {
  LimbArray out = make_rows(1, tree.root_words());
  std::copy_n(tree.root(), tree.root_words(), out.mutable_data());
  return out;
}

LimbArray tree_remainders(const ProductTree& tree, const LimbArray& x, py::object progress) {
  if (x.ndim() != 2 || x.shape(0) != 1) raise_named("InvalidInput", "x must have shape [1, words]");
  LimbArray out = make_rows(tree.count(), tree.words());
  std::uint64_t* result = out.mutable_data();
  const std::uint64_t* data = x.data();
  const std::size_t words = columns(x);
  raise_on_error(run_job(std::move(progress),
                         [&](JobControl* control) { return tree.remainders_var(data, words, result, control); }),
                 "remainders: a modulus is zero");
  return out;
}

LimbArray multi_power_rows(const LimbArray& modulus, const LimbArray& bases, const LimbArray& exponents,
                           py::object progress) {
  Modulus one;
  assign_modulus(one, modulus);
  if (exponents.ndim() != 3 || (bases.ndim() != 2 && bases.ndim() != 3))
    raise_named("InvalidInput", "bases must have shape [terms, words] or [n, terms, words], exponents [n, terms, k]");
  MultiPowerBatch batch;
  batch.count = rows(exponents);
  batch.terms = static_cast<std::size_t>(exponents.shape(1));
  batch.words = columns(bases);
  batch.base_step = bases.ndim() == 3 ? 1 : 0;
  const auto terms = static_cast<std::size_t>(bases.shape(bases.ndim() - 2));
  if (terms != batch.terms || (batch.base_step == 1 && rows(bases) != batch.count)) {
    raise_named("InvalidInput", std::to_string(terms) + " bases for " + std::to_string(batch.terms) +
                                    " exponents, or as many lists of them as there are not outputs");
  }
  batch.modulus = &one;
  batch.bases = bases.data();
  batch.exponents = exponents.data();
  batch.exponent_words = columns(exponents);
  LimbArray out = make_rows(batch.count, batch.words);
  batch.out = out.mutable_data();
  raise_on_error(run_job(std::move(progress), [&](JobControl* control) { return multi_power_var(batch, control); }),
                 "products of powers modulo " + std::to_string(one.bits()) + " bits in rows of " +
                     std::to_string(batch.words) + " words");
  return out;
}

// A table and the modulus it refers to
class FixedBaseTable {
 public:
  FixedBaseTable(const LimbArray& modulus, const LimbArray& base, std::size_t exponent_bits, unsigned window,
                 py::object progress) {
    assign_modulus(modulus_, modulus);
    if (base.ndim() != 2 || base.shape(0) != 1) raise_named("InvalidInput", "base must have shape [1, words]");
    const std::uint64_t* data = base.data();
    const std::size_t words = columns(base);
    raise_on_error(
        run_job(
            std::move(progress),
            [&](JobControl* control) { return table_.assign(modulus_, data, words, exponent_bits, window, control); }),
        "table for exponents of " + std::to_string(exponent_bits) + " bits with windows of " + std::to_string(window));
  }

  LimbArray power(const LimbArray& exponents, bool variable, py::object progress) const {
    if (exponents.ndim() != 2) raise_named("InvalidInput", "exponents must have shape [n, k]");
    const std::size_t n = rows(exponents), k = columns(exponents);
    LimbArray out = make_rows(n, modulus_.size());
    const std::uint64_t* data = exponents.data();
    std::uint64_t* result = out.mutable_data();
    raise_on_error(run_job(std::move(progress),
                           [&](JobControl* control) {
                             return variable ? table_.power_var(data, n, k, result, control)
                                             : table_.power(data, n, k, result, control);
                           }),
                   "an exponent has more than the table's " + std::to_string(table_.exponent_bits()) + " bits");
    return out;
  }

  unsigned window() const noexcept { return table_.window(); }
  std::size_t bytes() const noexcept { return table_.bytes(); }

 private:
  Modulus modulus_;
  FixedBase table_;
};

}  // namespace

void bind_bigint_products(py::module_& m) {
  py::class_<ProductTree>(m, "ProductTree",
                          "The products of neighbours, of neighbours' neighbours, ... of all numbers.")
      .def(py::init(&make_tree), py::arg("values").noconvert(), py::arg("progress") = py::none())
      .def("__len__", &ProductTree::count)
      .def_property_readonly("bytes", &ProductTree::bytes)
      .def("root", &tree_root, "The product of all: uint64[1, n words].")
      .def("remainders", &tree_remainders, py::arg("x").noconvert(), py::arg("progress") = py::none(),
           "x uint64[1, k] modulo each number: uint64[n, words].");
  m.def("product_tree_bytes", &ProductTree::tree_bytes, py::arg("count"), py::arg("words"));
  m.def("product_tree_remainder_bytes", &ProductTree::remainder_bytes, py::arg("count"), py::arg("words"),
        py::arg("x_words"));
  m.def("bigint_multi_power", &multi_power_rows, py::arg("modulus").noconvert(), py::arg("bases").noconvert(),
        py::arg("exponents").noconvert(), py::arg("progress") = py::none(),
        "prod_j base_j ^ exponent_ij for bases uint64[terms, words] or uint64[n, terms, words] and exponents uint64[n, "
        "terms, k]: uint64[n, words]. Variable time.");
  py::class_<FixedBaseTable>(m, "FixedBaseTable", "Powers of one base by a table.")
      .def(py::init<const LimbArray&, const LimbArray&, std::size_t, unsigned, py::object>(),
           py::arg("modulus").noconvert(), py::arg("base").noconvert(), py::arg("exponent_bits"), py::arg("window"),
           py::arg("progress") = py::none())
      .def("power", &FixedBaseTable::power, py::arg("exponents").noconvert(), py::arg("variable"),
           py::arg("progress") = py::none())
      .def_property_readonly("window", &FixedBaseTable::window)
      .def_property_readonly("bytes", &FixedBaseTable::bytes);
  m.def("fixed_base_table_bytes", &fixed_base_table_bytes, py::arg("modulus_bits"), py::arg("exponent_bits"),
        py::arg("window"));
  m.def("fixed_base_window", &fixed_base_window, py::arg("modulus_bits"), py::arg("exponent_bits"),
        py::arg("variable_time"), py::arg("most_bytes"));
}

}  // namespace assay::bindings
