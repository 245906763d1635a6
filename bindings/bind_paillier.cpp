#include <algorithm>
#include <memory>
#include <string>

#include "bigint/power.h"
#include "convert.h"
#include "job.h"
#include "paillier/ciphertext.h"
#include "paillier/generate.h"
#include "paillier/private_key.h"
#include "paillier/public_key.h"
#include "paillier/short_base.h"
#include "paillier/weighted.h"

namespace assay::bindings {
namespace {

namespace pa = assay::paillier;

std::size_t columns(const LimbArray& array, const char* name) {
  if (array.ndim() != 2) raise_named("InvalidInput", std::string(name) + " must have shape [n, words]");
  return static_cast<std::size_t>(array.shape(1));
}

// The words of one number, and how many.
const std::uint64_t* one_row(const LimbArray& array, const char* name) {
  if (array.ndim() != 1 || array.shape(0) == 0)
    raise_named("InvalidInput", std::string(name) + " must have shape [words]");
  return array.data();
}

LimbArray copy_words(const std::uint64_t* words, std::size_t count) {
  LimbArray out({static_cast<py::ssize_t>(count)});
  std::copy_n(words, count, out.mutable_data());
  return out;
}

class Public {
 public:
  explicit Public(const LimbArray& n) {
    raise_on_error(key_.assign(one_row(n, "N"), static_cast<std::size_t>(n.shape(0))),
                   "a Paillier modulus must be odd, of 2048 to 4096 bits");
  }
  const pa::PublicKey& key() const noexcept { return key_; }

  std::size_t require(const LimbArray& rows, const char* name) const {
    return require_rows(rows, key_.cipher_words(), name);
  }
  std::size_t require_plain(const LimbArray& plain) const {
    const std::size_t words = columns(plain, "plaintexts");
    if (words == 0 || words > key_.words())
      raise_named("InvalidInput",
                  "plaintexts must have 1 to " + std::to_string(key_.words()) + " words, not " + std::to_string(words));
    return static_cast<std::size_t>(plain.shape(0));
  }

  LimbArray blind_exact(std::size_t count, py::object progress) const {
    LimbArray out = make_rows(count, key_.cipher_words());
    std::uint64_t* rows = out.mutable_data();
    raise_on_error(
        run_job(std::move(progress), [&](JobControl* control) { return pa::blind_exact(key_, count, rows, control); }),
        "blindings");
    return out;
  }

  LimbArray add_plain(const LimbArray& plain, const LimbArray& factors, py::object progress) const {
    const std::size_t count = require_plain(plain);
    if (require(factors, "factors") != count)
      raise_named("InvalidInput", "there must be one factor for each plaintext");
    LimbArray out = make_rows(count, key_.cipher_words());
    std::uint64_t* rows = out.mutable_data();
    const Status status = run_job(std::move(progress), [&](JobControl* control) {
      return pa::add_plain(key_, count, plain.data(), columns(plain, "plaintexts"), factors.data(), rows, control);
    });
    raise_on_error(status, "plaintexts added to ciphertexts");
    return out;
  }

  LimbArray multiply(const LimbArray& a, const LimbArray& b) const {
    const std::size_t count = require(a, "a");
    if (require(b, "b") != count) raise_named("InvalidInput", "a and b must have the same number of rows");
    LimbArray out = make_rows(count, key_.cipher_words());
    const MultiplyBatch batch{.count = count,
                              .words = key_.cipher_words(),
                              .moduli = &key_.square(),
                              .a = a.data(),
                              .b = b.data(),
                              .out = out.mutable_data()};
    raise_on_error(run_job(py::none(), [&](JobControl* control) { return assay::multiply(batch, control); }),
                   "products");
    return out;
  }

  // The exponent is public: a scale.
  LimbArray power_public(const LimbArray& rows, const LimbArray& exponent, py::object progress) const {
    const std::size_t count = require(rows, "ciphertexts");
    LimbArray out = make_rows(count, key_.cipher_words());
    const PowerBatch batch{.count = count,
                           .words = key_.cipher_words(),
                           .moduli = &key_.square(),
                           .bases = rows.data(),
                           .exponents = one_row(exponent, "the exponent"),
                           .exponent_words = static_cast<std::size_t>(exponent.shape(0)),
                           .out = out.mutable_data()};
    raise_on_error(run_job(std::move(progress), [&](JobControl* control) { return power_var(batch, control); }),
                   "powers");
    return out;
  }

  LimbArray invert(const LimbArray& rows, py::object progress) const {
    const std::size_t count = require(rows, "ciphertexts");
    LimbArray out = make_rows(count, key_.cipher_words());
    std::uint64_t* result = out.mutable_data();
    const Status status = run_job(std::move(progress), [&](JobControl* control) {
      return pa::invert_var(key_, count, rows.data(), result, control);
    });
    raise_on_error(status, "inverses of ciphertexts");
    return out;
  }

