// The last three levels, whose butterflies lie within eight neighbouring elements, and the way to and from memory.
//
// Elsewhere a Block is eight neighbouring elements. A leaf group is eight Blocks, tree blocks 8 u, ..., 8 u + 7 of size
// 8; transposed, it is eight Blocks again, now element j of the eight tree blocks, so that lanes are independent and
// the roots differ from lane to lane. The inverse has its tree blocks in the opposite order: see lanes_roots.h.
// In memory an element is four words of 64 bits, below 2^256 between passes and canonical after the last.
#pragma once

#include "ntt/lanes_levels.h"

ASSAY_ISA_BEGIN

namespace ntt {

using lanes::Word;

ASSAY_LANES_INLINE FrLanes load_block(const std::uint64_t* x) noexcept {
  Word w[4];
  lanes::load_elements(x, w);
  return lanes::split<Bn254FrParams>(w);
}
// a: below 2^256
ASSAY_LANES_INLINE void store_block(std::uint64_t* x, const FrLanes& a) noexcept {
  Word w[4];
  lanes::join<Bn254FrParams>(a, w);
  lanes::store_elements(x, w);
}
// <84 p> to [0, p)
ASSAY_LANES_INLINE FrLanes canonical(const Block& a) noexcept {
  return lanes::subtract_if_at_least<1>(lanes::carry(shrunk(a)));
}

// x[j] and y[i] are each other's transposes; `reversed`: the lanes of y[i] in x are 7 - i
ASSAY_LANES_INLINE void transpose_group(const Block* y, Block* x, bool reversed) noexcept {
  for (std::size_t l = 0; l < FrLanes::K; ++l) {
    Word row[8];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) row[i] = y[reversed ? 7 - i : i].limb[l];
    lanes::transpose(row);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j) x[j].limb[l] = row[j];
  }
}
ASSAY_LANES_INLINE void untranspose_group(const Block* x, Block* y, bool reversed) noexcept {
  for (std::size_t l = 0; l < FrLanes::K; ++l) {
    Word row[8];
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j) row[j] = x[j].limb[l];
    lanes::transpose(row);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) y[reversed ? 7 - i : i].limb[l] = row[i];
  }
}

// Eight elements of each of eight tree blocks, from `stride` 8 apart in memory to lanes and back: two elements at a
// time, whose eight words are a row of the transposition.
ASSAY_LANES_INLINE void load_group(const std::uint64_t* memory, Block* x, bool reversed) noexcept {
  for (std::size_t pair = 0; pair < 4; ++pair) {
    Word row[8];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) row[i] = lanes::load(memory + 32 * (reversed ? 7 - i : i) + 8 * pair);
    lanes::transpose(row);
    x[2 * pair] = lanes::split<Bn254FrParams>(row);
    x[2 * pair + 1] = lanes::split<Bn254FrParams>(row + 4);
  }
}
ASSAY_LANES_INLINE void store_group(std::uint64_t* memory, const FrLanes* x, bool reversed) noexcept {
  for (std::size_t pair = 0; pair < 4; ++pair) {
    Word row[8];
    lanes::join<Bn254FrParams>(x[2 * pair], row);
    lanes::join<Bn254FrParams>(x[2 * pair + 1], row + 4);
    lanes::transpose(row);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) lanes::store(memory + 32 * (reversed ? 7 - i : i) + 8 * pair, row[i]);
  }
}

// The group of roots that hold minus the inverses for group u: conjugate(8 u + 7) = 8 conjugate(u). Group 0 has its
// own.
ASSAY_LANES_INLINE std::size_t opposite_group(std::size_t u) noexcept { return u == 0 ? 0 : conjugate(u); }

// The roots of a leaf group: one for its tree blocks, two for their children, four for the children's children.
struct LeafRoots {
  alignas(64) std::uint64_t words[7 * kOctetWords];

  // eight, four, two: where octets of the three kinds start
  ASSAY_LANES_INLINE void gather(const std::uint64_t* eight, const std::uint64_t* four,
                                 const std::uint64_t* two) noexcept {
    constexpr std::size_t n = FrConstant::words;
    for (std::size_t k = 0; k < n; ++k) {
      const auto at = [k](const std::uint64_t* p, std::size_t octet) {
        return lanes::load(p + octet * kOctetWords + k * kLanes);
      };
      Word even[3], odd[3], r[4];
      lanes::split_pairs(at(four, 0), at(four, 1), even[0], odd[0]);
      lanes::split_pairs(at(two, 0), at(two, 1), even[1], odd[1]);
      lanes::split_pairs(at(two, 2), at(two, 3), even[2], odd[2]);
      lanes::split_pairs(even[1], even[2], r[0], r[2]);
      lanes::split_pairs(odd[1], odd[2], r[1], r[3]);
      const Word all[7] = {at(eight, 0), even[0], odd[0], r[0], r[1], r[2], r[3]};
      for (std::size_t i = 0; i < 7; ++i) lanes::store(words + i * kOctetWords + k * kLanes, all[i]);
    }
  }
  LeafRoots(const Roots& roots, std::size_t u, bool inverse) noexcept {
    const std::size_t v = inverse ? opposite_group(u) : u;
    const bool stored = inverse && u == 0;
    gather(stored ? roots.head(8) : roots.octet(v), stored ? roots.head(16) : roots.octet(2 * v),
           stored ? roots.head(32) : roots.octet(4 * v));
  }
  ASSAY_LANES_INLINE FrConstant operator[](std::size_t i) const noexcept {
    return FrConstant::load(words + i * kOctetWords);
  }
};

