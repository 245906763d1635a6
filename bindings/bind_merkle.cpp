#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "convert.h"
#include "job.h"
#include "merkle/dense_tree.h"
#include "merkle/proof.h"
#include "merkle/sparse_tree.h"

namespace assay::bindings {
namespace {

namespace mk = assay::merkle;

const std::uint64_t* require_element(const LimbArray& array, const char* name) {
  if (array.ndim() != 1 || array.shape(0) != 4) raise_named("InvalidInput", std::string(name) + " must have shape [4]");
  return array.data();
}

std::size_t require_indices(const LimbArray& indices) {
  if (indices.ndim() != 1) raise_named("InvalidInput", "indices must have shape [n]");
  return static_cast<std::size_t>(indices.shape(0));
}

mk::Shape make_shape(std::size_t arity, std::size_t depth, const LimbArray& tag) {
  mk::Shape shape;
  raise_on_error(mk::Shape::make(shape, arity, depth, require_element(tag, "the node tag")),
                 "a tree of arity " + std::to_string(arity) + " and depth " + std::to_string(depth));
  return shape;
}

void require_slot(const mk::Shape& shape, std::uint64_t index) {
  if (index >= shape.slots())
    raise_named("InvalidInput", "index " + std::to_string(index) + " is outside the tree's " +
                                    std::to_string(shape.slots()) + " slots");
}

std::vector<mk::Node> load_nodes(const std::uint64_t* limbs, std::size_t n, const char* name) {
  std::vector<mk::Node> nodes(n);
  for (std::size_t i = 0; i < n; ++i)
    if (const Status status = mk::load(nodes[i], limbs + 4 * i); status != Status::ok)
      raise_on_error(status, std::string(name) + " " + std::to_string(i));
  return nodes;
}

LimbArray element(const mk::Node& node) {
  LimbArray out({py::ssize_t{4}});
  mk::store(node, out.mutable_data());
  return out;
}

void store_nodes(const std::vector<mk::Node>& nodes, std::uint64_t* out) {
  for (std::size_t i = 0; i < nodes.size(); ++i) mk::store(nodes[i], out + 4 * i);
}

// A tree and its lock. The lock is taken without the GIL and the GIL never under the lock.
template <class Tree>
class Guarded {
 public:
  template <class Body>
  auto with(Body&& body) {
    py::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    return body(tree_);
  }
  Tree& unguarded() { return tree_; }

  LimbArray root() {
    return element(with([](Tree& tree) { return tree.root(); }));
  }
  LimbArray get(std::uint64_t index) {
    require_slot(tree_.shape(), index);
    return element(with([&](Tree& tree) { return tree.node(0, index); }));
  }
  LimbArray path(std::uint64_t index) {
    const mk::Shape& shape = tree_.shape();
    require_slot(shape, index);
    std::vector<mk::Node> nodes(shape.depth() * (shape.arity() - 1));
    with([&](Tree& tree) {
      mk::path(
          shape, [&](std::size_t level, std::uint64_t i) -> const mk::Node& { return tree.node(level, i); }, index,
          nodes.data());
    });
    LimbArray out(
        {static_cast<py::ssize_t>(shape.depth()), static_cast<py::ssize_t>(shape.arity() - 1), py::ssize_t{4}});
    store_nodes(nodes, out.mutable_data());
    return out;
  }
  LimbArray prove(const LimbArray& indices) {
    const mk::Shape& shape = tree_.shape();
    const std::size_t n = require_indices(indices);
    std::vector<std::uint64_t> sorted(indices.data(), indices.data() + n);
    raise_on_error(mk::check_indices(shape, sorted.data(), n), "indices of a multiproof (strictly increasing)");
    const std::vector<mk::Node> nodes = with([&](Tree& tree) {
      return mk::multiproof(
          shape, [&](std::size_t level, std::uint64_t i) -> const mk::Node& { return tree.node(level, i); },
          std::move(sorted));
    });
    LimbArray out = make_rows(nodes.size(), 4);
    store_nodes(nodes, out.mutable_data());
    return out;
  }

