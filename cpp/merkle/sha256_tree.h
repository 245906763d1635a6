// Binary Merkle trees over SHA-256. Leaves and nodes have 32 bytes; level 0 is the leaves, level l + 1 has half as many
// nodes, rounded up: a last node without a sibling moves up unchanged, nothing is duplicated. The shape follows from
// the number of leaves alone.
//
//   counted    node = SHA-256(left || right)            root = SHA-256(top || number of leaves, 32 bytes little-endian)
//   rfc6962    node = SHA-256(0x01 || left || right)    root = top (RFC 6962, section 2.1, over leaf hashes)
//
// where top is the last level's only node. Second preimages: `counted` binds the number of leaves and with it the
// shape, so that two different lists with one root give a collision of SHA-256. `rfc6962` relies on its caller, who
// hashes leaves under the prefix 0x00. Leaves must be digests or data of exactly 32 bytes.
//
// A path lists the siblings from the leaf up; levels where the node has none are left out.
//
// Cost of a pair: hash/sha256_batch.h; with the prefix 1.5 times that. n - 1 pairs, in the pool. Memory: the root alone
// 1/62 of the leaves; a tree 32 bytes a node, leaves included.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/large_array.h"
#include "base/status.h"
#include "parallel/pool.h"

namespace assay::merkle {

constexpr std::size_t kDigestBytes = 32;

enum class Sha256Rule : int { counted = 0, rfc6962 = 1 };

// The root over leaves [n, 32]; they stay as they are. invalid_length for n = 0; out_of_memory; cancelled.
Status sha256_root(Sha256Rule rule, const std::uint8_t* leaves, std::size_t n, std::uint8_t* root,
                   JobControl* control) noexcept;

// The number of siblings in the path of a leaf. index < n.
std::size_t sha256_path_length(std::uint64_t n, std::uint64_t index) noexcept;
// The root that a leaf and its path [siblings, 32] lead to. out_of_range unless index < n; invalid_length unless there
// are exactly as many siblings as the place in the tree needs.
Status sha256_path_root(Sha256Rule rule, std::uint64_t n, std::uint64_t index, const std::uint8_t* leaf,
                        const std::uint8_t* path, std::size_t siblings, std::uint8_t* root) noexcept;

// All levels of a tree. Read-only once built.
class Sha256Tree {
 public:
  // As sha256_root. If it fails the tree stays what it was.
  Status build(Sha256Rule rule, const std::uint8_t* leaves, std::size_t n, JobControl* control) noexcept;

  Sha256Rule rule() const noexcept { return rule_; }
  std::size_t size() const noexcept { return width(0); }
  std::size_t levels() const noexcept { return levels_; }
  // Nodes of a level.
  std::size_t width(std::size_t level) const noexcept { return first_[level + 1] - first_[level]; }
  // index < width(level)
  const std::uint8_t* node(std::size_t level, std::size_t index) const noexcept {
    return nodes_.get() + kDigestBytes * (first_[level] + index);
  }
  void root(std::uint8_t* out) const noexcept;
  // out: sha256_path_length(size(), index) siblings. index < size().
  void path(std::size_t index, std::uint8_t* out) const noexcept;

 private:
  Sha256Rule rule_ = Sha256Rule::counted;
  std::size_t levels_ = 0;
  std::size_t first_[66] = {};  // the place of each level among the nodes; 2^64 leaves would have 65 levels
  LargeArray<std::uint8_t> nodes_;
};

}  // namespace assay::merkle
