// The table of msm/precomputed.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "curve/weierstrass.h"
#include "msm/digits.h"

ASSAY_ISA_BEGIN

namespace msm {

// out[j n + i] <- 2^(c T j) P_i. Doubled in Jacobian coordinates, 7 multiplications each, as many as a batch-affine
// doubling takes; only what is kept becomes affine, a block of points with one inversion.
template <class F>
Status precompute(const std::uint64_t* base_words, std::size_t n, const MsmShape& shape, std::uint64_t* out_words,
                  JobControl* control) noexcept {
  constexpr std::size_t kBlock = 64;
  const auto* bases = reinterpret_cast<const Affine<F>*>(base_words);
  auto* const out = reinterpret_cast<Affine<F>*>(out_words);
  const unsigned layers = layer_count(shape), doublings = shape.window_bits * shape.passes;
  return parallel_for(
      n, kBlock,
      [=](std::size_t begin, std::size_t end) noexcept {
        Jacobian<F> multiple[kBlock];
        F scratch[2 * kBlock];
        for (std::size_t at = begin; at < end; at += kBlock) {
          const std::size_t count = std::min(kBlock, end - at);
          std::copy_n(bases + at, count, out + at);
          for (std::size_t i = 0; i < count; ++i) multiple[i] = Jacobian<F>::from(bases[at + i]);
          for (unsigned layer = 1; layer < layers; ++layer) {
            for (std::size_t i = 0; i < count; ++i)
              for (unsigned d = 0; d < doublings; ++d) multiple[i] = dbl(multiple[i]);
            batch_to_affine_var(multiple, out + layer * n + at, count, scratch);
          }
        }
      },
      control);
}

}  // namespace msm

ASSAY_ISA_END
