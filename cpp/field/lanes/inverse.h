// Montgomery's trick (Math. Comp. 48 (1987), 10.3.4) along the lanes: 3 multiplications an element and one inversion a
// batch, whose eight lane totals are inverted together by the scalar field. Variable time.
#pragma once

#include "field/lanes/pack.h"

ASSAY_ISA_BEGIN

namespace lanes {

// 1 / a in each lane, for lanes <4 p> none of which is zero modulo p
template <class P>
inline Lanes<P> inverse_var(const Lanes<P>& a) noexcept {
  Fe<P> each[kLanes], scratch[kLanes];
  store_rows(each[0].v, reduce(mul(a, Lanes<P>::raw(Radix52<P>::leave))));
  batch_inverse_var(each, kLanes, scratch);
  return mul(load_rows<P>(each[0].v), Lanes<P>::raw(Radix52<P>::enter));
}

// a[k] <- 1 / a[k], 0 for 0, for k < n; inputs <4 p>, results <3 p>. scratch holds n elements.
template <class P>
inline void batch_inverse_var(Lanes<P>* a, std::size_t n, Lanes<P>* scratch) noexcept {
  const Lanes<P> one = Lanes<P>::one();
  Lanes<P> product = one;
  for (std::size_t k = 0; k < n; ++k) {
    a[k] = reduce(a[k]);
    scratch[k] = product;
    product = mul(product, select(a[k], one, zero_mask(a[k])));
  }
  Lanes<P> inverse = inverse_var(product);
  for (std::size_t k = n; k-- > 0;) {
    const LaneMask zeros = zero_mask(a[k]);
    const Lanes<P> x = select(a[k], one, zeros);
    a[k] = select(mul(inverse, scratch[k]), Lanes<P>::zero(), zeros);
    inverse = mul(inverse, x);
  }
}

}  // namespace lanes

ASSAY_ISA_END
