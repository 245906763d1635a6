#include "merkle/shape.h"

#include "field/fe.h"
#include "hash/poseidon.h"
#include "parallel/pool.h"

namespace assay::merkle {

Status load(Node& node, const std::uint64_t* limbs) noexcept {
  Fr x;
  ASSAY_TRY(Fr::from_limbs(x, limbs));
  for (int i = 0; i < 4; ++i) node.v[i] = x.v[i];
  return Status::ok;
}

void store(const Node& node, std::uint64_t* limbs) noexcept {
  Fr::raw({node.v[0], node.v[1], node.v[2], node.v[3]}).to_limbs(limbs);
}

Status Shape::make(Shape& out, std::size_t arity, std::size_t depth, const std::uint64_t* tag) noexcept {
  if (arity < kMinArity || arity > kMaxArity || depth < 1 || depth > kMaxDepth) return Status::out_of_range;
  std::uint64_t slots = 1;
  for (std::size_t i = 0; i < depth; ++i) {
    if (slots > ((std::uint64_t{1} << 63) - 1) / arity) return Status::out_of_range;
    slots *= arity;
  }
  Shape shape;
  ASSAY_TRY(load(shape.tag_, tag));
  shape.arity_ = arity;
  shape.depth_ = depth;
  shape.slots_ = slots;
  out = shape;
  return Status::ok;
}

Status Shape::hash(const Node* children, std::size_t groups, Node* out) const noexcept {
  const PoseidonTables* tables = poseidon_tables(arity_ + 1);
  if (tables == nullptr) return Status::out_of_memory;
  const PoseidonKernel& kernel = poseidon_kernel(arity_ + 1);
  static_assert(sizeof(Node) == 4 * sizeof(std::uint64_t));
  return parallel_for(groups, 32, [&](std::size_t begin, std::size_t end) noexcept {
    kernel.hash_montgomery(*tables, tag_.v, children[arity_ * begin].v, end - begin, out[begin].v);
  });
}

Status empty_nodes(const Shape& shape, const Node& empty_leaf, Node (&levels)[kMaxDepth + 1]) noexcept {
  levels[0] = empty_leaf;
  for (std::size_t level = 0; level < shape.depth(); ++level) {
    Node children[kMaxArity];
    for (Node& child : children) child = levels[level];
    ASSAY_TRY(shape.hash(children, 1, &levels[level + 1]));
  }
  return Status::ok;
}

}  // namespace assay::merkle