  py::object check(const LimbArray& rows) const {
    const std::size_t count = require(rows, "ciphertexts");
    pa::Flaw flaw = pa::Flaw::none;
    std::size_t first = 0;
    const Status status = run_job(
        py::none(), [&](JobControl* control) { return pa::check_var(key_, count, rows.data(), flaw, first, control); });
    raise_on_error(status, "checking ciphertexts");
    switch (flaw) {
      case pa::Flaw::none:
        return py::none();
      case pa::Flaw::zero:
        return py::make_tuple(first, "is zero");
      case pa::Flaw::too_large:
        return py::make_tuple(first, "is not below N^2");
      case pa::Flaw::shares_factor:
        return py::make_tuple(first, "shares a factor with N");
    }
    return py::none();
  }

  // ciphertexts [groups terms, 2 k]; weights [outputs terms, w], or [groups outputs terms, w] if each.
  LimbArray weighted(const LimbArray& ciphertexts, const LimbArray& weights, std::size_t groups, std::size_t terms,
                     std::size_t outputs, unsigned weight_bits, bool each, bool variable, py::object progress) const {
    if (require(ciphertexts, "ciphertexts") != groups * terms)
      raise_named("InvalidInput", "there must be groups * terms ciphertexts");
    const std::size_t words = columns(weights, "weights");
    if (static_cast<std::size_t>(weights.shape(0)) != outputs * terms * (each ? groups : 1))
      raise_named("InvalidInput", "there must be one weight for each output and term");
    LimbArray out = make_rows(groups * outputs, key_.cipher_words());
    const pa::WeightedBatch batch{.groups = groups,
                                  .terms = terms,
                                  .outputs = outputs,
                                  .ciphertexts = ciphertexts.data(),
                                  .weights = weights.data(),
                                  .weights_each = each,
                                  .weight_words = words,
                                  .weight_bits = weight_bits,
                                  .out = out.mutable_data()};
    const Status status = run_job(std::move(progress), [&](JobControl* control) {
      return variable ? pa::weighted_var(key_, batch, control) : pa::weighted(key_, batch, control);
    });
    raise_on_error(status, "weighted sums of ciphertexts");
    return out;
  }

 private:
  pa::PublicKey key_;
};

class Private {
 public:
  Private(const LimbArray& p, const LimbArray& q) {
    const std::uint64_t *first = one_row(p, "p"), *second = one_row(q, "q");
    if (p.shape(0) != q.shape(0)) raise_named("InvalidInput", "p and q must have the same number of words");
    const auto words = static_cast<std::size_t>(p.shape(0));
    bool prime = false;
    const Status status = run_job(py::none(), [&](JobControl* control) noexcept -> Status {
      ASSAY_TRY(pa::are_prime(first, second, words, prime, control));
      return prime ? key_.assign(first, second, words) : Status::ok;
    });
    raise_on_error(status, "p and q make no Paillier key");
    if (!prime) raise_named("InvalidInput", "p or q is not prime");
  }
  Private(unsigned bits, py::object progress) {
    raise_on_error(run_job(std::move(progress), [&](JobControl* control) { return pa::generate(bits, key_, control); }),
                   "a key of " + std::to_string(bits) + " bits");
  }

  LimbArray modulus() const {
    const Modulus& n = key_.public_key().modulus();
    return copy_words(n.words(), n.size());
  }
  py::tuple primes() const {
    return py::make_tuple(copy_words(key_.larger(), key_.prime_words()),
                          copy_words(key_.smaller(), key_.prime_words()));
  }

  LimbArray decrypt(const LimbArray& ciphertexts, bool centered, py::object progress) const {
    const std::size_t count = require_rows(ciphertexts, key_.public_key().cipher_words(), "ciphertexts");
    LimbArray out = make_rows(count, key_.public_key().words());
    std::uint64_t* rows = out.mutable_data();
    const Status status = run_job(std::move(progress), [&](JobControl* control) {
      return pa::decrypt(key_, count, ciphertexts.data(), centered, rows, control);
    });
    raise_on_error(status, "decryption");
    return out;
  }

  LimbArray blind(std::size_t count, py::object progress) const {
    LimbArray out = make_rows(count, key_.public_key().cipher_words());
    std::uint64_t* rows = out.mutable_data();
    raise_on_error(run_job(std::move(progress),
                           [&](JobControl* control) { return pa::blind_keyholder(key_, count, rows, control); }),
                   "blindings");
    return out;
  }

