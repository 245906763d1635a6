#include <string>
#include <string_view>
#include <vector>

#include "convert.h"
#include "curve/ed25519/sign.h"
#include "curve/ed25519/verify.h"

namespace assay::bindings {
namespace {

const std::uint8_t* rows(std::string_view bytes, std::size_t n, std::size_t columns, const char* name) {
  if (bytes.size() != n * columns)
    raise_named("InvalidInput", std::to_string(n) + " messages need " + std::to_string(n * columns) + " bytes of " +
                                    name + ", got " + std::to_string(bytes.size()));
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

py::array_t<bool> verify(const py::bytes& public_keys, const py::bytes& messages, const LimbArray& lengths,
                         const py::bytes& signatures) {
  if (lengths.ndim() != 1) raise_named("InvalidInput", "lengths must have shape [n]");
  const auto n = static_cast<std::size_t>(lengths.shape(0));
  const std::uint8_t* keys = rows(public_keys, n, ed25519::kPublicKeyBytes, "public keys");
  const std::uint8_t* marks = rows(signatures, n, ed25519::kSignatureBytes, "signatures");
  const std::string_view text(messages);
  std::vector<std::uint64_t> offsets(n + 1);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t length = lengths.data()[i];
    if (length > text.size() - offsets[i]) raise_named("InvalidInput", "the lengths exceed the messages");
    offsets[i + 1] = offsets[i] + length;
  }
  if (offsets[n] != text.size()) raise_named("InvalidInput", "the lengths leave a part of the messages out");
  py::array_t<bool> verdicts(static_cast<py::ssize_t>(n));
  static_assert(sizeof(bool) == sizeof(std::uint8_t));
  auto* out = reinterpret_cast<std::uint8_t*>(verdicts.mutable_data());
  Status status;
  {
    py::gil_scoped_release release;
    status = ed25519::verify(keys, reinterpret_cast<const std::uint8_t*>(text.data()), offsets.data(), marks, n, out);
  }
  raise_on_error(status, "Ed25519 verification");
  return verdicts;
}

const std::uint8_t* data_of(std::string_view bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }
py::bytes to_bytes(const std::uint8_t* data, std::size_t size) {
  return py::bytes(reinterpret_cast<const char*>(data), size);
}

// The seed and what follows from it; wiped when Python lets go of it. Neither copied nor pickled.
class PrivateKey {
 public:
  explicit PrivateKey(const py::bytes& seed) {
    const std::string_view view(seed);
    if (view.size() != ed25519::kSeedBytes)
      raise_named("EncodingError", "an Ed25519 seed has 32 bytes, got " + std::to_string(view.size()));
    raise_on_error(key_.assign(data_of(view)), "Ed25519 private key");
  }
  py::bytes public_key() const { return to_bytes(key_.public_key(), ed25519::kPublicKeyBytes); }

  // Other threads run meanwhile only where the message takes longer than they would take to hand back the interpreter.
  py::bytes sign(const py::bytes& message) const {
    constexpr std::size_t kLong = 64 << 10;
    const std::string_view text(message);
    std::uint8_t signature[ed25519::kSignatureBytes];
    if (text.size() < kLong) {
      key_.sign(data_of(text), text.size(), signature);
    } else {
      const py::gil_scoped_release release;
      key_.sign(data_of(text), text.size(), signature);
    }
    return to_bytes(signature, sizeof signature);
  }

 private:
  ed25519::SecretKey key_;
};

}  // namespace

void bind_ed25519(py::module_& m) {
  py::class_<PrivateKey>(m, "Ed25519PrivateKey", "A seed and its signing key, wiped when released.")
      .def(py::init<const py::bytes&>(), py::arg("seed"), "The key of a secret seed of 32 bytes.")
      .def("public_key", &PrivateKey::public_key, "32 bytes.")
      .def("sign", &PrivateKey::sign, py::arg("message"), "The signature on a message, 64 bytes.")
      .def("__reduce__", [](const PrivateKey&) -> py::object {
        throw py::type_error("a private key cannot be pickled or copied; store its seed where secrets are kept");
      });
  m.def("ed25519_verify", &verify, py::arg("public_keys"), py::arg("messages"), py::arg("lengths").noconvert(),
        py::arg("signatures"),
        "Keys of 32 bytes, messages and signatures of 64, each one after the other, and the lengths uint64[n] of the "
        "messages -> bool[n]: which signatures verify.");
}

}  // namespace assay::bindings
