#include "merkle/dense_tree.h"

#include <algorithm>
#include <new>

namespace assay::merkle {

Status DenseTree::build(std::size_t arity, std::size_t depth, const std::uint64_t* tag, const std::uint64_t* empty_leaf,
                        const std::uint64_t* leaves, std::size_t n, JobControl* control) noexcept {
  constexpr std::size_t kChunk = 4096;  // groups between two looks at the control
  ASSAY_TRY(Shape::make(shape_, arity, depth, tag));
  ASSAY_TRY(load(empty_[0], empty_leaf));
  ASSAY_TRY(empty_nodes(shape_, empty_[0], empty_));
  if (n > shape_.slots()) return Status::too_large;
  try {
    levels_[0].resize(n);
    for (std::size_t i = 0; i < n; ++i) ASSAY_TRY(load(levels_[0][i], leaves + 4 * i));
    for (std::size_t level = 0; level < depth; ++level) {
      std::vector<Node>& below = levels_[level];
      const std::size_t parents = (below.size() + arity - 1) / arity, count = below.size();
      below.resize(parents * arity, empty_[level]);  // completes the last group
      levels_[level + 1].resize(parents);
      for (std::size_t begin = 0; begin < parents; begin += kChunk) {
        if (control != nullptr && !control->check()) return Status::cancelled;
        const std::size_t groups = std::min(kChunk, parents - begin);
        ASSAY_TRY(shape_.hash(below.data() + arity * begin, groups, levels_[level + 1].data() + begin));
      }
      below.resize(count);
    }
    return Status::ok;
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  }
}

}  // namespace assay::merkle