 private:
  pa::PrivateKey key_;
};

class Short {
 public:
  Short(const Public& key, unsigned exponent_bits, py::object progress) : words_(key.key().cipher_words()) {
    const Status status = run_job(std::move(progress),
                                  [&](JobControl* control) { return base_.assign(key.key(), exponent_bits, control); });
    raise_on_error(status, "short exponents must have 256 bits to those of N, not " + std::to_string(exponent_bits));
  }
  LimbArray blind(std::size_t count, py::object progress) const {
    LimbArray out = make_rows(count, words_);
    std::uint64_t* rows = out.mutable_data();
    raise_on_error(run_job(std::move(progress), [&](JobControl* control) { return base_.blind(count, rows, control); }),
                   "blindings");
    return out;
  }
  LimbArray power(const LimbArray& exponents, py::object progress) const {
    const std::size_t count = require_rows(exponents, base_.exponent_words(), "exponents");
    LimbArray out = make_rows(count, words_);
    std::uint64_t* rows = out.mutable_data();
    const Status status = run_job(
        std::move(progress), [&](JobControl* control) { return base_.power(count, exponents.data(), rows, control); });
    raise_on_error(status, "powers");
    return out;
  }
  std::size_t table_bytes() const { return base_.table_bytes(); }

 private:
  pa::ShortBase base_;
  std::size_t words_;
};

}  // namespace

void bind_paillier(py::module_& m) {
  const py::arg_v progress = py::arg("progress") = py::none();
  py::class_<Public>(m, "PaillierPublicKey", "N with the constants of N^2; see assay.crypto.paillier.")
      .def(py::init<const LimbArray&>(), py::arg("n").noconvert())
      .def("blind_exact", &Public::blind_exact, py::arg("count"), progress,
           "Fresh r^N mod N^2 with r uniform in [1, N): uint64[count, 2 k].")
      .def("add_plain", &Public::add_plain, py::arg("plain").noconvert(), py::arg("factors").noconvert(), progress,
           "(1 + m N) factor mod N^2 of signed rows uint64[n, w], |m| < N, and factors uint64[n, 2 k].")
      .def("multiply", &Public::multiply, py::arg("a").noconvert(), py::arg("b").noconvert(),
           "a b mod N^2 by rows of uint64[n, 2 k].")
      .def("power_public", &Public::power_public, py::arg("rows").noconvert(), py::arg("exponent").noconvert(),
           progress, "Rows to the one exponent uint64[w], in time that depends on it.")
      .def("invert", &Public::invert, py::arg("rows").noconvert(), progress, "Inverses mod N^2 by rows; variable time.")
      .def("check", &Public::check, py::arg("rows").noconvert(),
           "None if all rows are ciphertexts, else (position, what is wrong) of the first that is none.")
      .def("weighted", &Public::weighted, py::arg("ciphertexts").noconvert(), py::arg("weights").noconvert(),
           py::arg("groups"), py::arg("terms"), py::arg("outputs"), py::arg("weight_bits"), py::arg("each"),
           py::arg("variable"), progress, "prod_j c[g, j]^w[i, j] as uint64[groups outputs, 2 k].");
  py::class_<Private>(m, "PaillierPrivateKey", "p and q with what follows from them, wiped when freed.")
      .def(py::init<const LimbArray&, const LimbArray&>(), py::arg("p").noconvert(), py::arg("q").noconvert())
      .def_static(
          "generate",
          [](unsigned bits, py::object report) { return std::make_unique<Private>(bits, std::move(report)); },
          py::arg("bits"), progress, "A new key with N of exactly so many bits.")
      .def("modulus", &Private::modulus, "N as uint64[k].")
      .def("primes", &Private::primes, "Copies of p > q, uint64[h] each: secret.")
      .def("decrypt", &Private::decrypt, py::arg("ciphertexts").noconvert(), py::arg("centered"), progress,
           "Plaintexts, uint64[n, k], of ciphertexts that passed the check: in [0, N), or signed rows in (-N/2, N/2).")
      .def("blind", &Private::blind, py::arg("count"), progress, "Fresh r^N mod N^2: uint64[count, 2 k].");
  py::class_<Short>(m, "PaillierShortBase", "Tables of powers of an N-th residue drawn when this is made.")
      .def(py::init<const Public&, unsigned, py::object>(), py::arg("key"), py::arg("exponent_bits"), progress,
           py::keep_alive<1, 2>())
      .def("blind", &Short::blind, py::arg("count"), progress, "Fresh g^a mod N^2 with short a: uint64[count, 2 k].")
      .def("power", &Short::power, py::arg("exponents").noconvert(), progress, "g^a for uint64[n, w]; constant time.")
      .def_property_readonly("table_bytes", &Short::table_bytes);
}

}  // namespace assay::bindings