 private:
  Tree tree_;
  std::mutex mutex_;
};

using Sparse = Guarded<mk::SparseTree>;
using Dense = Guarded<mk::DenseTree>;

std::unique_ptr<Sparse> make_sparse(std::size_t arity, std::size_t depth, const LimbArray& tag,
                                    const LimbArray& empty_leaf) {
  make_shape(arity, depth, tag);
  auto tree = std::make_unique<Sparse>();
  raise_on_error(tree->unguarded().init(arity, depth, tag.data(), require_element(empty_leaf, "the empty leaf")),
                 "the empty leaf");
  return tree;
}

std::unique_ptr<Dense> make_dense(std::size_t arity, std::size_t depth, const LimbArray& tag,
                                  const LimbArray& empty_leaf, const LimbArray& leaves) {
  make_shape(arity, depth, tag);
  const std::size_t n = require_rows(leaves, 4, "leaves");
  const std::uint64_t *t = tag.data(), *e = require_element(empty_leaf, "the empty leaf"), *l = leaves.data();
  auto tree = std::make_unique<Dense>();
  raise_on_error(
      run_job(py::none(), [&](JobControl* job) { return tree->unguarded().build(arity, depth, t, e, l, n, job); }),
      "a tree of " + std::to_string(n) + " leaves");
  return tree;
}

void update(Sparse& tree, const LimbArray& indices, const LimbArray& leaves) {
  const std::size_t n = require_indices(indices);
  if (require_rows(leaves, 4, "leaves") != n) raise_named("InvalidInput", "indices and leaves must pair up");
  for (std::size_t i = 0; i < n; ++i) require_slot(tree.unguarded().shape(), indices.data()[i]);
  const std::vector<mk::Node> nodes = load_nodes(leaves.data(), n, "leaf");
  const std::uint64_t* positions = indices.data();
  raise_on_error(tree.with([&](mk::SparseTree& t) { return t.update(positions, nodes.data(), n); }), "update");
}

LimbArray path_root(std::size_t arity, std::size_t depth, const LimbArray& tag, std::uint64_t index,
                    const LimbArray& leaf, const LimbArray& path) {
  const mk::Shape shape = make_shape(arity, depth, tag);
  if (path.ndim() != 3 || path.shape(0) != static_cast<py::ssize_t>(depth) ||
      path.shape(1) != static_cast<py::ssize_t>(arity - 1) || path.shape(2) != 4)
    raise_named("InvalidInput", "the path must have shape [depth, arity - 1, 4]");
  require_slot(shape, index);
  const std::vector<mk::Node> siblings = load_nodes(path.data(), depth * (arity - 1), "sibling");
  const mk::Node start = load_nodes(require_element(leaf, "the leaf"), 1, "leaf")[0];
  mk::Node root;
  Status status;
  {
    py::gil_scoped_release release;
    status = mk::path_root(shape, index, start, siblings.data(), root);
  }
  raise_on_error(status, "Merkle path");
  return element(root);
}

LimbArray multiproof_root(std::size_t arity, std::size_t depth, const LimbArray& tag, const LimbArray& indices,
                          const LimbArray& leaves, const LimbArray& siblings) {
  const mk::Shape shape = make_shape(arity, depth, tag);
  const std::size_t n = require_indices(indices);
  if (require_rows(leaves, 4, "leaves") != n) raise_named("InvalidInput", "indices and leaves must pair up");
  const std::size_t m = require_rows(siblings, 4, "siblings");
  const std::vector<mk::Node> given = load_nodes(leaves.data(), n, "leaf");
  const std::vector<mk::Node> others = load_nodes(siblings.data(), m, "sibling");
  const std::uint64_t* positions = indices.data();
  mk::Node root;
  Status status;
  {
    py::gil_scoped_release release;
    status = mk::multiproof_root(shape, positions, given.data(), n, others.data(), m, root);
  }
  raise_on_error(status, "Merkle multiproof");
  return element(root);
}

template <class Class>
void define_reads(Class& c) {
  using Tree = typename Class::type;
  c.def("root", &Tree::root, "uint64[4].")
      .def("get", &Tree::get, py::arg("index"), "The leaf, uint64[4].")
      .def("path", &Tree::path, py::arg("index"), "Siblings from the leaves up, uint64[depth, arity - 1, 4].")
      .def("prove", &Tree::prove, py::arg("indices").noconvert(), "Siblings of strictly increasing uint64[n].");
}

}  // namespace

void bind_merkle(py::module_& m) {
  py::class_<Sparse> sparse(m, "SparseMerkleTree", "A sparse Poseidon tree.");
  define_reads(sparse);
  sparse
      .def(py::init(&make_sparse), py::arg("arity"), py::arg("depth"), py::arg("tag").noconvert(),
           py::arg("empty_leaf").noconvert())
      .def("update", &update, py::arg("indices").noconvert(), py::arg("leaves").noconvert(),
           "Sets leaves uint64[n, 4] at uint64[n]; of several with one index the last counts.")
      .def("snapshot",
           [](Sparse& tree) {
             std::size_t number = 0;
             raise_on_error(tree.with([&](mk::SparseTree& t) { return t.snapshot(number); }), "snapshot");
             return number;
           })
      .def(
          "rollback",
          [](Sparse& tree, std::size_t number) {
            raise_on_error(tree.with([&](mk::SparseTree& t) { return t.rollback(number); }),
                           "snapshot " + std::to_string(number));
          },
          py::arg("number"))
      .def(
          "release",
          [](Sparse& tree, std::size_t number) {
            raise_on_error(tree.with([&](mk::SparseTree& t) { return t.release(number); }),
                           "snapshot " + std::to_string(number));
          },
          py::arg("number"));
  py::class_<Dense> dense(m, "DenseMerkleTree", "A Poseidon tree over an array of leaves.");
  define_reads(dense);
  dense.def(py::init(&make_dense), py::arg("arity"), py::arg("depth"), py::arg("tag").noconvert(),
            py::arg("empty_leaf").noconvert(), py::arg("leaves").noconvert());
  m.def("merkle_path_root", &path_root, py::arg("arity"), py::arg("depth"), py::arg("tag").noconvert(),
        py::arg("index"), py::arg("leaf").noconvert(), py::arg("path").noconvert(), "The root a path leads to.");
  m.def("merkle_multiproof_root", &multiproof_root, py::arg("arity"), py::arg("depth"), py::arg("tag").noconvert(),
        py::arg("indices").noconvert(), py::arg("leaves").noconvert(), py::arg("siblings").noconvert(),
        "The root a multiproof leads to.");
}

}  // namespace assay::bindings
