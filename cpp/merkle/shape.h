// Merkle trees over Poseidon of any arity 2 .. 16: the shape and the hash that sparse and dense trees share.
//
//   node(l + 1, i) = Poseidon(node tag; node(l, a i), .., node(l, a i + a - 1)),  root = node(depth, 0)
//
// with leaves at level 0 and a^depth slots. The node tag sits in Poseidon's capacity; leaves are field elements that
// the caller has hashed under another tag, so that no inner node can pass for a leaf. Empty subtrees hash to one value
// a level, computed once. Nodes are kept in Montgomery form. Cost of a node: one permutation of width a + 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"

namespace assay::merkle {

constexpr std::size_t kMinArity = 2, kMaxArity = 16, kMaxDepth = 62;

struct Node {
  std::uint64_t v[4];  // Montgomery form
  friend bool operator==(const Node& a, const Node& b) noexcept {
    return ((a.v[0] ^ b.v[0]) | (a.v[1] ^ b.v[1]) | (a.v[2] ^ b.v[2]) | (a.v[3] ^ b.v[3])) == 0;
  }
};

// Canonical limbs in and out; non_canonical for a value that is not below r.
Status load(Node& node, const std::uint64_t* limbs) noexcept;
void store(const Node& node, std::uint64_t* limbs) noexcept;

class Shape {
 public:
  // out_of_range unless 2 <= arity <= 16, depth >= 1 and arity^depth < 2^63; non_canonical for a tag not below r.
  static Status make(Shape& out, std::size_t arity, std::size_t depth, const std::uint64_t* tag) noexcept;

  std::size_t arity() const noexcept { return arity_; }
  std::size_t depth() const noexcept { return depth_; }
  std::uint64_t slots() const noexcept { return slots_; }

  // `groups` parents of arity children each, in parallel. out may not overlap children.
  Status hash(const Node* children, std::size_t groups, Node* out) const noexcept;

 private:
  std::size_t arity_ = 0, depth_ = 0;
  std::uint64_t slots_ = 0;
  Node tag_{};
};

// levels[l] is the node of an empty subtree of height l, l = 0 .. depth.
Status empty_nodes(const Shape& shape, const Node& empty_leaf, Node (&levels)[kMaxDepth + 1]) noexcept;

}  // namespace assay::merkle
