// Eight affine points in lanes, and their rows in memory.
//
// A base (x, y) comes in Montgomery form with 2^(64 N). In lanes, whose form has R = 2^(52 K), its integers shifted
// left by kShiftX and kShiftY stand for (u^2 x, u^3 y) with u^2 = 2^(kShiftX - 52 K + 64 N): an isomorphic curve, on
// which affine addition is the same because the curve's coefficient of x is 0. So bases are read where they lie,
// without a multiplication; sums are scaled back when they leave. In a block x is <4 p> and y <3 p>; infinity has all
// limbs 0. A row of a sum holds the integers of the lanes.
#pragma once

#include "curve/weierstrass.h"
#include "field/quadratic.h"
#include "msm/lanes_element.h"

ASSAY_ISA_BEGIN

namespace lanes {

template <class P, std::size_t M>
struct Block {
  Element<P, M> x, y;
};

template <class F>
struct Shape;
template <class P>
struct Shape<Fe<P>> {
  using Block = lanes::Block<P, 1>;
  using Params = P;
  static constexpr std::size_t M = 1;
};
template <class P>
struct Shape<Quadratic<Fe<P>>> {
  using Block = lanes::Block<P, 2>;
  using Params = P;
  static constexpr std::size_t M = 2;
};

template <class P>
inline constexpr unsigned kGap = kRadixBits * Radix52<P>::K - 64 * P::N;
template <class P>
inline constexpr unsigned kShiftX = 2;
template <class P>
inline constexpr unsigned kShiftY = (3 * kShiftX<P> - kGap<P>) / 2;

// words of a point
template <class P, std::size_t M>
inline constexpr std::size_t kRowWords = 2 * M * P::N;

namespace detail {

// The integer of N words a lane, times 2^Shift, in limbs.
template <class P, unsigned Shift>
ASSAY_LANES_INLINE Lanes<P> split_shifted(const Word* w) noexcept {
  if constexpr (Shift == 0) {
    return split<P>(w);
  } else {
    constexpr std::size_t K = Radix52<P>::K;
    const Word mask = broadcast(kRadixMask);
    return [&]<std::size_t... J>(std::index_sequence<J...>) {
      const auto limb = [&]<std::size_t j>() {
        if constexpr (j == 0) {
          return shift_left<Shift>(w[0]) & mask;
        } else {
          constexpr std::size_t bit = kRadixBits * j - Shift, word = bit / 64, shift = bit % 64;
          Word x = w[word];
          if constexpr (shift != 0) x = shift_right<shift>(x);
          if constexpr (shift > 64 - kRadixBits && word + 1 < P::N) x = x | shift_left<64 - shift>(w[word + 1]);
          return j + 1 == K ? x : x & mask;
        }
      };
      return Lanes<P>{{limb.template operator()<J>()...}};
    }(std::make_index_sequence<K>{});
  }
}

}  // namespace detail

// Eight rows; y is negated in the lanes of `negate`. Base: the rows are bases, else sums.
template <bool Base, class P, std::size_t M>
ASSAY_LANES_INLINE void load_block(Block<P, M>& block, const std::uint64_t* const (&row)[kLanes],
                                   LaneMask negate) noexcept {
  static_assert(P::N == 4 && 2 * kShiftY<P> + kGap<P> == 3 * kShiftX<P>);
  Word w[2][kLanes];
#pragma GCC unroll 2
  for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kLanes; ++i) w[m][i] = load(row[i] + kLanes * m);
    transpose(w[m]);
  }
  const Word* words = w[0];
#pragma GCC unroll 2
  for (std::size_t m = 0; m < M; ++m) {
    block.x.c[m] = detail::split_shifted<P, Base ? kShiftX<P> : 0>(words + P::N * m);
    const Lanes<P> y = detail::split_shifted<P, Base ? kShiftY<P> : 0>(words + P::N * (M + m));
    const Wide<P> negative = multiple<P, 3>() - y;
#pragma GCC unroll 8
    for (std::size_t j = 0; j < y.K; ++j) block.y.c[m].limb[j] = select(y.limb[j], negative.limb[j], negate);
  }
}

template <class P, std::size_t M>
ASSAY_LANES_INLINE void store_block(const Block<P, M>& block, std::uint64_t* const (&row)[kLanes]) noexcept {
  Word w[2][kLanes];
  Word* words = w[0];
#pragma GCC unroll 2
  for (std::size_t m = 0; m < M; ++m) {
    join(block.x.c[m], words + P::N * m);
    join(carry(wide(block.y.c[m])), words + P::N * (M + m));
  }
#pragma GCC unroll 2
  for (std::size_t m = 0; m < M; ++m) {
    transpose(w[m]);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kLanes; ++i) store(row[i] + kLanes * m, w[m][i]);
  }
}

// Eight rows of sums, one after the other, to points as the bases are. Never inlined: the scalar kernels of its callers
// need the register that a frame of vectors would take.
template <class F>
[[gnu::noinline]] inline void leave(const std::uint64_t* rows, Affine<F>* out) noexcept {
  using P = typename Shape<F>::Params;
  constexpr std::size_t M = Shape<F>::M, words = kRowWords<P, M>;
  static_assert(sizeof(Affine<F>) == 8 * words);
  constexpr std::size_t bits = kRadixBits * Radix52<P>::K;
  constexpr auto scale_x = params::power_of_two_mod(bits - kShiftX<P>, P::modulus);
  constexpr auto scale_y = params::power_of_two_mod(bits - kShiftY<P>, P::modulus);
  const std::uint64_t* from[kLanes];
  std::uint64_t* to[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) {
    from[i] = rows + words * i;
    to[i] = reinterpret_cast<std::uint64_t*>(out + i);
  }
  Block<P, M> block;
  load_block<false>(block, from, 0);
  for (std::size_t m = 0; m < M; ++m) {
    block.x.c[m] = reduce(mul(block.x.c[m], Lanes<P>::raw(scale_x)));
    block.y.c[m] = reduce(mul(block.y.c[m], Lanes<P>::raw(scale_y)));
  }
  store_block(block, to);
}

}  // namespace lanes

ASSAY_ISA_END
