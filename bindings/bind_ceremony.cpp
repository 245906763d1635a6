#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "base/zeroize.h"
#include "ceremony/beacon.h"
#include "ceremony/kernel.h"
#include "convert.h"
#include "field/fe.h"
#include "hash/blake2b.h"
#include "job.h"

namespace assay::bindings {
namespace {

constexpr std::size_t kScalarLimbs = 4;

CurveGroup group_of(int group) {
  if (group != 1 && group != 2) raise_named("InvalidInput", "group must be 1 or 2, got " + std::to_string(group));
  return group == 1 ? CurveGroup::g1 : CurveGroup::g2;
}

std::string_view seed_of(const py::bytes& bytes, const char* name) {
  const std::string_view view = bytes;
  if (view.size() != kChachaSeedBytes) {
    raise_named("InvalidInput", std::string(name) + " has 32 bytes, got " + std::to_string(view.size()));
  }
  return view;
}

// A scalar that Python holds but cannot read; wiped when it goes.
class SecretScalar {
 public:
  SecretScalar() noexcept = default;
  ~SecretScalar() { zeroize(limbs, sizeof limbs); }
  SecretScalar(const SecretScalar&) = delete;
  SecretScalar& operator=(const SecretScalar&) = delete;

  std::uint64_t limbs[kScalarLimbs] = {};
};

std::unique_ptr<SecretScalar> one() {
  auto k = std::make_unique<SecretScalar>();
  const Fr unit = Fr::one();
  std::memcpy(k->limbs, unit.v, sizeof k->limbs);
  return k;
}

// A value that somebody knows already, for tests
std::unique_ptr<SecretScalar> known(const LimbArray& limbs) {
  if (require_rows(limbs, kScalarLimbs, "limbs") != 1) raise_named("InvalidInput", "limbs must have one row");
  Fr value;
  const ZeroizeGuard wipe(value);
  raise_on_error(Fr::from_limbs(value, limbs.data()), "a scalar");
  auto k = std::make_unique<SecretScalar>();
  std::memcpy(k->limbs, value.v, sizeof k->limbs);
  return k;
}

std::unique_ptr<SecretScalar> inverse(const SecretScalar& k) {
  auto out = std::make_unique<SecretScalar>();
  ceremony_kernel().inverse(k.limbs, out->limbs);
  return out;
}

LimbArray scale_by(const std::uint64_t* first, const std::uint64_t* step, std::uint64_t start, int which,
                   const LimbArray& points) {
  const CurveGroup group = group_of(which);
  const std::size_t n = require_rows(points, point_limbs(group), "points");
  LimbArray out = make_rows(n, point_limbs(group));
  const std::uint64_t* in = points.data();
  std::uint64_t* result = out.mutable_data();
  const Status status = run_job(py::none(), [&](JobControl* control) {
    return ceremony_kernel().scale(group, in, n, first, step, start, result, control);
  });
  raise_on_error(status, std::to_string(n) + " points times a secret");
  return out;
}

LimbArray scale(const SecretScalar& k, int which, const LimbArray& points) {
  return scale_by(k.limbs, nullptr, 0, which, points);
}

LimbArray scale_powers(const SecretScalar& first, int which, const LimbArray& points, const SecretScalar& step,
                       std::uint64_t start) {
  return scale_by(first.limbs, step.limbs, start, which, points);
}

// 32 bytes of the system's randomness, with a digest of somebody's own mixed in
std::unique_ptr<Chacha20> generator_from_system(const py::bytes& mixed_in) {
  const std::string_view digest = seed_of(mixed_in, "mixed_in");
  std::uint8_t seed[kChachaSeedBytes];
  const ZeroizeGuard wipe(seed);
  raise_on_error(random_bytes(seed, sizeof seed), "the system's randomness");
  for (std::size_t i = 0; i < sizeof seed; ++i) seed[i] ^= static_cast<std::uint8_t>(digest[i]);
  return std::make_unique<Chacha20>(seed);
}

std::unique_ptr<Chacha20> generator_from_seed(const py::bytes& seed) {
  return std::make_unique<Chacha20>(reinterpret_cast<const std::uint8_t*>(seed_of(seed, "seed").data()));
}

std::unique_ptr<SecretScalar> draw_scalar(Chacha20& generator) {
  auto k = std::make_unique<SecretScalar>();
  ceremony_kernel().draw_scalar(generator, k->limbs);
  return k;
}

LimbArray draw_point(Chacha20& generator, int which) {
  const CurveGroup group = group_of(which);
  LimbArray out = make_rows(1, point_limbs(group));
  ceremony_kernel().draw_point(group, generator, out.mutable_data());
  return out;
}

ByteArray check(int which, const LimbArray& points) {
  const CurveGroup group = group_of(which);
  const std::size_t n = require_rows(points, point_limbs(group), "points");
  ByteArray out(static_cast<py::ssize_t>(n));
  const std::uint64_t* in = points.data();
  std::uint8_t* result = out.mutable_data();
  const Status status =
      run_job(py::none(), [&](JobControl* control) { return ceremony_kernel().check(group, in, result, n, control); });
  raise_on_error(status, "points");
  return out;
}

py::bytes encode(int which, bool compressed, const LimbArray& points) {
  const CurveGroup group = group_of(which);
  const std::size_t n = require_rows(points, point_limbs(group), "points");
  const std::size_t size = 8 * point_limbs(group) / (compressed ? 2 : 1);
  py::bytes out(nullptr, n * size);
  auto* bytes = reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(out.ptr()));
  const std::uint64_t* in = points.data();
  Status status;
  {
    py::gil_scoped_release release;
    status = ceremony_kernel().encode(group, compressed, in, bytes, n);
  }
  raise_on_error(status, "points");
  return out;
}

LimbArray lagrange(int which, const LimbArray& points, py::object progress) {
  const CurveGroup group = group_of(which);
  const std::size_t n = require_rows(points, point_limbs(group), "points");
  unsigned log_n = 0;
  while ((std::size_t{1} << log_n) < n) ++log_n;
  if (std::size_t{1} << log_n != n) {
    raise_named("InvalidInput", "points must be a power of two in number, got " + std::to_string(n));
  }
  LimbArray out = make_rows(n, point_limbs(group));
  std::memcpy(out.mutable_data(), points.data(), 8 * n * point_limbs(group));
  std::uint64_t* result = out.mutable_data();
  const Status status = run_job(std::move(progress), [&](JobControl* control) {
    return ceremony_kernel().lagrange(group, result, log_n, control);
  });
  raise_on_error(status, "the transform of " + std::to_string(n) + " points");
  return out;
}

py::bytes beacon(const py::bytes& data, unsigned log, py::object progress) {
  const std::string_view view = data;
  std::uint8_t seed[kChachaSeedBytes];
  const Status status = run_job(std::move(progress), [&](JobControl* control) {
    return beacon_seed(reinterpret_cast<const std::uint8_t*>(view.data()), view.size(), log, seed, control);
  });
  raise_on_error(status, "a beacon of 2^" + std::to_string(log) + " iterations");
  return py::bytes(reinterpret_cast<const char*>(seed), sizeof seed);
}

void update(Blake2b& hash, const py::bytes& data) {
  const std::string_view view = data;
  py::gil_scoped_release release;
  hash.update(view.data(), view.size());
}

py::bytes digest(const Blake2b& hash) {
  std::uint8_t out[kBlake2bBytes];
  Blake2b(hash).finish(out);
  return py::bytes(reinterpret_cast<const char*>(out), sizeof out);
}

py::bytes save(const Blake2b& hash) {
  std::uint8_t out[kBlake2bStateBytes];
  hash.save(out);
  return py::bytes(reinterpret_cast<const char*>(out), sizeof out);
}

Blake2b resume(const py::bytes& state) {
  const std::string_view view = state;
  Blake2b hash;
  if (view.size() != kBlake2bStateBytes) {
    raise_named("EncodingError", "a state of BLAKE2b has 216 bytes, got " + std::to_string(view.size()));
  }
  raise_on_error(hash.resume(reinterpret_cast<const std::uint8_t*>(view.data())), "state of BLAKE2b");
  return hash;
}

}  // namespace