struct LeafStep {
  unsigned a, b, root;
};
inline constexpr LeafStep kLeafForward[12] = {{0, 4, 0}, {1, 5, 0}, {2, 6, 0}, {3, 7, 0}, {0, 2, 1}, {1, 3, 1},
                                              {4, 6, 2}, {5, 7, 2}, {0, 1, 3}, {2, 3, 4}, {4, 5, 5}, {6, 7, 6}};
// children in the opposite order: conjugate(2 b) = 2 conjugate(b) + 1
inline constexpr LeafStep kLeafInverse[12] = {{0, 1, 6}, {2, 3, 5}, {4, 5, 4}, {6, 7, 3}, {0, 2, 2}, {1, 3, 2},
                                              {4, 6, 1}, {5, 7, 1}, {0, 4, 0}, {1, 5, 0}, {2, 6, 0}, {3, 7, 0}};

// Brings a twelfth of the roots of group v towards L1: 70 lines at once would fill the processor's line buffers.
ASSAY_LANES_INLINE void prefetch_roots(const Roots& roots, std::size_t v, std::size_t step) noexcept {
  constexpr std::size_t lines = FrConstant::words, share = (7 * lines + 11) / 12;
  for (std::size_t line = share * step; line < share * (step + 1); ++line) {
    const std::size_t octets = line < lines ? 1 : line < 3 * lines ? 2 : 4;
    __builtin_prefetch(roots.octet(octets * v) + 8 * (line - (octets - 1) * lines));
  }
}

// <63 p> to <84 p>. next: the group whose roots are wanted next
[[gnu::noinline]] inline void leaf_forward(Block* x, const LeafRoots& w, const Roots& roots,
                                           std::size_t next) noexcept {
  for (std::size_t i = 0; i < 12; ++i) {
    const LeafStep& s = kLeafForward[i];
    prefetch_roots(roots, next, i);
    butterfly(x[s.a], x[s.b], w[s.root]);
  }
}
// <7 p> to <21 p>: two of the eight are sums of more than two inputs
[[gnu::noinline]] inline void leaf_inverse(Block* x, const LeafRoots& w, const Roots& roots,
                                           std::size_t next) noexcept {
  for (std::size_t i = 0; i < 12; ++i) {
    const LeafStep& s = kLeafInverse[i];
    prefetch_roots(roots, next, i);
    butterfly_inverse(x[s.a], x[s.b], w[s.root]);
  }
  for (std::size_t j = 0; j < 2; ++j) x[j] = shrunk(x[j]);
}

// x <- x T[conjugate(p)] at tree position p (position 0 by 1): s^(-brv p mod n) for s of order 2 n. Leaves the lanes in
// the inverse's order. Of the T only the first n/2 are read: the upper half of the positions, which is that of the leaf
// groups from `half` = n/128 on, takes the others as `next` T[i], next = T[n/2].
[[gnu::noinline]] inline void leaf_scale(Block* x, const Roots& roots, std::size_t u, std::size_t half,
                                         const std::uint64_t* next) noexcept {
  // conjugate(64 u + 63) = 64 conjugate(u); element j of tree block 8 u + i is place 7 - j of octet 7 - i there
  const bool upper = u != 0 && u >= half;
  const std::uint64_t* p = u == 0 ? roots.head(64) : roots.octet(8 * (conjugate(u) - (upper ? half : 0)));
  alignas(64) std::uint64_t words[8 * kOctetWords];
  for (std::size_t k = 0; k < FrConstant::words; ++k) {
    Word row[8];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) row[i] = lanes::load(p + i * kOctetWords + k * kLanes);
    lanes::transpose(row);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j) lanes::store(words + (7 - j) * kOctetWords + k * kLanes, row[j]);
  }
  for (std::size_t j = 0; j < 8; ++j) {
    Block y = x[j];
    for (Word& limb : y.limb) limb = lanes::reverse(limb);
    x[j] = lanes::mul(lanes::carry(y), FrConstant::load(words + j * kOctetWords));
  }
  if (upper)
    for (std::size_t j = 0; j < 8; ++j) x[j] = lanes::mul(lanes::carry(x[j]), FrConstant::load(next));
}

}  // namespace ntt

ASSAY_ISA_END
