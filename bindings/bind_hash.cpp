#include <algorithm>
#include <string>
#include <vector>

#include "convert.h"
#include "field/fe.h"
#include "hash/poseidon.h"
#include "hash/sha256.h"
#include "hash/transcript.h"

namespace assay::bindings {
namespace {

constexpr py::ssize_t kLimbs = 4;

const std::uint64_t* require_element(const LimbArray& array, const char* name) {
  if (array.ndim() != 1 || array.shape(0) != kLimbs)
    raise_named("InvalidInput", std::string(name) + " must have shape [4]");
  return array.data();
}

LimbArray hash(const LimbArray& inputs, const LimbArray& tag) {
  if (inputs.ndim() != 3 || inputs.shape(2) != kLimbs) raise_named("InvalidInput", "inputs must have shape [n, k, 4]");
  const std::size_t n = static_cast<std::size_t>(inputs.shape(0)), k = static_cast<std::size_t>(inputs.shape(1));
  LimbArray out = make_rows(n, kLimbs);
  const std::uint64_t *in = inputs.data(), *tag_limbs = require_element(tag, "tag");
  std::uint64_t* result = out.mutable_data();
  Status status;
  {
    py::gil_scoped_release release;
    status = poseidon_hash(in, n, k, tag_limbs, result);
  }
  raise_on_error(status, "Poseidon of " + std::to_string(k) + " inputs");
  return out;
}

LimbArray permute(const LimbArray& states, bool plain) {
  if (states.ndim() != 3 || states.shape(2) != kLimbs) raise_named("InvalidInput", "states must have shape [n, t, 4]");
  LimbArray out({states.shape(0), states.shape(1), kLimbs});
  std::copy_n(states.data(), states.size(), out.mutable_data());
  raise_on_error(poseidon_permute(out.mutable_data(), static_cast<std::size_t>(states.shape(0)),
                                  static_cast<std::size_t>(states.shape(1)), plain),
                 "Poseidon permutation");
  return out;
}

LimbArray canonical(const std::vector<std::uint64_t>& montgomery, std::vector<py::ssize_t> shape) {
  shape.push_back(kLimbs);
  LimbArray out(shape);
  for (std::size_t i = 0; i < montgomery.size(); i += 4)
    Fr::raw({montgomery[i], montgomery[i + 1], montgomery[i + 2], montgomery[i + 3]}).to_limbs(out.mutable_data() + i);
  return out;
}

py::tuple parameters(std::size_t t) {
  const PoseidonTables* p = poseidon_tables(t);
  if (p == nullptr) raise_named("InvalidInput", "Poseidon's width t must be 2 to 17, got " + std::to_string(t));
  const auto width = static_cast<py::ssize_t>(t);
  const auto rounds = static_cast<py::ssize_t>(kPoseidonFullRounds + p->partial_rounds);
  return py::make_tuple(kPoseidonFullRounds, p->partial_rounds, canonical(p->round_constants, {rounds * width}),
                        canonical(p->mds, {width, width}));
}

void bind_transcript(py::module_& m) {
  py::class_<Transcript>(m, "Transcript", "A Fiat-Shamir transcript over SHA-256.")
      .def(py::init<std::string_view>(), py::arg("protocol"))
      .def("copy", [](const Transcript& transcript) { return Transcript(transcript); })
      .def(
          "absorb",
          [](Transcript& transcript, std::string_view label, const py::bytes& data) {
            const std::string_view view(data);
            transcript.absorb(label, view.data(), view.size());
          },
          py::arg("label"), py::arg("data"))
      .def(
          "absorb_elements",
          [](Transcript& transcript, std::string_view label, const LimbArray& elements) {
            const std::size_t n = require_rows(elements, kLimbs, "elements");
            raise_on_error(transcript.absorb_elements(label, elements.data(), n), "transcript");
          },
          py::arg("label"), py::arg("elements").noconvert())
      .def(
          "challenge",
          [](Transcript& transcript, std::string_view label) {
            LimbArray out = make_rows(1, kLimbs);
            transcript.challenge(label, out.mutable_data());
            return out;
          },
          py::arg("label"))
      .def(
          "challenge_bytes",
          [](Transcript& transcript, std::string_view label) {
            std::uint8_t out[kSha256Bytes];
            transcript.challenge_bytes(label, out);
            return py::bytes(reinterpret_cast<const char*>(out), sizeof out);
          },
          py::arg("label"));
}

}  // namespace

void bind_hash(py::module_& m) {
  bind_transcript(m);
  m.def("poseidon_hash", &hash, py::arg("inputs").noconvert(), py::arg("tag").noconvert(),
        "Poseidon of uint64[n, k, 4] with the tag uint64[4] in the capacity; returns uint64[n, 4].");
  m.def("poseidon_permute", &permute, py::arg("states").noconvert(), py::arg("plain"),
        "The permutation of states uint64[n, t, 4]; plain runs the reference form.");
  m.def("poseidon_parameters", &parameters, py::arg("t"),
        "(full rounds, partial rounds, round constants uint64[rounds t, 4], MDS uint64[t, t, 4]) of width t.");
}

}  // namespace assay::bindings
