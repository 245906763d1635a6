// A Merkle tree of which only the sibling groups that differ from the empty tree are stored.
//
// Storage: a level maps the index of a parent to its arity children (32 arity bytes and about 40 of map). An update
// costs depth permutations; a batch hashes each parent once, the parents of a level in parallel. Every operation either
// succeeds or leaves the tree as it was. Changes since a snapshot are kept as (position, old value) until the snapshot
// is released, 48 bytes each. Not safe for concurrent use.
#pragma once

#include <unordered_map>
#include <vector>

#include "merkle/shape.h"

namespace assay::merkle {

class SparseTree {
 public:
  // In canonical limbs. Errors as Shape::make.
  Status init(std::size_t arity, std::size_t depth, const std::uint64_t* tag, const std::uint64_t* empty_leaf) noexcept;

  const Shape& shape() const noexcept { return shape_; }
  const Node& root() const noexcept { return node(shape_.depth(), 0); }
  // level 0 .. depth, index below arity^(depth - level), both unchecked
  const Node& node(std::size_t level, std::uint64_t index) const noexcept;

  // Sets n leaves; of several with one index the last counts. out_of_range for an index beyond the slots.
  Status update(const std::uint64_t* indices, const Node* leaves, std::size_t n) noexcept;

  // Opens a snapshot and gives its number: 1, 2, .. by depth of nesting.
  Status snapshot(std::size_t& number) noexcept;
  // Restores the tree as it was at that snapshot, and closes it and those opened after it. out_of_range if none such.
  Status rollback(std::size_t number) noexcept;
  // Keeps the changes, and closes that snapshot and those opened after it.
  Status release(std::size_t number) noexcept;

 private:
  struct Level {
    std::unordered_map<std::uint64_t, std::size_t> group_of;  // parent -> position of its first child in `nodes`
    std::vector<Node> nodes;
  };
  struct Change {
    std::size_t level, position;
    Node before;
  };
  struct Dirty {
    std::uint64_t index;
    Node node;
  };

  void set(std::size_t level, std::uint64_t index, const Node& node) noexcept;

  Shape shape_;
  Node empty_[kMaxDepth + 1] = {};
  Level levels_[kMaxDepth];
  Node root_{};
  std::vector<Change> changes_;         // the root is level `depth`, position 0
  std::vector<std::size_t> snapshots_;  // lengths of changes_
};

}  // namespace assay::merkle
