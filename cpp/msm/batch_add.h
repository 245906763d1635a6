// Many affine additions for one inversion.
//
// For points a != +-b: l = (yb - ya) / (xb - xa), x = l^2 - xa - xb, y = l (xa - x) - ya; when a = b, l = 3 xa^2 / 2
// ya. The denominators are inverted together (Montgomery's trick, Math. Comp. 48 (1987), 10.3.4). Every input is
// accepted: infinity, equal and opposite points. Two products run side by side, because one alone would wait for the
// latency of the multiplier. Cost: 6 multiplications an addition and one inversion a batch. Variable time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "curve/weierstrass.h"
#include "field/quadratic.h"

ASSAY_ISA_BEGIN

namespace msm {

// The operands of one addition: a, b, each to be negated or not.
template <class F>
struct Operands {
  const Affine<F>*a, *b;
  bool negate_a = false, negate_b = false;
};

namespace detail {

// choice ? -y : y without a branch: the signs of digits are random
template <class P>
[[gnu::always_inline]] inline Fe<P> negate_if(const Fe<P>& y, bool choice) noexcept {
  const Fe<P> z = -y;
  return select(y, z, choice);
}
template <class F>
[[gnu::always_inline]] inline Quadratic<F> negate_if(const Quadratic<F>& y, bool choice) noexcept {
  return {negate_if(y.c0, choice), negate_if(y.c1, choice)};
}

enum class Sum : std::uint8_t { chord, tangent, infinity, a, b };

// How a + b is formed when xa = xb or one of them is infinity.
template <class F>
[[gnu::noinline]] Sum classify(const Operands<F>& o) noexcept {
  if (o.a->is_infinity()) return Sum::b;
  if (o.b->is_infinity()) return Sum::a;
  if (!(o.a->x == o.b->x)) return Sum::chord;
  return negate_if(o.a->y, o.negate_a) == negate_if(o.b->y, o.negate_b) ? Sum::tangent : Sum::infinity;
}

}  // namespace detail

// All cache lines of *p, which need not be aligned to them.
template <class F>
inline void prefetch_point(const Affine<F>* p) noexcept {
  const char* bytes = reinterpret_cast<const char*>(p);
  for (std::size_t i = 0; i < sizeof *p; i += 64) __builtin_prefetch(bytes + i);
  __builtin_prefetch(bytes + sizeof *p - 1);
}

// Working memory of a batch of up to `capacity` additions.
template <class F>
struct BatchScratch {
  std::unique_ptr<F[]> denominator, product;
  std::unique_ptr<detail::Sum[]> kind;

  bool allocate(std::size_t capacity) noexcept {
    denominator.reset(new (std::nothrow) F[capacity]);
    product.reset(new (std::nothrow) F[capacity]);
    kind.reset(new (std::nothrow) detail::Sum[capacity]);
    return denominator && product && kind;
  }
  static constexpr std::size_t bytes(std::size_t capacity) noexcept { return capacity * (2 * sizeof(F) + 1); }
};

// out(k) <- the sum of operands(k), k = 0, ..., n - 1 in this order. Operands are read before the first sum is written,
// and again right before sum k is written: a sum may replace an operand of itself or of an earlier addition. soon(k) is
// called some time before the first reading of operands(k), for prefetching.
template <class F, class Load, class Out, class Soon>
inline void batch_add(std::size_t n, BatchScratch<F>& scratch, Load&& operands, Out&& out, Soon&& soon) noexcept {
  using detail::Sum;
  constexpr std::size_t kAhead = 16;
  if (n == 0) return;
  F *const denominator = scratch.denominator.get(), *const product = scratch.product.get();
  Sum* const kind = scratch.kind.get();
  // product[k]: of the denominators k + 2, k + 4, ...
  F total[2] = {F::one(), F::one()};
  product[n - 1] = F::one();
  if (n > 1) product[n - 2] = F::one();
  for (std::size_t k = n; k-- > 0;) {
    if (k >= kAhead) soon(k - kAhead);
    const Operands<F> o = operands(k);
    F& d = denominator[k];
    sub_into(d, o.b->x, o.a->x);
    kind[k] = Sum::chord;
    if (d.is_zero() | o.a->x.is_zero() | o.b->x.is_zero()) [[unlikely]] {
      kind[k] = detail::classify(o);
      if (kind[k] == Sum::tangent) {
        d = dbl(detail::negate_if(o.a->y, o.negate_a));
      } else if (kind[k] != Sum::chord) {
        d = F::one();
      }
    }
    mul_into(k >= 2 ? product[k - 2] : total[k], product[k], d);
  }
  F running[2];
  if (n == 1) {
    running[0] = inverse_var(total[0]);
  } else {
    const F inv = inverse_var(total[0] * total[1]);
    mul_into(running[0], inv, total[1]);
    mul_into(running[1], inv, total[0]);
  }
  for (std::size_t k = 0; k < n; ++k) {
    const Operands<F> o = operands(k);
    Affine<F>& r = out(k);
    F slope = running[k & 1] * product[k];
    running[k & 1] *= denominator[k];
    const F ya = detail::negate_if(o.a->y, o.negate_a);
    F y = detail::negate_if(o.b->y, o.negate_b);
    if (kind[k] != Sum::chord) [[unlikely]] {
      if (kind[k] != Sum::tangent) {
        r = kind[k] == Sum::a   ? Affine<F>{o.a->x, ya}
            : kind[k] == Sum::b ? Affine<F>{o.b->x, y}
                                : Affine<F>::infinity();
        continue;
      }
      const F xx = sqr(o.a->x);
      y = dbl(xx) + xx;
    } else {
      y -= ya;
    }
    slope *= y;
    F x = sqr(slope);
    x -= o.a->x;
    x -= o.b->x;
    sub_into(y, o.a->x, x);
    y *= slope;
    r.x = x;
    sub_into(r.y, y, ya);
  }
}

template <class F, class Load, class Out>
inline void batch_add(std::size_t n, BatchScratch<F>& scratch, Load&& operands, Out&& out) noexcept {
  batch_add<F>(n, scratch, operands, out, [](std::size_t) noexcept {});
}

}  // namespace msm

ASSAY_ISA_END
