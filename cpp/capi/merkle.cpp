#include <cstring>

#include "base/words.h"
#include "capi/arguments.h"
#include "capi/error.h"
#include "merkle/dense_tree.h"
#include "merkle/sha256_tree.h"

namespace {

using namespace assay;
using namespace assay::capi;

constexpr std::size_t kBytes = 32, kWords = 4;

void load_field_element(const std::uint8_t* bytes, const char* name, std::uint64_t* limbs) {
  load_number(bytes, kBytes, limbs, kWords);
  merkle::Node node;
  require_ok(merkle::load(node, limbs), name);
}

}  // namespace

extern "C" std::int32_t assay_merkle_root_poseidon(std::uint32_t arity, std::uint32_t depth,
                                                   const std::uint8_t* node_tag, const std::uint8_t* empty_leaf,
                                                   const assay_rows* leaves, std::uint8_t* out, std::size_t* out_size,
                                                   assay_error* error) {
  return guarded(error, [&] {
    require_pointer(node_tag, "node_tag");
    require_pointer(empty_leaf, "empty_leaf");
    const Rows rows(leaves, "leaves");
    rows.require_row_bytes(kBytes);
    std::uint64_t tag[kWords], empty[kWords];
    load_field_element(node_tag, "node_tag", tag);
    load_field_element(empty_leaf, "empty_leaf", empty);
    merkle::Shape shape;
    if (merkle::Shape::make(shape, arity, depth, tag) != Status::ok)
      throw Refusal(ASSAY_OUT_OF_RANGE, "no tree has arity %u and depth %u: arity 2 to 16, below 2^63 slots", arity,
                    depth);
    if (rows.count() > shape.slots())
      throw Refusal(ASSAY_TOO_LARGE, "leaves: %zu rows, but the tree has %llu slots", rows.count(),
                    static_cast<unsigned long long>(shape.slots()));
    if (!begin_output(out, out_size, kBytes)) return;

    Words limbs;
    load_rows(rows, kWords, limbs);
    merkle::DenseTree tree;
    const Status status = tree.build(arity, depth, tag, empty, limbs.data(), rows.count(), nullptr);
    if (status == Status::non_canonical) {
      merkle::Node node;
      for (std::size_t i = 0; i < rows.count(); ++i)
        if (merkle::load(node, limbs.data() + kWords * i) != Status::ok)
          throw Refusal(ASSAY_NON_CANONICAL, "leaves: row %zu is not below the field's modulus", i);
    }
    require_ok(status, "the tree");
    merkle::store(tree.root(), tag);
    store_number(tag, out, kBytes);
  });
}

extern "C" std::int32_t assay_merkle_root_sha256(std::uint32_t rule, const assay_rows* leaves, std::uint8_t* out,
                                                 std::size_t* out_size, assay_error* error) {
  return guarded(error, [&] {
    if (rule != ASSAY_MERKLE_COUNTED && rule != ASSAY_MERKLE_RFC6962)
      throw Refusal(ASSAY_OUT_OF_RANGE, "rule: unknown value %u", rule);
    const Rows rows(leaves, "leaves");
    rows.require_row_bytes(merkle::kDigestBytes);
    if (rows.count() == 0) throw Refusal(ASSAY_INVALID_LENGTH, "leaves: a tree has at least one leaf");
    if (!begin_output(out, out_size, merkle::kDigestBytes)) return;
    std::uint8_t root[merkle::kDigestBytes];
    const merkle::Sha256Rule chosen =
        rule == ASSAY_MERKLE_COUNTED ? merkle::Sha256Rule::counted : merkle::Sha256Rule::rfc6962;
    require_ok(merkle::sha256_root(chosen, rows[0], rows.count(), root, nullptr), "the tree");
    std::memcpy(out, root, sizeof root);
  });
}
