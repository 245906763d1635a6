#include <cstring>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/zeroize.h"
#include "convert.h"
#include "curve/babyjubjub/eddsa.h"

namespace assay::bindings {
namespace {

namespace bjj = assay::babyjubjub;

const std::uint64_t* require_words(const LimbArray& array, py::ssize_t words, const char* name) {
  if (array.ndim() != 1 || array.shape(0) != words)
    raise_named("InvalidInput", std::string(name) + " must have shape [" + std::to_string(words) + "]");
  return array.data();
}

const std::uint8_t* require_bytes(const py::bytes& bytes, std::size_t size, const char* name) {
  const std::string_view view(bytes);
  if (view.size() != size)
    raise_named("EncodingError", std::string(name) + " must have " + std::to_string(size) + " bytes, got " +
                                     std::to_string(view.size()));
  return reinterpret_cast<const std::uint8_t*>(view.data());
}

LimbArray make_words(py::ssize_t words) { return LimbArray({words}); }

// The seed and what follows from it; wiped when Python lets go of it. Neither copied nor pickled.
class PrivateKey {
 public:
  explicit PrivateKey(const std::uint8_t* seed) {
    std::memcpy(seed_, seed, sizeof seed_);
    Status status;
    {
      py::gil_scoped_release release;
      status = bjj::eddsa_derive(key_, seed_);
    }
    raise_on_error(status, "EdDSA private key");
  }
  ~PrivateKey() {
    zeroize(seed_, sizeof seed_);
    zeroize(&key_, sizeof key_);
  }
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;

  static std::unique_ptr<PrivateKey> generate() {
    std::uint8_t seed[bjj::kSeedBytes];
    const ZeroizeGuard wipe(seed);
    raise_on_error(random_bytes(seed, sizeof seed), "randomness for a private key");
    return std::make_unique<PrivateKey>(seed);
  }

  LimbArray public_key() const {
    LimbArray out = make_words(8);
    std::memcpy(out.mutable_data(), key_.public_key, sizeof key_.public_key);
    return out;
  }
  py::bytes seed() const { return py::bytes(reinterpret_cast<const char*>(seed_), sizeof seed_); }

  LimbArray sign(const LimbArray& message) const {
    std::uint8_t hedge[bjj::kHedgeBytes];
    const ZeroizeGuard wipe(hedge);
    raise_on_error(random_bytes(hedge, sizeof hedge), "randomness for a signature");
    return sign_with(message, hedge);
  }
  LimbArray sign_with(const LimbArray& message, const std::uint8_t* hedge) const {
    const std::uint64_t* m = require_words(message, 4, "message");
    LimbArray out = make_words(12);
    std::uint64_t* signature = out.mutable_data();
    Status status;
    {
      py::gil_scoped_release release;
      status = bjj::eddsa_sign(key_, m, hedge, signature);
    }
    raise_on_error(status, "signing");
    return out;
  }

