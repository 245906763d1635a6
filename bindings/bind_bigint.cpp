#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include "base/words.h"
#include "bigint/modulus.h"
#include "bigint/natural.h"
#include "bigint/power.h"
#include "convert.h"
#include "job.h"

namespace assay::bindings {
namespace {

// Moduli side by side, as a batch takes them: one for all rows, or one each.
class Moduli {
 public:
  Moduli(const LimbArray& rows, bool squared) {
    if (rows.ndim() != 2) raise_named("InvalidInput", "moduli must have shape [n, words]");
    count_ = static_cast<std::size_t>(rows.shape(0));
    moduli_.reset(new (std::nothrow) Modulus[count_]);
    if (moduli_ == nullptr) throw std::bad_alloc();
    const auto words = static_cast<std::size_t>(rows.shape(1));
    for (std::size_t i = 0; i < count_; ++i) {
      raise_on_error(
          squared ? moduli_[i].assign_square(rows.data() + words * i, words)
                  : moduli_[i].assign(rows.data() + words * i, words),
          "modulus " + std::to_string(i) + " of " + std::to_string(count_) + " must be odd, of 256 to 8192 bits");
      size_ = std::max(size_, moduli_[i].size());
    }
  }

  std::size_t count() const noexcept { return count_; }
  std::size_t words() const noexcept { return size_; }
  const Modulus* get() const noexcept { return moduli_.get(); }

  // The step of a batch of n rows.
  std::size_t step(std::size_t n) const {
    if (count_ != 1 && count_ != n) {
      raise_named("InvalidInput", "there are " + std::to_string(count_) + " moduli for " + std::to_string(n) +
                                      " rows; pass one, or one each");
    }
    return count_ == 1 ? 0 : 1;
  }

