// Inclusion proofs of one leaf (a path) and of several (a multiproof).
//
// A path lists, from the leaves up, the arity - 1 siblings of each node in their order: [depth, arity - 1]; the digits
// of the index in base arity, least significant first, say where the node itself stands. A multiproof of strictly
// increasing indices lists, level by level and left to right, the siblings that cannot be computed from the leaves
// given or from lower levels; each node occurs once. Verification recomputes the root and uses up every sibling.
#pragma once

#include <vector>

#include "merkle/shape.h"

namespace assay::merkle {

// source(level, index) -> const Node&. out: depth (arity - 1) nodes.
template <class Source>
void path(const Shape& shape, const Source& source, std::uint64_t index, Node* out) noexcept {
  const std::size_t arity = shape.arity();
  for (std::size_t level = 0; level < shape.depth(); ++level, index /= arity) {
    const std::uint64_t first = index - index % arity;
    for (std::uint64_t sibling = first; sibling < first + arity; ++sibling)
      if (sibling != index) *out++ = source(level, sibling);
  }
}

// Calls missing(level, index) for each sibling of a multiproof, in its order. `known` is used up.
template <class Missing>
void for_each_missing(const Shape& shape, std::vector<std::uint64_t>& known, const Missing& missing) {
  const std::size_t arity = shape.arity();
  for (std::size_t level = 0; level < shape.depth(); ++level) {
    std::size_t parents = 0;
    for (std::size_t i = 0; i < known.size();) {
      const std::uint64_t parent = known[i] / arity;
      for (std::uint64_t child = parent * arity; child < (parent + 1) * arity; ++child) {
        if (i < known.size() && known[i] == child) {
          ++i;
        } else {
          missing(level, child);
        }
      }
      known[parents++] = parent;
    }
    known.resize(parents);
  }
}

// Throws std::bad_alloc. indices: strictly increasing, below slots (unchecked).
template <class Source>
std::vector<Node> multiproof(const Shape& shape, const Source& source, std::vector<std::uint64_t> indices) {
  std::vector<Node> out;
  for_each_missing(shape, indices,
                   [&](std::size_t level, std::uint64_t index) { out.push_back(source(level, index)); });
  return out;
}

// n >= 1 indices, strictly increasing and below the number of slots; else invalid_length, malformed or out_of_range.
Status check_indices(const Shape& shape, const std::uint64_t* indices, std::size_t n) noexcept;

// The root that the leaf and its path lead to. out_of_range for an index beyond the slots.
Status path_root(const Shape& shape, std::uint64_t index, const Node& leaf, const Node* path, Node& root) noexcept;
// The root that the leaves and the siblings lead to. invalid_length unless there are exactly as many siblings as the
// indices need; otherwise as check_indices.
Status multiproof_root(const Shape& shape, const std::uint64_t* indices, const Node* leaves, std::size_t n,
                       const Node* siblings, std::size_t sibling_count, Node& root) noexcept;

}  // namespace assay::merkle
