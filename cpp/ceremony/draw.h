// Scalars and points from a generator. Contract: ceremony/kernel.h.
#pragma once

#include "ceremony/chacha.h"
#include "curve/bn254/encoding.h"
#include "field/roots.h"

ASSAY_ISA_BEGIN
namespace ceremony {

// Four words, the lowest first, cut to 254 bits, until they are below p; the result has them as its Montgomery form.
template <class P>
inline void draw(Chacha20& generator, Fe<P>& out) noexcept {
  constexpr std::uint64_t kTop = ~std::uint64_t{0} >> 2;
  static_assert(P::N == 4 && P::modulus[3] <= kTop && P::modulus[3] > kTop / 2, "a modulus of 254 bits");
  std::uint64_t borrow;
  do {
    borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) out.v[i] = generator.next_u64();
    out.v[3] &= kTop;
    for (std::size_t i = 0; i < 4; ++i) (void)sbb(out.v[i], P::modulus[i], borrow);
  } while (borrow == 0);
}
inline void draw(Chacha20& generator, bn254::Fp2& out) noexcept {
  draw(generator, out.c0);
  draw(generator, out.c1);
}

inline bn254::G1Affine clear_cofactor(const bn254::G1Affine& p) noexcept { return p; }
inline bn254::G2Affine clear_cofactor(const bn254::G2Affine& p) noexcept {
  constexpr Limbs<4> kCofactor = {0x345f2299c0f9fa8d, 0x06ceecda572a2489, 0xb85045b68181585e,
                                  0x30644e72e131a029};  // 2 p - r
  return to_affine_var(mul_var(p, kCofactor.data(), 4));
}

template <class F>
inline Affine<F> draw_point(Chacha20& generator) noexcept {
  Affine<F> p;
  bool larger;
  do {
    draw(generator, p.x);
    larger = (generator.next_u32() & 1) != 0;
  } while (sqrt_var(p.y, sqr(p.x) * p.x + bn254::kCurveB<F>) != Status::ok);
  if (bn254::is_larger(p.y) != larger) p.y = -p.y;
  return clear_cofactor(p);
}

}  // namespace ceremony
ASSAY_ISA_END
