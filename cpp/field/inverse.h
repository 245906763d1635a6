// Inversion in variable time, for public values: d a = f modulo p once the division steps (base/division_steps.h) from
// f = p, g = a have made g = 0 and f = +-1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/division_steps.h"
#include "base/isa.h"
#include "field/params.h"

ASSAY_ISA_BEGIN

namespace detail {

// out <- 1 / a mod p, canonical, for an integer a < p; 0 for 0. They may be the same.
template <class P>
inline void invert_integer_var(std::uint64_t* out, const std::uint64_t* a) noexcept {
  using namespace division_steps;
  constexpr std::size_t L = limbs(P::N);
  using Limbs = std::array<std::int64_t, L>;
  constexpr Limbs p = [] {
    Limbs r{};
    from_words(r.data(), L, P::modulus.data(), P::N);
    return r;
  }();
  constexpr std::uint64_t p_inverse = (0 - Montgomery<P>::neg_inverse) & kMask;
  Limbs f = p, g, d{}, e{1};
  from_words(g.data(), L, a, P::N);
  for (std::int64_t delta = 1; difference(g.data(), 0, L) != 0;) {
    Transition t;
    delta = steps_var(delta, low_word(f.data()), low_word(g.data()), t);
    apply_modular(t, d.data(), e.data(), p.data(), p_inverse, L);
    apply_exact(t, f.data(), g.data(), L);
  }
  combine(d.data(), 1, p.data(), sign_mask(d.data(), L), L);  // (-p, p)
  combine(d.data(), f[L - 1] < 0 ? -1 : 1, p.data(), 0, L);
  combine(d.data(), 1, p.data(), sign_mask(d.data(), L), L);  // [0, p)
  to_words(out, P::N, d.data(), L);
}

}  // namespace detail

ASSAY_ISA_END
