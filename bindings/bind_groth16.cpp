#include <pybind11/stl.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convert.h"
#include "groth16/lagrange_setup.h"
#include "groth16/prove.h"
#include "groth16/setup.h"
#include "groth16/tables.h"
#include "groth16/verify.h"
#include "job.h"
#include "mapped_file.h"

namespace assay::bindings {
namespace {

constexpr std::size_t kLimbs = 4;

// The sections of a proving key, in the order of its file.
struct KeyArrays {
  Groth16Sizes sizes;
  const LimbArray &fixed, &ic, &a, &b1, &b2, &l, &h;

  void require_shapes() const {
    const auto require = [](const LimbArray& array, std::size_t rows, std::size_t columns, const char* name) {
      if (require_rows(array, columns, name) != rows)
        raise_named("InvalidInput", std::string(name) + " must have " + std::to_string(rows) + " rows");
    };
    if (sizes.num_wires > 0xffffffff || sizes.num_public >= sizes.num_wires || sizes.domain_log > kGroth16MaxLog)
      raise_named("InvalidInput", "impossible sizes of a key");
    require(fixed, 1, 3 * kG1Words + 3 * kG2Words, "fixed");
    require(ic, sizes.num_public + 1, kG1Words, "ic");
    require(a, sizes.num_wires, kG1Words, "a");
    require(b1, sizes.num_wires, kG1Words, "b1");
    require(b2, sizes.num_wires, kG2Words, "b2");
    require(l, sizes.num_private(), kG1Words, "l");
    require(h, sizes.domain(), kG1Words, "h");
  }

