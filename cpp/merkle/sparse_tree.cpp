#include "merkle/sparse_tree.h"

#include <algorithm>
#include <new>

namespace assay::merkle {

Status SparseTree::init(std::size_t arity, std::size_t depth, const std::uint64_t* tag,
                        const std::uint64_t* empty_leaf) noexcept {
  Node leaf;
  ASSAY_TRY(load(leaf, empty_leaf));
  ASSAY_TRY(Shape::make(shape_, arity, depth, tag));
  ASSAY_TRY(empty_nodes(shape_, leaf, empty_));
  root_ = empty_[depth];
  return Status::ok;
}

const Node& SparseTree::node(std::size_t level, std::uint64_t index) const noexcept {
  if (level == shape_.depth()) return root_;
  const Level& nodes = levels_[level];
  const auto found = nodes.group_of.find(index / shape_.arity());
  return found == nodes.group_of.end() ? empty_[level] : nodes.nodes[found->second + index % shape_.arity()];
}

void SparseTree::set(std::size_t level, std::uint64_t index, const Node& node) noexcept {
  const bool top = level == shape_.depth();
  const std::size_t position =
      top ? 0 : levels_[level].group_of.find(index / shape_.arity())->second + index % shape_.arity();
  Node& slot = top ? root_ : levels_[level].nodes[position];
  if (!snapshots_.empty()) changes_.push_back({level, position, slot});  // reserved by update
  slot = node;
}

Status SparseTree::update(const std::uint64_t* indices, const Node* leaves, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i)
    if (indices[i] >= shape_.slots()) return Status::out_of_range;
  if (n == 0) return Status::ok;
  const std::size_t arity = shape_.arity(), depth = shape_.depth();
  try {
    // 1. the new nodes of every level, without touching the tree
    std::vector<std::vector<Dirty>> dirty(depth + 1);
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return indices[a] < indices[b]; });
    for (const std::size_t i : order) {
      if (!dirty[0].empty() && dirty[0].back().index == indices[i]) dirty[0].pop_back();
      dirty[0].push_back({indices[i], leaves[i]});
    }
    std::size_t total = dirty[0].size();
    std::vector<Node> children, parents;
    for (std::size_t level = 0; level < depth; ++level) {
      const std::vector<Dirty>& below = dirty[level];
      children.clear();
      for (std::size_t i = 0; i < below.size();) {
        const std::uint64_t first = below[i].index - below[i].index % arity;
        dirty[level + 1].push_back({first / arity, {}});
        for (std::uint64_t child = first; child < first + arity; ++child) {
          const bool changed = i < below.size() && below[i].index == child;
          children.push_back(changed ? below[i++].node : node(level, child));
        }
      }
      parents.resize(dirty[level + 1].size());
      ASSAY_TRY(shape_.hash(children.data(), parents.size(), parents.data()));
      for (std::size_t i = 0; i < parents.size(); ++i) dirty[level + 1][i].node = parents[i];
      total += parents.size();
    }
    // 2. room for all of them: new groups hold empty nodes, which changes no value
    if (!snapshots_.empty() && changes_.capacity() < changes_.size() + total)
      changes_.reserve(std::max(changes_.size() + total, 2 * changes_.capacity()));
    for (std::size_t level = 0; level < depth; ++level) {
      Level& nodes = levels_[level];
      for (const Dirty& parent : dirty[level + 1]) {
        if (nodes.group_of.contains(parent.index)) continue;
        const std::size_t position = nodes.nodes.size();
        nodes.nodes.resize(position + arity, empty_[level]);
        nodes.group_of.emplace(parent.index, position);
      }
    }
    // 3. write; nothing here can fail
    for (std::size_t level = 0; level <= depth; ++level)
      for (const Dirty& d : dirty[level]) set(level, d.index, d.node);
    return Status::ok;
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  }
}

Status SparseTree::snapshot(std::size_t& number) noexcept {
  try {
    snapshots_.push_back(changes_.size());
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  }
  number = snapshots_.size();
  return Status::ok;
}

Status SparseTree::rollback(std::size_t number) noexcept {
  if (number < 1 || number > snapshots_.size()) return Status::out_of_range;
  for (const std::size_t length = snapshots_[number - 1]; changes_.size() > length; changes_.pop_back()) {
    const Change& change = changes_.back();
    (change.level == shape_.depth() ? root_ : levels_[change.level].nodes[change.position]) = change.before;
  }
  snapshots_.resize(number - 1);
  return Status::ok;
}

Status SparseTree::release(std::size_t number) noexcept {
  if (number < 1 || number > snapshots_.size()) return Status::out_of_range;
  snapshots_.resize(number - 1);
  if (snapshots_.empty()) changes_.clear();
  return Status::ok;
}

}  // namespace assay::merkle