 private:
  std::uint8_t seed_[bjj::kSeedBytes];
  bjj::SigningKey key_;
};

ByteArray verify(const LimbArray& keys, const LimbArray& messages, const LimbArray& signatures, bool keys_checked) {
  const std::size_t n = require_rows(keys, 8, "keys");
  if (require_rows(messages, 4, "messages") != n || require_rows(signatures, 12, "signatures") != n)
    raise_named("InvalidInput", "keys, messages and signatures must have the same number of rows");
  ByteArray statuses(static_cast<py::ssize_t>(n));
  const std::uint64_t *k = keys.data(), *m = messages.data(), *s = signatures.data();
  std::uint8_t* out = statuses.mutable_data();
  Status status;
  {
    py::gil_scoped_release release;
    status = bjj::eddsa_verify(k, m, s, n, keys_checked, out);
  }
  raise_on_error(status, "EdDSA verification");
  return statuses;
}

}  // namespace

void bind_babyjubjub(py::module_& m) {
  py::class_<PrivateKey>(m, "EddsaPrivateKey", "A seed and its signing key, wiped when released.")
      .def_static("generate", &PrivateKey::generate)
      .def_static(
          "from_seed",
          [](const py::bytes& seed) {
            return std::make_unique<PrivateKey>(require_bytes(seed, bjj::kSeedBytes, "an EdDSA seed"));
          },
          py::arg("seed"))
      .def("seed", &PrivateKey::seed, "The secret seed, 32 bytes.")
      .def("public_key", &PrivateKey::public_key, "uint64[8]: x, y.")
      .def("sign", &PrivateKey::sign, py::arg("message").noconvert(), "uint64[4] -> uint64[12]: R8.x, R8.y, S.")
      .def(
          "sign_with_hedge",
          [](const PrivateKey& key, const LimbArray& message, const py::bytes& hedge) {
            return key.sign_with(message, require_bytes(hedge, bjj::kHedgeBytes, "the hedge"));
          },
          py::arg("message").noconvert(), py::arg("hedge"), "For tests: the hedge decides the nonce.")
      .def("__reduce__", [](const PrivateKey&) -> py::object {
        throw py::type_error("a private key cannot be pickled or copied; store its seed where secrets are kept");
      });
  m.def("eddsa_verify", &verify, py::arg("keys").noconvert(), py::arg("messages").noconvert(),
        py::arg("signatures").noconvert(), py::arg("keys_checked"),
        "uint64[n, 8], uint64[n, 4], uint64[n, 12] -> uint8[n], 0 where the signature verifies.");
  m.def(
      "status_message", [](int status) { return std::string(message(static_cast<Status>(status))); }, py::arg("status"),
      "What a status number means.");
  m.def(
      "babyjubjub_check",
      [](const LimbArray& point) {
        raise_on_error(bjj::check_point(require_words(point, 8, "point")), "Baby Jubjub point");
      },
      py::arg("point").noconvert(), "Raises unless the point has order l.");
  m.def(
      "babyjubjub_pack",
      [](const LimbArray& point) {
        std::uint8_t out[bjj::kPointBytes];
        raise_on_error(bjj::pack_point(require_words(point, 8, "point"), out), "Baby Jubjub point");
        return py::bytes(reinterpret_cast<const char*>(out), sizeof out);
      },
      py::arg("point").noconvert(), "uint64[8] -> 32 bytes.");
  m.def(
      "babyjubjub_unpack",
      [](const py::bytes& bytes) {
        LimbArray out = make_words(8);
        raise_on_error(
            bjj::unpack_point(require_bytes(bytes, bjj::kPointBytes, "a Baby Jubjub point"), out.mutable_data()),
            "Baby Jubjub point");
        return out;
      },
      py::arg("bytes"), "32 bytes -> uint64[8].");
  m.def(
      "babyjubjub_add",
      [](const LimbArray& p, const LimbArray& q) {
        LimbArray out = make_words(8);
        raise_on_error(bjj::add_points(require_words(p, 8, "p"), require_words(q, 8, "q"), out.mutable_data()),
                       "Baby Jubjub addition");
        return out;
      },
      py::arg("p").noconvert(), py::arg("q").noconvert(), "uint64[8], uint64[8] -> uint64[8].");
  m.def(
      "babyjubjub_multiply",
      [](const LimbArray& k, const LimbArray& p) {
        LimbArray out = make_words(8);
        raise_on_error(bjj::multiply_point(require_words(k, 4, "k"), require_words(p, 8, "p"), out.mutable_data()),
                       "Baby Jubjub multiplication");
        return out;
      },
      py::arg("k").noconvert(), py::arg("p").noconvert(), "k P for public values, in variable time.");
  m.def(
      "babyjubjub_multiply_base",
      [](const LimbArray& k) {
        LimbArray out = make_words(8);
        raise_on_error(bjj::multiply_base(require_words(k, 4, "k"), out.mutable_data()), "Baby Jubjub base multiple");
        return out;
      },
      py::arg("k").noconvert(), "k Base8 for a secret k < l, in constant time.");
}

}  // namespace assay::bindings
