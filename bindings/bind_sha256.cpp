// SHA-256: one message, a stream of bytes, many messages of one length, Merkle trees.
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "convert.h"
#include "hash/sha256.h"
#include "hash/sha256_batch.h"
#include "job.h"
#include "merkle/sha256_tree.h"

namespace assay::bindings {
namespace {

namespace mk = assay::merkle;

constexpr py::ssize_t kDigest = static_cast<py::ssize_t>(kSha256Bytes);

py::bytes as_bytes(const std::uint8_t* digest) { return {reinterpret_cast<const char*>(digest), kSha256Bytes}; }

py::bytes sha256_digest(const py::bytes& data, const std::string& implementation) {
  const Sha256Implementation* chosen = implementation.empty() ? &sha256_in_force() : sha256_named(implementation);
  if (chosen == nullptr) raise_named("InvalidInput", "SHA-256 '" + implementation + "' is not available here");
  const std::string_view view = data;
  std::uint8_t digest[kSha256Bytes];
  {
    py::gil_scoped_release release;
    Sha256(chosen->compress).update(view.data(), view.size()).finish(digest);
  }
  return as_bytes(digest);
}

// Updates of one object from several threads take turns.
class Sha256Stream {
 public:
  void update(const py::buffer& data) {
    const py::buffer_info info = data.request();
    py::ssize_t expected = info.itemsize;
    for (py::ssize_t axis = info.ndim; axis-- > 0; expected *= info.shape[axis])
      if (info.shape[axis] > 1 && info.strides[axis] != expected)
        raise_named("InvalidInput", "bytes to hash must be contiguous");
    py::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    sha_.update(info.ptr, static_cast<std::size_t>(info.size * info.itemsize));
  }
  py::bytes digest() {
    std::uint8_t out[kSha256Bytes];
    {
      py::gil_scoped_release release;
      const std::lock_guard lock(mutex_);
      Sha256(sha_).finish(out);
    }
    return as_bytes(out);
  }

 private:
  std::mutex mutex_;
  Sha256 sha_;
};

ByteArray messages(const ByteArray& data, py::object progress) {
  if (data.ndim() != 2) raise_named("InvalidInput", "messages must have shape [n, length]");
  const auto n = static_cast<std::size_t>(data.shape(0)), length = static_cast<std::size_t>(data.shape(1));
  ByteArray out({data.shape(0), kDigest});
  const std::uint8_t* in = data.data();
  std::uint8_t* result = out.mutable_data();
  raise_on_error(run_job(std::move(progress),
                         [&](JobControl* control) { return sha256_messages(in, length, n, result, control); }),
                 "SHA-256 of " + std::to_string(n) + " messages");
  return out;
}

// The messages of a tuple of bytes, as long as the tuple lives.
struct Messages {
  std::vector<const std::uint8_t*> data;
  std::vector<std::size_t> lengths;
  std::size_t total = 0;

  explicit Messages(const py::tuple& messages) {
    data.reserve(messages.size());
    lengths.reserve(messages.size());
    for (const py::handle message : messages) {
      if (!PyBytes_CheckExact(message.ptr())) raise_named("WrongType", "messages to hash must be bytes");
      data.push_back(reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(message.ptr())));
      lengths.push_back(static_cast<std::size_t>(PyBytes_GET_SIZE(message.ptr())));
      total += lengths.back();
    }
  }
};

constexpr std::size_t kHashedQuickly = std::size_t{1} << 14;  // bytes, in about 50 us: not worth another thread's turn

std::vector<std::uint8_t> prefixed_digests(std::string_view prefix, const py::list& list) {
  const py::tuple kept(list);  // whatever other threads do to the list meanwhile
  const Messages messages(kept);
  std::vector<std::uint8_t> out(kSha256Bytes * messages.data.size());
  const auto hash = [&] {
    return sha256_prefixed(reinterpret_cast<const std::uint8_t*>(prefix.data()), prefix.size(), messages.data.data(),
                           messages.lengths.data(), messages.data.size(), out.data());
  };
  Status status;
  if (messages.total < kHashedQuickly) {
    status = hash();
  } else {
    const py::gil_scoped_release release;
    status = hash();
  }
  raise_on_error(status, "SHA-256 of " + std::to_string(messages.data.size()) + " messages");
  return out;
}

py::list prefixed(const py::bytes& prefix, const py::list& messages) {
  const std::vector<std::uint8_t> digests = prefixed_digests(prefix, messages);
  py::list out(digests.size() / kSha256Bytes);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = as_bytes(digests.data() + kSha256Bytes * i);
  return out;
}

py::bytes rfc6962_root(const py::list& entries) {
  std::uint8_t root[kSha256Bytes];
  if (entries.empty()) {
    sha256(nullptr, 0, root);
    return as_bytes(root);
  }
  const std::vector<std::uint8_t> leaves = prefixed_digests(std::string_view("\0", 1), entries);
  raise_on_error(mk::sha256_root(mk::Sha256Rule::rfc6962, leaves.data(), leaves.size() / kSha256Bytes, root, nullptr),
                 "the root of " + std::to_string(entries.size()) + " entries");
  return as_bytes(root);
}

std::size_t require_digests(const ByteArray& array, const char* name) {
  if (array.ndim() != 2 || array.shape(1) != kDigest)
    raise_named("InvalidInput", std::string(name) + " must have shape [n, 32]");
  return static_cast<std::size_t>(array.shape(0));
}

mk::Sha256Rule require_rule(const std::string& name) {
  if (name == "counted") return mk::Sha256Rule::counted;
  if (name == "rfc6962") return mk::Sha256Rule::rfc6962;
  raise_named("InvalidInput", "a Merkle tree has the rule 'counted' or 'rfc6962', not '" + name + "'");
}

std::string tree_of(std::size_t n) { return "a SHA-256 tree of " + std::to_string(n) + " leaves"; }

py::bytes tree_root(const std::string& rule, const ByteArray& leaves, py::object progress) {
  const mk::Sha256Rule chosen = require_rule(rule);
  const std::size_t n = require_digests(leaves, "leaves");
  const std::uint8_t* in = leaves.data();
  std::uint8_t root[kSha256Bytes];
  raise_on_error(
      run_job(std::move(progress), [&](JobControl* control) { return mk::sha256_root(chosen, in, n, root, control); }),
      tree_of(n));
  return as_bytes(root);
}

py::bytes path_root(const std::string& rule, std::uint64_t n, std::uint64_t index, const py::bytes& leaf,
                    const ByteArray& path) {
  const mk::Sha256Rule chosen = require_rule(rule);
  const std::size_t siblings = require_digests(path, "a path");
  const std::string_view view = leaf;
  if (view.size() != kSha256Bytes)
    raise_named("InvalidInput", "a leaf has 32 bytes, not " + std::to_string(view.size()));
  std::uint8_t root[kSha256Bytes];
  raise_on_error(mk::sha256_path_root(chosen, n, index, reinterpret_cast<const std::uint8_t*>(view.data()), path.data(),
                                      siblings, root),
                 "the path of leaf " + std::to_string(index) + " of " + std::to_string(n));
  return as_bytes(root);
}

mk::Sha256Tree make_tree(const std::string& rule, const ByteArray& leaves, py::object progress) {
  const mk::Sha256Rule chosen = require_rule(rule);
  const std::size_t n = require_digests(leaves, "leaves");
  const std::uint8_t* in = leaves.data();
  mk::Sha256Tree tree;
  raise_on_error(run_job(std::move(progress), [&](JobControl* control) { return tree.build(chosen, in, n, control); }),
                 tree_of(n));
  return tree;
}

void require_leaf(const mk::Sha256Tree& tree, std::uint64_t index) {
  if (index >= tree.size())
    raise_named("InvalidInput", "leaf " + std::to_string(index) + " lies outside " + tree_of(tree.size()));
}

}  // namespace

