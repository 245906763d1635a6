#include <algorithm>
#include <string>
#include <string_view>

#include "convert.h"
#include "curve/ed25519/verify.h"

namespace assay::bindings {
namespace {

void require(const ByteArray& array, py::ssize_t rows, std::size_t columns, const char* name) {
  if (array.ndim() != 2 || array.shape(0) != rows || array.shape(1) != static_cast<py::ssize_t>(columns))
    raise_named("InvalidInput", std::string(name) + " must have shape [n, " + std::to_string(columns) + "]");
}

py::array_t<bool> verify(const ByteArray& public_keys, const py::bytes& messages, const LimbArray& offsets,
                         const ByteArray& signatures) {
  const py::ssize_t n = public_keys.ndim() == 2 ? public_keys.shape(0) : 0;
  require(public_keys, n, ed25519::kPublicKeyBytes, "public_keys");
  require(signatures, n, ed25519::kSignatureBytes, "signatures");
  const std::string_view text(messages);
  if (offsets.ndim() != 1 || offsets.shape(0) != n + 1) raise_named("InvalidInput", "offsets must have shape [n + 1]");
  const std::uint64_t* at = offsets.data();
  if (at[0] != 0 || at[n] != text.size() || !std::is_sorted(at, at + n + 1))
    raise_named("InvalidInput", "offsets must rise from 0 to the length of the messages");
  py::array_t<bool> verdicts(n);
  static_assert(sizeof(bool) == sizeof(std::uint8_t));
  auto* out = reinterpret_cast<std::uint8_t*>(verdicts.mutable_data());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::uint8_t *keys = public_keys.data(), *marks = signatures.data();
  Status status;
  {
    py::gil_scoped_release release;
    status = ed25519::verify(keys, bytes, at, marks, static_cast<std::size_t>(n), out);
  }
  raise_on_error(status, "Ed25519 verification");
  return verdicts;
}

}  // namespace

void bind_ed25519(py::module_& m) {
  m.def("ed25519_verify", &verify, py::arg("public_keys").noconvert(), py::arg("messages"),
        py::arg("offsets").noconvert(), py::arg("signatures").noconvert(),
        "uint8[n, 32], the messages one after the other, where each begins uint64[n + 1], uint8[n, 64] -> bool[n]: "
        "which signatures verify.");
}

}  // namespace assay::bindings
