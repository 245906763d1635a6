// The quadratic extension F[i] / (i^2 + 1) of a field F = F_p with p = 3 mod 4, where -1 is not a square.
//
// Element: c0 + c1 i. Multiplication is Karatsuba's: 3 multiplications in F; squaring is (c0 + c1)(c0 - c1) + 2 c0 c1
// i: 2 multiplications. Inversion goes through the norm c0^2 + c1^2. Constant time unless the name ends in _var.
// Results may alias arguments.
#pragma once

#include "field/fe.h"
#include "field/roots.h"
// The product of two takes all fifteen registers, which no build with a frame pointer has.
#if defined(ASSAY_FIELD_ASM_ADX) && !defined(__SANITIZE_ADDRESS__)
#define ASSAY_QUADRATIC_ASM 1
#include "field/quadratic4_adx.h"
#endif

ASSAY_ISA_BEGIN

template <class F>
struct Quadratic {
  static_assert((F::Params::modulus[0] & 3) == 3, "i^2 = -1 needs p = 3 mod 4");
  using Base = F;

  F c0, c1;

  static constexpr Quadratic zero() noexcept { return {F::zero(), F::zero()}; }
  static constexpr Quadratic one() noexcept { return {F::one(), F::zero()}; }
  constexpr bool is_zero() const noexcept { return c0.is_zero() & c1.is_zero(); }

  friend constexpr bool operator==(const Quadratic& a, const Quadratic& b) noexcept {
    return (a.c0 == b.c0) & (a.c1 == b.c1);
  }
  friend constexpr Quadratic operator+(const Quadratic& a, const Quadratic& b) noexcept {
    return {a.c0 + b.c0, a.c1 + b.c1};
  }
  friend constexpr Quadratic operator-(const Quadratic& a, const Quadratic& b) noexcept {
    return {a.c0 - b.c0, a.c1 - b.c1};
  }
  friend constexpr Quadratic operator-(const Quadratic& a) noexcept { return {-a.c0, -a.c1}; }
  friend constexpr Quadratic operator*(const Quadratic& a, const Quadratic& b) noexcept {
    Quadratic r;
    mul_into(r, a, b);
    return r;
  }
  friend constexpr Quadratic operator*(const Quadratic& a, const F& s) noexcept { return {a.c0 * s, a.c1 * s}; }
  friend constexpr Quadratic& operator+=(Quadratic& a, const Quadratic& b) noexcept {
    add_into(a, a, b);
    return a;
  }
  friend constexpr Quadratic& operator-=(Quadratic& a, const Quadratic& b) noexcept {
    sub_into(a, a, b);
    return a;
  }
  friend constexpr Quadratic& operator*=(Quadratic& a, const Quadratic& b) noexcept {
    mul_into(a, a, b);
    return a;
  }

  // The operations with the place of the result named, as in field/fe.h; it may be an argument.
  friend constexpr void add_into(Quadratic& r, const Quadratic& a, const Quadratic& b) noexcept {
    add_into(r.c0, a.c0, b.c0);
    add_into(r.c1, a.c1, b.c1);
  }
  friend constexpr void sub_into(Quadratic& r, const Quadratic& a, const Quadratic& b) noexcept {
    sub_into(r.c0, a.c0, b.c0);
    sub_into(r.c1, a.c1, b.c1);
  }
  friend constexpr void mul_into(Quadratic& r, const Quadratic& a, const Quadratic& b) noexcept {
    F minus;
    sub_lazy_into(minus, F::zero(), b.c1);  // p - b1
#if defined(ASSAY_QUADRATIC_ASM)
    if constexpr (F::N == 4) {
      if (!std::is_constant_evaluated()) {
        return detail::quadratic_mul4_adx<typename F::Params>(r.c0.v, r.c1.v, a.c0.v, b.c0.v, minus.v);
      }
    }
#endif
    const F c0 = mul_add(a.c0, b.c0, a.c1, minus);
    r.c1 = mul_add(a.c0, b.c1, a.c1, b.c0);
    r.c0 = c0;
  }
  // There is no gain in laziness here: these reduce.
  friend constexpr void mul_lazy_into(Quadratic& r, const Quadratic& a, const Quadratic& b) noexcept {
    mul_into(r, a, b);
  }
  friend constexpr void sub_lazy_into(Quadratic& r, const Quadratic& a, const Quadratic& b) noexcept {
    sub_into(r, a, b);
  }
};

// a b - c d
template <class F>
constexpr Quadratic<F> mul_sub(const Quadratic<F>& a, const Quadratic<F>& b, const Quadratic<F>& c,
                               const Quadratic<F>& d) noexcept {
  return a * b - c * d;
}
template <class F>
constexpr Quadratic<F> sqr(const Quadratic<F>& a) noexcept {
  F sum, difference, twice;
  add_lazy_into(sum, a.c0, a.c1);
  sub_lazy_into(difference, a.c0, a.c1);
  add_lazy_into(twice, a.c0, a.c0);
  return {sum * difference, twice * a.c1};
}
template <class F>
constexpr Quadratic<F> dbl(const Quadratic<F>& a) noexcept {
  return {dbl(a.c0), dbl(a.c1)};
}
template <class F>
constexpr Quadratic<F> half(const Quadratic<F>& a) noexcept {
  return {half(a.c0), half(a.c1)};
}
template <class F>
constexpr Quadratic<F> select(const Quadratic<F>& a, const Quadratic<F>& b, std::uint64_t choice) noexcept {
  return {select(a.c0, b.c0, choice), select(a.c1, b.c1, choice)};
}
// a^p, the conjugate
template <class F>
constexpr Quadratic<F> conjugate(const Quadratic<F>& a) noexcept {
  return {a.c0, -a.c1};
}
// a a^p, in F
template <class F>
constexpr F norm(const Quadratic<F>& a) noexcept {
  return sqr(a.c0) + sqr(a.c1);
}
template <class F>
constexpr Quadratic<F> inverse(const Quadratic<F>& a) noexcept {
  return conjugate(a) * inverse(norm(a));
}
template <class F>
inline Quadratic<F> inverse_var(const Quadratic<F>& a) noexcept {
  return conjugate(a) * inverse_var(norm(a));
}

// A square root by the complex method (M. Scott, "Implementing cryptographic pairings", 2007): with n = sqrt(norm a),
// x0 = sqrt((c0 + n) / 2) or sqrt((c0 - n) / 2), x1 = c1 / (2 x0). no_square_root if there is none; which of the two
// roots is not specified.
template <class F>
inline Status sqrt_var(Quadratic<F>& out, const Quadratic<F>& a) noexcept {
  if (a.c1.is_zero()) {
    // either c0 is a square, or -c0 is and the root is purely imaginary
    F root;
    if (sqrt_var(root, a.c0) == Status::ok) {
      out = {root, F::zero()};
      return Status::ok;
    }
    ASSAY_TRY(sqrt_var(root, -a.c0));
    out = {F::zero(), root};
    return Status::ok;
  }
  F n, x0;
  ASSAY_TRY(sqrt_var(n, norm(a)));
  if (sqrt_var(x0, half(a.c0 + n)) != Status::ok) ASSAY_TRY(sqrt_var(x0, half(a.c0 - n)));
  out = {x0, a.c1 * inverse_var(dbl(x0))};
  return Status::ok;
}

ASSAY_ISA_END
