#include "merkle/sha256_tree.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "hash/sha256_batch.h"

namespace assay::merkle {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kDigest = kDigestBytes;
constexpr std::size_t kTogether = 128;                      // prefixed pairs on the stack
constexpr std::size_t kStripLevels = 6, kStrip = 64;        // a strip: the levels of a root alone done in one go
constexpr std::size_t kBlockLevels = 11, kBlock = 1 << 11;  // leaves of a task: 128 KiB with all levels above
constexpr std::size_t kSlice = 64;                          // tasks between two reports of progress

// Nodes above `count` children, on the calling thread. out may be `children`.
void hash_level(Sha256Rule rule, const std::uint8_t* children, std::size_t count, std::uint8_t* out) noexcept {
  const std::size_t pairs = count / 2;
  if (rule == Sha256Rule::counted) {
    sha256_pairs(children, pairs, out);
  } else {
    constexpr std::size_t kRow = 1 + 2 * kDigest;
    std::uint8_t rows[kTogether * kRow];
    for (std::size_t begin = 0; begin < pairs; begin += kTogether) {
      const std::size_t n = std::min(kTogether, pairs - begin);
      for (std::size_t i = 0; i < n; ++i) {
        rows[kRow * i] = 0x01;
        std::memcpy(rows + kRow * i + 1, children + 2 * kDigest * (begin + i), 2 * kDigest);
      }
      sha256_messages(rows, kRow, n, out + kDigest * begin);
    }
  }
  if (count % 2 == 1) std::memmove(out + kDigest * pairs, children + kDigest * (count - 1), kDigest);
}

// Up to kBlock nodes to those `levels` levels higher, through a scratch buffer.
void hash_levels(Sha256Rule rule, const std::uint8_t* nodes, std::size_t count, std::size_t levels,
                 std::uint8_t* out) noexcept {
  std::uint8_t scratch[kDigest * (kBlock / 2)];
  const std::uint8_t* from = nodes;
  for (; levels > 0; --levels, count = (count + 1) / 2) {
    hash_level(rule, from, count, scratch);
    from = scratch;
  }
  std::memcpy(out, from, kDigest * count);
}

// tasks [0, count) in the pool, with progress.
template <class Task>
Status in_slices(std::size_t count, JobControl* control, const Task& task) noexcept {
  for (std::size_t first = 0; first < count; first += kSlice) {
    const std::size_t n = std::min(kSlice, count - first);
    ASSAY_TRY(parallel_for(
        n, 1,
        [&](std::size_t begin, std::size_t end) noexcept {
          for (std::size_t i = begin; i < end; ++i) task(first + i);
        },
        control));
    if (control != nullptr) control->report("hash", first + n, count);
  }
  return Status::ok;
}

std::size_t divide_up(std::size_t a, std::size_t b) noexcept { return a / b + (a % b != 0); }

// out: one node for each strip of 64, the last perhaps of fewer.
Status hash_strips(Sha256Rule rule, const std::uint8_t* nodes, std::size_t n, std::uint8_t* out,
                   JobControl* control) noexcept {
  const Sha256Lanes* kernel = rule == Sha256Rule::counted ? sha256_lanes() : nullptr;
  const std::size_t strips = kernel != nullptr ? kernel->lanes : kBlock / kStrip, task_nodes = kStrip * strips;
  const std::size_t tasks = divide_up(n, task_nodes);
  return in_slices(tasks, control, [&](std::size_t task) noexcept {
    const std::uint8_t* const from = nodes + kDigest * task_nodes * task;
    const std::size_t count = std::min(task_nodes, n - task_nodes * task);
    if (kernel != nullptr && count == task_nodes) {
      kernel->roots(from, kStrip, out + kDigest * strips * task);
    } else {
      hash_levels(rule, from, count, kStripLevels, out + kDigest * strips * task);
    }
  });
}

void finish(Sha256Rule rule, const std::uint8_t* top, std::uint64_t n, std::uint8_t* root) noexcept {
  std::uint8_t both[2 * kDigest] = {};
  std::memcpy(both, top, kDigest);
  if (rule == Sha256Rule::counted) {
    store_le64(both + kDigest, n);
    sha256(both, sizeof both, root);
  } else {
    std::memcpy(root, top, kDigest);
  }
}

}  // namespace

