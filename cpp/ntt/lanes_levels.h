// Levels of the remainder tree (ntt/transform.h) on a buffer whose lanes hold eight independent columns.
//
// A buffer is an array of Blocks, each eight elements; butterflies pair whole blocks and their root is the same in
// every lane. The sums are lazy: limbs signed and uncarried, and multiples of p kept as long as a product still takes
// them, which is up to <84 p>; c below is what a product by a constant leaves, <7 p>.
//   forward  (a, b) <- (a + w b, a - w b + 7 p): each level adds 7; 11 levels from <7 p>
//   inverse  (a, b) <- (a + b, (b - a + 42 p) (-1/w)): two levels at a time take <21 p> to <21 p>, since of the four
//            outputs only one is a sum of four inputs, and that one is shrunk.
#pragma once

#include <algorithm>

#include "field/lanes/constant.h"
#include "field/lanes/quotient.h"
#include "ntt/lanes_roots.h"

ASSAY_ISA_BEGIN

namespace ntt {

using Block = lanes::Wide<Bn254FrParams>;
using lanes::kLanes;

constexpr unsigned kProduct = 7;        // <(K + 2) p>
constexpr unsigned kInverseInput = 21;  // what inverse levels take and leave
constexpr std::size_t kStrip = 8;       // blocks of each quarter that two levels share: 10 KiB
constexpr std::size_t kNear = 64;       // blocks that stay in L1: 20 KiB

ASSAY_LANES_INLINE Block shrunk(const Block& a) noexcept { return lanes::shrink(lanes::carry(a)); }

ASSAY_LANES_INLINE void butterfly(Block& a, Block& b, const FrConstant& w) noexcept {
  const Block y = lanes::mul(lanes::carry(b), w), x = a;
  a = x + y;
  b = x - y + lanes::multiple<Bn254FrParams, kProduct>();
}
// the same for w = 1
ASSAY_LANES_INLINE void butterfly_one(Block& a, Block& b) noexcept {
  const Block y = shrunk(b), x = a;
  a = x + y;
  b = x - y + lanes::multiple<Bn254FrParams, 2>();
}
// w: minus the inverse root
ASSAY_LANES_INLINE void butterfly_inverse(Block& a, Block& b, const FrConstant& w) noexcept {
  const Block d = b - a + lanes::multiple<Bn254FrParams, 2 * kInverseInput>();
  a = a + b;
  b = lanes::mul(lanes::carry(d), w);
}
ASSAY_LANES_INLINE void butterfly_inverse_one(Block& a, Block& b) noexcept {
  const Block d = a - b + lanes::multiple<Bn254FrParams, 2 * kInverseInput>();
  a = a + b;
  b = shrunk(d);
}

// `length` butterflies of block number `block`
template <bool kInverse>
ASSAY_LANES_INLINE void run(Block* a, Block* b, std::size_t length, std::size_t block, const Roots& roots) noexcept {
  if (block == 0) {
    for (std::size_t j = 0; j < length; ++j) kInverse ? butterfly_inverse_one(a[j], b[j]) : butterfly_one(a[j], b[j]);
    return;
  }
  const FrConstant w = roots.same(kInverse ? conjugate(block) : block);
  for (std::size_t j = 0; j < length; ++j) kInverse ? butterfly_inverse(a[j], b[j], w) : butterfly(a[j], b[j], w);
}

// Two levels of `count` neighbouring tree blocks from number `first` on, each of four quarters of `quarter` Blocks.
template <bool kInverse>
[[gnu::noinline]] void two_levels(Block* y, std::size_t count, std::size_t quarter, std::size_t first,
                                  const Roots& roots) noexcept {
  const std::size_t strip = std::min(kStrip, quarter);
  // quarters that meet, and which half of the tree they are: block 0 is the whole, 1 and 2 its children
  struct Run {
    unsigned a, b, block;
  };
  static constexpr Run kRuns[4] = {{0, 2, 0}, {1, 3, 0}, {0, 1, 1}, {2, 3, 2}};
  for (std::size_t t = 0; t < count; ++t, y += 4 * quarter) {
    const std::size_t numbers[3] = {first + t, 2 * (first + t), 2 * (first + t) + 1};
    for (std::size_t j = 0; j < quarter; j += strip) {
      for (unsigned i = 0; i < 4; ++i) {
        const Run& r = kRuns[kInverse ? i ^ 2 : i];
        run<kInverse>(y + r.a * quarter + j, y + r.b * quarter + j, strip, numbers[r.block], roots);
      }
      if (kInverse)
        for (std::size_t k = j; k < j + strip; ++k) y[k] = shrunk(y[k]);
    }
  }
}

template <bool kInverse>
[[gnu::noinline]] void one_level(Block* y, std::size_t count, std::size_t half, std::size_t first,
                                 const Roots& roots) noexcept {
  for (std::size_t t = 0; t < count; ++t, y += 2 * half) {
    run<kInverse>(y, y + half, half, first + t, roots);
    if (kInverse)
      for (std::size_t k = 0; k < half; ++k) y[k] = shrunk(y[k]);
  }
}

// `levels` levels below tree block `block`, whose 2^levels leaves are `width` Blocks each
inline void forward_levels(Block* y, unsigned levels, std::size_t width, std::size_t block,
                           const Roots& roots) noexcept {
  const std::size_t size = width << levels;
  if (size > kNear && levels > 2) {
    two_levels<false>(y, 1, size / 4, block, roots);
    for (std::size_t i = 0; i < 4; ++i) forward_levels(y + i * (size / 4), levels - 2, width, 4 * block + i, roots);
    return;
  }
  unsigned done = 0;
  for (; done + 2 <= levels; done += 2)
    two_levels<false>(y, std::size_t{1} << done, size >> (done + 2), block << done, roots);
  if (done < levels) one_level<false>(y, std::size_t{1} << done, width, block << done, roots);
}

inline void inverse_levels(Block* y, unsigned levels, std::size_t width, std::size_t block,
                           const Roots& roots) noexcept {
  const std::size_t size = width << levels;
  if (size > kNear && levels > 2) {
    for (std::size_t i = 0; i < 4; ++i) inverse_levels(y + i * (size / 4), levels - 2, width, 4 * block + i, roots);
    two_levels<true>(y, 1, size / 4, block, roots);
    return;
  }
  unsigned left = levels;
  if (left % 2 != 0) {
    --left;
    one_level<true>(y, std::size_t{1} << left, width, block << left, roots);
  }
  for (; left > 0; left -= 2)
    two_levels<true>(y, std::size_t{1} << (left - 2), size >> left, block << (left - 2), roots);
}

}  // namespace ntt

ASSAY_ISA_END
