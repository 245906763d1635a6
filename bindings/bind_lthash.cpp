#include <cstring>
#include <string>
#include <vector>

#include "convert.h"
#include "hash/lthash.h"

namespace assay::bindings {
namespace {

constexpr std::size_t kReleaseFrom = 32;  // elements, some 25 us

// Appends the elements of a list of bytes, which `owners` keeps alive.
void append(const py::list& list, bool goes, std::vector<py::bytes>& owners, std::vector<LtHashElement>& elements) {
  for (const py::handle item : list) {
    if (!PyBytes_Check(item.ptr()))
      raise_named("WrongType",
                  "an element is bytes, not " + std::string(py::str(py::type::handle_of(item).attr("__name__"))));
    owners.push_back(py::reinterpret_borrow<py::bytes>(item));
    elements.push_back({reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(item.ptr())),
                        static_cast<std::size_t>(PyBytes_GET_SIZE(item.ptr())), goes});
  }
}

py::bytes move(const py::bytes& lanes, const py::list& comes, const py::list& goes) {
  const std::string_view before = lanes;
  if (before.size() != kLtHashBytes)
    raise_named("InvalidInput", "the lanes of an LtHash take 2048 bytes, not " + std::to_string(before.size()));
  std::vector<py::bytes> owners;
  std::vector<LtHashElement> elements;
  append(comes, false, owners, elements);
  append(goes, true, owners, elements);
  std::uint8_t moved[kLtHashBytes];
  std::memcpy(moved, before.data(), kLtHashBytes);
  std::size_t bytes = 0;
  for (const LtHashElement& element : elements) bytes += kLtHashBytes + element.bytes;
  if (bytes < kReleaseFrom * kLtHashBytes) {
    lthash_move(elements.data(), elements.size(), moved);
  } else {
    py::gil_scoped_release release;
    lthash_move(elements.data(), elements.size(), moved);
  }
  return {reinterpret_cast<const char*>(moved), kLtHashBytes};
}

}  // namespace

void bind_lthash(py::module_& m) {
  m.def("lthash_move", &move, py::arg("lanes"), py::arg("comes"), py::arg("goes"),
        "The 2048 bytes of lanes with lists of bytes added and subtracted.");
}

}  // namespace assay::bindings