 private:
  std::unique_ptr<Modulus[]> moduli_;
  std::size_t count_ = 0, size_ = 0;
};

std::string shape_text(const LimbArray& array) {
  return "[" + std::to_string(array.shape(0)) + ", " + std::to_string(array.shape(1)) + "]";
}

std::size_t columns(const LimbArray& array, const char* name) {
  if (array.ndim() != 2) raise_named("InvalidInput", std::string(name) + " must have shape [n, words]");
  return static_cast<std::size_t>(array.shape(1));
}

LimbArray power_rows(const Moduli& moduli, const LimbArray& bases, const LimbArray& exponents, bool variable,
                     py::object progress) {
  PowerBatch batch;
  batch.words = columns(bases, "bases");
  batch.count = static_cast<std::size_t>(bases.shape(0));
  batch.exponent_words = columns(exponents, "exponents");
  const auto given = static_cast<std::size_t>(exponents.shape(0));
  if (given != 1 && given != batch.count) {
    raise_named("InvalidInput", "there are " + std::to_string(given) + " exponents for " + std::to_string(batch.count) +
                                    " bases; pass one, or one each");
  }
  batch.exponent_step = given == 1 ? 0 : 1;
  batch.moduli = moduli.get();
  batch.modulus_step = moduli.step(batch.count);
  LimbArray out = make_rows(batch.count, batch.words);
  batch.bases = bases.data();
  batch.exponents = exponents.data();
  batch.out = out.mutable_data();
  const Status status = run_job(std::move(progress), [&](JobControl* control) {
    return variable ? power_var(batch, control) : power(batch, control);
  });
  raise_on_error(status, "powers of bases " + shape_text(bases) + ", moduli of up to " +
                             std::to_string(moduli.words()) + " words");
  return out;
}

LimbArray multiply_rows(const Moduli& moduli, const LimbArray& a, const LimbArray& b, py::object progress) {
  MultiplyBatch batch;
  batch.words = columns(a, "a");
  batch.count = static_cast<std::size_t>(a.shape(0));
  if (columns(b, "b") != batch.words || b.shape(0) != a.shape(0))
    raise_named("InvalidInput", "a and b must have the same shape, got " + shape_text(a) + " and " + shape_text(b));
  batch.moduli = moduli.get();
  batch.modulus_step = moduli.step(batch.count);
  LimbArray out = make_rows(batch.count, batch.words);
  batch.a = a.data();
  batch.b = b.data();
  batch.out = out.mutable_data();
  const Status status = run_job(std::move(progress), [&](JobControl* control) { return multiply(batch, control); });
  raise_on_error(status,
                 "products " + shape_text(a) + ", moduli of up to " + std::to_string(moduli.words()) + " words");
  return out;
}

std::size_t rows_alike(const LimbArray& a, const LimbArray& b) {
  if (columns(a, "a") == 0 || columns(b, "b") == 0 || a.shape(0) != b.shape(0)) {
    raise_named("InvalidInput", "a and b must have equally many rows of at least one word, got " + shape_text(a) +
                                    " and " + shape_text(b));
  }
  return static_cast<std::size_t>(a.shape(0));
}

LimbArray natural_product(const LimbArray& a, const LimbArray& b) {
  const std::size_t n = rows_alike(a, b), an = columns(a, "a"), bn = columns(b, "b");
  LimbArray out = make_rows(n, an + bn);
  Words scratch;
  raise_on_error(scratch.allocate(natural_scratch(std::max(an, bn))), "products");
  for (std::size_t i = 0; i < n; ++i)
    natural_mul(out.mutable_data() + (an + bn) * i, a.data() + an * i, an, b.data() + bn * i, bn, scratch.data());
  return out;
}

LimbArray natural_square(const LimbArray& a) {
  const std::size_t n = rows_alike(a, a), an = columns(a, "a");
  LimbArray out = make_rows(n, 2 * an);
  Words scratch;
  raise_on_error(scratch.allocate(natural_scratch(an)), "squares");
  for (std::size_t i = 0; i < n; ++i)
    natural_sqr(out.mutable_data() + 2 * an * i, a.data() + an * i, an, scratch.data());
  return out;
}

py::tuple natural_divrem(const LimbArray& a, const LimbArray& d) {
  const std::size_t n = rows_alike(a, d), an = columns(a, "a"), dn = columns(d, "d");
  if (an < dn) raise_named("InvalidInput", "a must be at least as wide as d");
  LimbArray quotient = make_rows(n, an - dn + 1), remainder = make_rows(n, dn);
  for (std::size_t i = 0; i < n; ++i) {
    raise_on_error(natural_divrem_var(quotient.mutable_data() + (an - dn + 1) * i, remainder.mutable_data() + dn * i,
                                      a.data() + an * i, an, d.data() + dn * i, dn),
                   "the top word of divisor " + std::to_string(i));
  }
  return py::make_tuple(quotient, remainder);
}

}  // namespace

void bind_bigint(py::module_& m) {
  py::class_<Moduli>(m, "Moduli", "Odd moduli of 256 to 8192 bits, copied and wiped when freed.")
      .def(py::init<const LimbArray&, bool>(), py::arg("rows").noconvert(), py::arg("squared") = false)
      .def("__len__", &Moduli::count)
      .def_property_readonly("words", &Moduli::words, "Words of the widest.");
  m.def("bigint_power", &power_rows, py::arg("moduli"), py::arg("bases").noconvert(), py::arg("exponents").noconvert(),
        py::arg("variable"), py::arg("progress") = py::none(),
        "bases uint64[n, words] ^ exponents uint64[1 or n, k], as uint64[n, words]; variable: time may depend on the "
        "exponents.");
  m.def("bigint_multiply", &multiply_rows, py::arg("moduli"), py::arg("a").noconvert(), py::arg("b").noconvert(),
        py::arg("progress") = py::none(), "a b by rows of uint64[n, words].");
  m.def("natural_mul", &natural_product, py::arg("a").noconvert(), py::arg("b").noconvert(),
        "Products by rows: uint64[n, an], uint64[n, bn] to uint64[n, an + bn].");
  m.def("natural_sqr", &natural_square, py::arg("a").noconvert(), "Squares by rows: uint64[n, an] to uint64[n, 2 an].");
  m.def("natural_divrem", &natural_divrem, py::arg("a").noconvert(), py::arg("d").noconvert(),
        "Quotients uint64[n, an - dn + 1] and remainders uint64[n, dn] by rows; variable time.");
}

}  // namespace assay::bindings