void bind_ceremony(py::module_& m) {
  py::class_<Blake2b>(m, "Blake2b", "BLAKE2b-512 whose unfinished state can be stored.")
      .def(py::init<>())
      .def_static("resume", &resume, py::arg("state"), "Goes on from 216 stored bytes.")
      .def("update", &update, py::arg("data"))
      .def("digest", &digest, "64 bytes; more may follow.")
      .def("state", &save, "216 bytes.")
      .def_property_readonly("length", &Blake2b::length, "Bytes so far.");
  py::class_<SecretScalar>(m, "SecretScalar", "A scalar that cannot be read; wiped when it goes.")
      .def_static("one", &one)
      .def_static("known", &known, py::arg("limbs").noconvert(), "Of a value uint64[1, 4] that is no secret: tests.")
      .def("inverse", &inverse)
      .def("scale", &scale, py::arg("group"), py::arg("points").noconvert(),
           "self points[i], Montgomery form, constant time in the scalar.")
      .def("scale_powers", &scale_powers, py::arg("group"), py::arg("points").noconvert(), py::arg("step"),
           py::arg("start"), "self step^(start + i) points[i], Montgomery form, constant time in the scalars.");
  py::class_<Chacha20>(m, "CeremonyGenerator", "Draws scalars and points from a ChaCha20 key stream.")
      .def_static("from_system", &generator_from_system, py::arg("mixed_in"),
                  "Seeded with the system's randomness XOR 32 bytes of the caller's.")
      .def_static("from_seed", &generator_from_seed, py::arg("seed"), "From 32 public bytes.")
      .def("scalar", &draw_scalar)
      .def("point", &draw_point, py::arg("group"), "Montgomery form, uint64[1, 8 | 16].");
  m.def("ceremony_check", &check, py::arg("group"), py::arg("points").noconvert(),
        "uint8[n] for points in Montgomery form: 0 in the group, else the status that names why not.");
  m.def("ceremony_encode", &encode, py::arg("group"), py::arg("compressed"), py::arg("points").noconvert(),
        "The bytes that the ceremony's hashes take.");
  m.def("ceremony_lagrange", &lagrange, py::arg("group"), py::arg("points").noconvert(),
        py::arg("progress") = py::none(), "Powers of tau to values of the Lagrange basis, Montgomery form.");
  m.def("ceremony_beacon", &beacon, py::arg("data"), py::arg("log"), py::arg("progress") = py::none(),
        "SHA-256 iterated 2^log times.");
}

}  // namespace assay::bindings
