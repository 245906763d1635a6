// A Merkle tree built at once over n leaves, in parallel; slots beyond n hold the empty leaf.
//
// Storage: 32 bytes for each node above or among the n leaves, about 32 n arity / (arity - 1); empty subtrees are not
// stored. Read-only once built.
#pragma once

#include <vector>

#include "merkle/shape.h"
#include "parallel/pool.h"

namespace assay::merkle {

class DenseTree {
 public:
  // Canonical limbs: leaves [n, 4]. Errors as Shape::make; too_large if n exceeds the slots; cancelled.
  Status build(std::size_t arity, std::size_t depth, const std::uint64_t* tag, const std::uint64_t* empty_leaf,
               const std::uint64_t* leaves, std::size_t n, JobControl* control) noexcept;

  const Shape& shape() const noexcept { return shape_; }
  const Node& root() const noexcept { return node(shape_.depth(), 0); }
  const Node& node(std::size_t level, std::uint64_t index) const noexcept {
    return index < levels_[level].size() ? levels_[level][index] : empty_[level];
  }

 private:
  Shape shape_;
  Node empty_[kMaxDepth + 1] = {};
  std::vector<Node> levels_[kMaxDepth + 1];
};

}  // namespace assay::merkle