Status sha256_root(Sha256Rule rule, const std::uint8_t* leaves, std::size_t n, std::uint8_t* root,
                   JobControl* control) noexcept {
  if (n == 0) return Status::invalid_length;
  try {
    Bytes held, next;
    const std::uint8_t* nodes = leaves;
    std::size_t count = n;
    while (count > 1) {
      const std::size_t parents = divide_up(count, kStrip);
      next.resize(kDigest * parents);
      ASSAY_TRY(hash_strips(rule, nodes, count, next.data(), control));
      held.swap(next);
      nodes = held.data();
      count = parents;
    }
    finish(rule, nodes, n, root);
    return Status::ok;
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  }
}

std::size_t sha256_path_length(std::uint64_t n, std::uint64_t index) noexcept {
  std::size_t siblings = 0;
  for (; n > 1; index /= 2, n = n / 2 + n % 2) siblings += (index ^ 1) < n;
  return siblings;
}

Status sha256_path_root(Sha256Rule rule, std::uint64_t n, std::uint64_t index, const std::uint8_t* leaf,
                        const std::uint8_t* path, std::size_t siblings, std::uint8_t* root) noexcept {
  if (index >= n) return Status::out_of_range;
  if (siblings != sha256_path_length(n, index)) return Status::invalid_length;
  std::uint8_t pair[2 * kDigest], node[kDigest];
  std::memcpy(node, leaf, kDigest);
  for (std::uint64_t width = n; width > 1; index /= 2, width = width / 2 + width % 2) {
    if ((index ^ 1) >= width) continue;
    std::memcpy(pair + kDigest * (index % 2), node, kDigest);
    std::memcpy(pair + kDigest * (1 - index % 2), path, kDigest);
    path += kDigest;
    hash_level(rule, pair, 2, node);
  }
  finish(rule, node, n, root);
  return Status::ok;
}

Status Sha256Tree::build(Sha256Rule rule, const std::uint8_t* leaves, std::size_t n, JobControl* control) noexcept {
  if (n == 0) return Status::invalid_length;
  Sha256Tree tree;
  tree.rule_ = rule;
  for (std::size_t width = n;; width = divide_up(width, 2)) {
    tree.first_[tree.levels_ + 1] = tree.first_[tree.levels_] + width;
    ++tree.levels_;
    if (width == 1) break;
  }
  if (!tree.nodes_.allocate(kDigest * tree.first_[tree.levels_])) return Status::out_of_memory;
  const auto at = [&](std::size_t level, std::size_t index) {
    return tree.nodes_.get() + kDigest * (tree.first_[level] + index);
  };
  for (std::size_t level = 0; level == 0 || level + 1 < tree.levels_; level += kBlockLevels) {
    const std::size_t top = std::min(level + kBlockLevels, tree.levels_ - 1),
                      tasks = divide_up(tree.width(level), kBlock);
    ASSAY_TRY(in_slices(tasks, control, [&](std::size_t task) noexcept {
      std::size_t first = kBlock * task, width = std::min(kBlock, tree.width(level) - first);
      if (level == 0) std::memcpy(at(0, first), leaves + kDigest * first, kDigest * width);
      for (std::size_t l = level; l < top; ++l, first /= 2, width = divide_up(width, 2))
        hash_level(rule, at(l, first), width, at(l + 1, first / 2));
    }));
  }
  *this = std::move(tree);
  return Status::ok;
}

void Sha256Tree::root(std::uint8_t* out) const noexcept { finish(rule_, node(levels_ - 1, 0), size(), out); }

void Sha256Tree::path(std::size_t index, std::uint8_t* out) const noexcept {
  for (std::size_t level = 0; level + 1 < levels_; ++level, index /= 2) {
    if ((index ^ 1) >= width(level)) continue;
    std::memcpy(out, node(level, index ^ 1), kDigest);
    out += kDigest;
  }
}

}  // namespace assay::merkle
