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
  const bool negate = choice & !y.is_zero();  // p - 0 would be p
  Fe<P> r;
#if defined(ASSAY_FIELD_ASM)
  if constexpr (P::N == 4) {
    assay::detail::negate4_if<P>(r.v, y.v, negate);
    return r;
  }
#endif
  sub_lazy_into(r, Fe<P>::zero(), y);
  return select(y, r, negate);
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

// All cache lines of *p, which need not be aligned to them. The empty assembly keeps gcc from taking this function, and
// whatever calls it, for one without effect, whose calls it would leave out.
template <class F>
[[gnu::always_inline]] inline void prefetch_point(const Affine<F>* p) noexcept {
  const char* bytes = reinterpret_cast<const char*>(p);
  __asm__ volatile("" ::"r"(bytes));
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

namespace detail {

// r <- a + b when it is not a chord, or n = 1 and it is; inverse is that of kind's denominator, below 2p.
template <class F>
[[gnu::noinline]] void add_special(const Operands<F>& o, Sum kind, F slope, Affine<F>& r) noexcept {
  const F ya = negate_if(o.a->y, o.negate_a), yb = negate_if(o.b->y, o.negate_b);
  switch (kind) {
    case Sum::a:
      r = {o.a->x, ya};
      return;
    case Sum::b:
      r = {o.b->x, yb};
      return;
    case Sum::infinity:
      r = Affine<F>::infinity();
      return;
    case Sum::chord:
      slope *= yb - ya;
      break;
    case Sum::tangent:
      const F xx = sqr(o.a->x);
      slope *= dbl(xx) + xx;
  }
  const F xa = o.a->x, x = sqr(slope) - xa - o.b->x;
  r = {x, slope * (xa - x) - ya};
}

}  // namespace detail

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
  // product[k], below 2p: of the denominators k + 2, k + 4, ...
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
    mul_lazy_into(k >= 2 ? product[k - 2] : total[k], product[k], d);
  }
  F running[2];
  if (n == 1) {
    running[0] = inverse_var(total[0] * F::one());
  } else {
    const F inv = inverse_var(total[0] * total[1]);
    mul_into(running[0], inv, total[1]);
    mul_into(running[1], inv, total[0]);
  }
  // Two additions take each step together: a step waits for the one before, but not for its neighbour.
  std::size_t k = 0;
  for (; k + 1 < n; k += 2) {
    F slope[2], y[2], x[2];
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 2; ++j) mul_lazy_into(slope[j], running[j], product[k + j]);
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 2; ++j) mul_lazy_into(running[j], running[j], denominator[k + j]);
    if (kind[k] != Sum::chord || kind[k + 1] != Sum::chord) [[unlikely]] {
      for (std::size_t j = 0; j < 2; ++j) detail::add_special(operands(k + j), kind[k + j], slope[j], out(k + j));
      continue;
    }
    const Operands<F> o[2] = {operands(k), operands(k + 1)};
    const F ya[2] = {detail::negate_if(o[0].a->y, o[0].negate_a), detail::negate_if(o[1].a->y, o[1].negate_a)};
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 2; ++j) sub_lazy_into(y[j], detail::negate_if(o[j].b->y, o[j].negate_b), ya[j]);
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 2; ++j) mul_lazy_into(slope[j], slope[j], y[j]);
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 2; ++j) x[j] = sqr(slope[j]);
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 2; ++j) {
      x[j] -= o[j].a->x;
      x[j] -= o[j].b->x;
      sub_lazy_into(y[j], o[j].a->x, x[j]);
    }
#pragma GCC unroll 2
    for (std::size_t j = 0; j < 2; ++j) y[j] *= slope[j];
    Affine<F>*const r0 = &out(k), *const r1 = &out(k + 1);
    sub_into(r0->y, y[0], ya[0]);
    sub_into(r1->y, y[1], ya[1]);
    r0->x = x[0];
    r1->x = x[1];
  }
  if (k < n) detail::add_special(operands(k), kind[k], running[0] * product[k], out(k));
}

template <class F, class Load, class Out>
inline void batch_add(std::size_t n, BatchScratch<F>& scratch, Load&& operands, Out&& out) noexcept {
  batch_add<F>(n, scratch, operands, out, [](std::size_t) noexcept {});
}

}  // namespace msm

ASSAY_ISA_END
