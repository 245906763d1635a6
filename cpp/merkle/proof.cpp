#include "merkle/proof.h"

#include <new>

namespace assay::merkle {

Status check_indices(const Shape& shape, const std::uint64_t* indices, std::size_t n) noexcept {
  if (n == 0) return Status::invalid_length;
  for (std::size_t i = 0; i < n; ++i) {
    if (indices[i] >= shape.slots()) return Status::out_of_range;
    if (i > 0 && indices[i] <= indices[i - 1]) return Status::malformed;
  }
  return Status::ok;
}

Status path_root(const Shape& shape, std::uint64_t index, const Node& leaf, const Node* path, Node& root) noexcept {
  if (index >= shape.slots()) return Status::out_of_range;
  const std::size_t arity = shape.arity();
  Node node = leaf;
  for (std::size_t level = 0; level < shape.depth(); ++level, index /= arity) {
    Node children[kMaxArity];
    for (std::size_t i = 0; i < arity; ++i) children[i] = i == index % arity ? node : *path++;
    ASSAY_TRY(shape.hash(children, 1, &node));
  }
  root = node;
  return Status::ok;
}

Status multiproof_root(const Shape& shape, const std::uint64_t* indices, const Node* leaves, std::size_t n,
                       const Node* siblings, std::size_t sibling_count, Node& root) noexcept {
  ASSAY_TRY(check_indices(shape, indices, n));
  const std::size_t arity = shape.arity();
  try {
    std::vector<std::uint64_t> known(indices, indices + n);
    std::vector<Node> nodes(leaves, leaves + n), children;
    std::size_t used = 0;
    for (std::size_t level = 0; level < shape.depth(); ++level) {
      std::size_t parents = 0;
      children.clear();
      for (std::size_t i = 0; i < known.size();) {
        const std::uint64_t parent = known[i] / arity;
        for (std::uint64_t child = parent * arity; child < (parent + 1) * arity; ++child) {
          if (i < known.size() && known[i] == child) {
            children.push_back(nodes[i++]);
          } else {
            if (used == sibling_count) return Status::invalid_length;
            children.push_back(siblings[used++]);
          }
        }
        known[parents++] = parent;
      }
      known.resize(parents);
      nodes.resize(parents);
      ASSAY_TRY(shape.hash(children.data(), parents, nodes.data()));
    }
    if (used != sibling_count) return Status::invalid_length;
    root = nodes[0];
    return Status::ok;
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  }
}

}  // namespace assay::merkle