  // `words` gives the pointer to an array's elements: const to read, mutable (and refused for read-only arrays) to
  // write
  template <class Word, class Words>
  Groth16KeyView<Word> view(Words&& words) const {
    require_shapes();
    Word* const f = words(fixed);
    Word* const g2 = f + 3 * kG1Words;
    return {sizes,     f,        f + kG1Words, f + 2 * kG1Words, g2,       g2 + kG2Words, g2 + 2 * kG2Words,
            words(ic), words(a), words(b1),    words(b2),        words(l), words(h)};
  }
  Groth16KeyView<const std::uint64_t> readable() const {
    return view<const std::uint64_t>([](const LimbArray& array) { return array.data(); });
  }
  Groth16KeyView<std::uint64_t> writable() const {
    return view<std::uint64_t>([](LimbArray array) { return array.mutable_data(); });
  }
};

const std::uint64_t* optional_scalars(const std::optional<LimbArray>& array, std::size_t rows, const char* name) {
  if (!array) return nullptr;
  if (require_rows(*array, kLimbs, name) != rows)
    raise_named("InvalidInput", std::string(name) + " must have " + std::to_string(rows) + " rows");
  return array->data();
}

void setup(const R1cs& system, std::size_t wires, std::size_t publics, unsigned domain_log, const LimbArray& fixed,
           const LimbArray& ic, const LimbArray& a, const LimbArray& b1, const LimbArray& b2, const LimbArray& l,
           const LimbArray& h, py::object progress, const std::optional<LimbArray>& trapdoor, bool mapped) {
  const auto key = KeyArrays{{wires, publics, domain_log}, fixed, ic, a, b1, b2, l, h}.writable();
  const std::uint64_t* given = optional_scalars(trapdoor, 4, "trapdoor");
  raise_on_error(run_job(std::move(progress),
                         [&](JobControl* control) {
                           return given != nullptr ? groth16_setup_from_trapdoor(system, given, key, mapped, control)
                                                   : groth16_setup(system, key, mapped, control);
                         }),
                 "Groth16 set-up");
}

void columns_from_lagrange(const R1cs& system, std::size_t wires, std::size_t publics, unsigned domain_log,
                           const LimbArray& fixed, const LimbArray& ic, const LimbArray& a, const LimbArray& b1,
                           const LimbArray& b2, const LimbArray& l, const LimbArray& h, const LimbArray& tau1,
                           const LimbArray& tau2, const LimbArray& alpha, const LimbArray& beta, py::object progress) {
  const KeyArrays arrays{{wires, publics, domain_log}, fixed, ic, a, b1, b2, l, h};
  const auto key = arrays.writable();
  const auto basis = [&](const LimbArray& array, std::size_t words, const char* name) {
    if (require_rows(array, words, name) != arrays.sizes.domain())
      raise_named("InvalidInput", std::string(name) + " must have a row for each point of the domain");
    return array.data();
  };
  const LagrangePoints points{basis(tau1, kG1Words, "tau1"), basis(tau2, kG2Words, "tau2"),
                              basis(alpha, kG1Words, "alpha"), basis(beta, kG1Words, "beta")};
  raise_on_error(
      run_job(std::move(progress),
              [&](JobControl* control) { return groth16_columns_from_lagrange(system, points, key, control); }),
      "the columns of a key");
}

// (proof uint64[8, 4], 0), or (None, first failing row)
py::tuple prove(const R1cs& system, std::size_t wires, std::size_t publics, unsigned domain_log, const LimbArray& fixed,
                const LimbArray& ic, const LimbArray& a, const LimbArray& b1, const LimbArray& b2, const LimbArray& l,
                const LimbArray& h, const LimbArray& witness, py::object progress,
                const std::optional<LimbArray>& blinding, std::size_t window, bool mapped,
                const std::optional<const Groth16Tables*>& tables) {
  const auto key = KeyArrays{{wires, publics, domain_log}, fixed, ic, a, b1, b2, l, h}.readable();
  if (require_rows(witness, kLimbs, "witness") != wires)
    raise_named("InvalidInput", "the witness must have one row a wire: " + std::to_string(wires));
  if (tables && window > 0) raise_named("InvalidInput", "tables serve whole sections, not windows");
  const std::uint64_t* given = optional_scalars(blinding, 2, "blinding");
  LimbArray proof = make_rows(kProofWords / kLimbs, kLimbs);
  const std::uint64_t* values = witness.data();
  std::uint64_t* out = proof.mutable_data();
  std::size_t failing_row = 0;
  const Status status = run_job(std::move(progress), [&](JobControl* control) {
    return groth16_prove(system, key, values, given, {window, mapped, tables.value_or(nullptr)}, out, &failing_row,
                         control);
  });
  if (status == Status::unsatisfied) return py::make_tuple(py::none(), failing_row);
  raise_on_error(status, "Groth16 prover");
  return py::make_tuple(proof, 0);
}

// sections: names of those that get a table
std::unique_ptr<Groth16Tables> expand(std::size_t wires, std::size_t publics, unsigned domain_log,
                                      const LimbArray& fixed, const LimbArray& ic, const LimbArray& a,
                                      const LimbArray& b1, const LimbArray& b2, const LimbArray& l, const LimbArray& h,
                                      const std::vector<std::string>& sections, unsigned memory_factor,
                                      py::object progress, bool mapped) {
  static constexpr const char* kNames[kGroth16Sections] = {"h", "l", "a", "b1", "b2"};
  const auto key = KeyArrays{{wires, publics, domain_log}, fixed, ic, a, b1, b2, l, h}.readable();
  unsigned bits = 0;
  for (const std::string& section : sections) {
    const auto* name = std::find(std::begin(kNames), std::end(kNames), section);
    if (name == std::end(kNames)) raise_named("InvalidInput", "no section of points is named " + section);
    bits |= 1U << (name - std::begin(kNames));
  }
  auto tables = std::make_unique<Groth16Tables>();
  const Status status = run_job(std::move(progress), [&](JobControl* control) noexcept {
    return tables->build(key, bits, memory_factor, mapped, control);
  });
  raise_on_error(status, "multiples of a key's points");
  return tables;
}

std::unique_ptr<Groth16Verifier> make_verifier(const LimbArray& fixed, const LimbArray& ic) {
  if (require_rows(fixed, kLimbs, "fixed") != 14) raise_named("InvalidInput", "fixed must have 14 rows");
  const std::size_t rows = require_rows(ic, kLimbs, "ic");
  if (rows < 2 || rows % 2 != 0) raise_named("InvalidInput", "ic must have two rows for each point");
  auto verifier = std::make_unique<Groth16Verifier>();
  raise_on_error(verifier->prepare(fixed.data(), ic.data(), rows / 2 - 1), "verification key");
  return verifier;
}

void verify(const Groth16Verifier& verifier, const LimbArray& publics, const LimbArray& proof) {
  if (require_rows(publics, kLimbs, "publics") != verifier.num_public() ||
      require_rows(proof, kLimbs, "proof") != kProofWords / kLimbs)
    raise_named("InvalidInput", "publics must have one row for each public input, and proof 8");
  const std::uint64_t *inputs = publics.data(), *words = proof.data();
  Status status;
  {
    py::gil_scoped_release release;
    status = verifier.verify(inputs, words);
  }
  if (status == Status::out_of_memory) throw std::bad_alloc();
  if (status == Status::invalid_proof) raise_named("ProofError", "the proof does not verify for these public inputs");
  if (status != Status::ok) raise_named("ProofError", std::string("the proof is not well-formed: ") + message(status));
}

// positions of the proofs that do not verify
py::list verify_batch(const Groth16Verifier& verifier, const LimbArray& publics, const LimbArray& proofs,
                      py::object progress) {
  constexpr std::size_t kProofRows = kProofWords / kLimbs;
  const std::size_t rows = require_rows(proofs, kLimbs, "proofs"), n = rows / kProofRows;
  if (rows % kProofRows != 0 || require_rows(publics, kLimbs, "publics") != n * verifier.num_public())
    raise_named("InvalidInput", "proofs must have 8 rows a proof, publics one for each public input of each");
  const std::uint64_t *inputs = publics.data(), *words = proofs.data();
  std::vector<Status> verdicts(n, Status::invalid_proof);
  const Status status = run_job(std::move(progress), [&](JobControl* control) {
    return verifier.verify_batch(inputs, words, n, verdicts.data(), control);
  });
  if (status != Status::invalid_proof) raise_on_error(status, "batch verification");
  py::list bad;
  for (std::size_t i = 0; i < n; ++i)
    if (verdicts[i] != Status::ok) bad.append(i);
  return bad;
}

}  // namespace

void bind_groth16(py::module_& m) {
  m.attr("GROTH16_MAX_LOG") = kGroth16MaxLog;
  m.def("groth16_domain_log", &groth16_domain_log, py::arg("constraints"), py::arg("num_public"),
        "Log2 of the evaluation domain.");
  m.def(
      "groth16_setup", &setup, py::arg("system"), py::arg("wires"), py::arg("publics"), py::arg("domain_log"),
      py::arg("fixed").noconvert(), py::arg("ic").noconvert(), py::arg("a").noconvert(), py::arg("b1").noconvert(),
      py::arg("b2").noconvert(), py::arg("l").noconvert(), py::arg("h").noconvert(), py::arg("progress") = py::none(),
      py::arg("trapdoor") = py::none(), py::arg("mapped") = false,
      "Fills the arrays of a key. `trapdoor` (tau, alpha, beta, delta) is for tests: such a key is worthless. mapped: "
      "the arrays are a shared map of a file, whose pages are given back as they are written.");
  m.def("groth16_columns_from_lagrange", &columns_from_lagrange, py::arg("system"), py::arg("wires"),
        py::arg("publics"), py::arg("domain_log"), py::arg("fixed").noconvert(), py::arg("ic").noconvert(),
        py::arg("a").noconvert(), py::arg("b1").noconvert(), py::arg("b2").noconvert(), py::arg("l").noconvert(),
        py::arg("h").noconvert(), py::arg("tau1").noconvert(), py::arg("tau2").noconvert(),
        py::arg("alpha").noconvert(), py::arg("beta").noconvert(), py::arg("progress") = py::none(),
        "Fills ic, a, b1, b2 and l from the Lagrange points of a ceremony, delta = 1; all Montgomery form, checked.");
  py::class_<Groth16Tables>(m, "Groth16Tables", "Multiples of a key's points; see cpp/groth16/tables.h.")
      .def(py::init(&expand), py::arg("wires"), py::arg("publics"), py::arg("domain_log"), py::arg("fixed").noconvert(),
           py::arg("ic").noconvert(), py::arg("a").noconvert(), py::arg("b1").noconvert(), py::arg("b2").noconvert(),
           py::arg("l").noconvert(), py::arg("h").noconvert(), py::arg("sections"), py::arg("memory_factor"),
           py::arg("progress") = py::none(), py::arg("mapped") = false,
           "For the sections named, of h, l, a, b1, b2; mapped: they are a mapped file, whose pages are given back.")
      .def_property_readonly("bytes", &Groth16Tables::bytes, "Memory of all tables.");
  m.def(
      "groth16_prove", &prove, py::arg("system"), py::arg("wires"), py::arg("publics"), py::arg("domain_log"),
      py::arg("fixed").noconvert(), py::arg("ic").noconvert(), py::arg("a").noconvert(), py::arg("b1").noconvert(),
      py::arg("b2").noconvert(), py::arg("l").noconvert(), py::arg("h").noconvert(), py::arg("witness").noconvert(),
      py::arg("progress") = py::none(), py::arg("blinding") = py::none(), py::arg("window") = 0,
      py::arg("mapped") = false, py::arg("tables") = py::none(),
      "(proof uint64[8, 4], 0), or (None, first failing row). `blinding` (r, s) is for tests. window: wires taken at a "
      "time, 0 for all; mapped: the sections are a mapped file, whose pages are given back after use; tables: "
      "multiples of this key's "
      "points, only with window 0.");
  py::class_<MappedFile>(m, "MappedFile", py::buffer_protocol(),
                         "A read-only map of an open file; see bindings/mapped_file.h.")
      .def(py::init<int, std::size_t>(), py::arg("descriptor"), py::arg("size"))
      .def_buffer([](const MappedFile& file) {
        return py::buffer_info(file.data(), static_cast<py::ssize_t>(file.size()), true);
      })
      .def_property_readonly("damaged", &MappedFile::damaged, "Whether a page was read that the file no longer has.")
      .def("discard", &MappedFile::discard, py::arg("offset"), py::arg("length"),
           "Takes the pages of a range out of resident memory.")
      .def_static("guard", &MappedFile::guard, "Makes the handler of SIGBUS the present one.");
  py::class_<Groth16Verifier>(m, "Groth16Verifier", "A checked verification key, prepared for pairings.")
      .def(py::init(&make_verifier), py::arg("fixed").noconvert(), py::arg("ic").noconvert())
      .def("verify", &verify, py::arg("publics").noconvert(), py::arg("proof").noconvert(),
           "Returns if the proof uint64[8, 4] verifies for the inputs uint64[num_public, 4]; raises ProofError.")
      .def("verify_batch", &verify_batch, py::arg("publics").noconvert(), py::arg("proofs").noconvert(),
           py::arg("progress") = py::none(), "Positions of the proofs that do not verify.")
      .def(
          "alpha_beta",
          [](const Groth16Verifier& verifier) {
            LimbArray out = make_rows(kGtWords / kLimbs, kLimbs);
            verifier.alpha_beta(out.mutable_data());
            return out;
          },
          "e(alpha, beta) to the power that snarkjs computes, canonical uint64[12, 4].");
}

}  // namespace assay::bindings