void bind_sha256(py::module_& m) {
  m.def("sha256", &sha256_digest, py::arg("data"), py::arg("implementation") = "",
        "SHA-256; implementation: empty for the one in force, or the name of one that runs here.");
  m.def(
      "sha256_implementation", [] { return sha256_in_force().name; },
      "The implementation in force: portable, avx2 or sha_ni.");
  m.def("sha256_batch_implementation", &sha256_batch_implementation,
        "What hashes many messages: avx512 (32 at once), avx2 (eight), or the name of the implementation for one.");
  m.def("sha256_messages", &messages, py::arg("messages").noconvert(), py::arg("progress") = py::none(),
        "SHA-256 of the rows of uint8[n, length]: uint8[n, 32].");
  m.def("sha256_prefixed", &prefixed, py::arg("prefix"), py::arg("messages"),
        "SHA-256(prefix || message) of each message of a list of bytes: a list of 32 bytes each.");
  m.def("sha256_rfc6962_root", &rfc6962_root, py::arg("entries"),
        "The root of RFC 6962 over a list of entries, all bytes.");
  py::class_<Sha256Stream>(m, "Sha256Stream", "SHA-256 of bytes that come piece by piece.")
      .def(py::init<>())
      .def("update", &Sha256Stream::update, py::arg("data"), "Appends a contiguous buffer.")
      .def("digest", &Sha256Stream::digest, "Of all bytes so far.");

  m.def("sha256_tree_root", &tree_root, py::arg("rule"), py::arg("leaves").noconvert(),
        py::arg("progress") = py::none(), "The root over leaves uint8[n, 32].");
  m.def("sha256_path_root", &path_root, py::arg("rule"), py::arg("size"), py::arg("index"), py::arg("leaf"),
        py::arg("path").noconvert(), "The root that a leaf and its siblings uint8[k, 32] lead to.");
  py::class_<mk::Sha256Tree>(m, "Sha256Tree", "All levels of a SHA-256 tree.")
      .def(py::init(&make_tree), py::arg("rule"), py::arg("leaves").noconvert(), py::arg("progress") = py::none())
      .def("__len__", &mk::Sha256Tree::size)
      .def("root",
           [](const mk::Sha256Tree& tree) {
             std::uint8_t root[kSha256Bytes];
             tree.root(root);
             return as_bytes(root);
           })
      .def(
          "leaf",
          [](const mk::Sha256Tree& tree, std::uint64_t index) {
            require_leaf(tree, index);
            return as_bytes(tree.node(0, index));
          },
          py::arg("index"))
      .def(
          "path",
          [](const mk::Sha256Tree& tree, std::uint64_t index) {
            require_leaf(tree, index);
            ByteArray out({static_cast<py::ssize_t>(mk::sha256_path_length(tree.size(), index)), kDigest});
            tree.path(index, out.mutable_data());
            return out;
          },
          py::arg("index"), "Siblings from the leaf up, uint8[k, 32].");
}

}  // namespace assay::bindings
