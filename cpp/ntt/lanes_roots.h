// The roots of unity T (ntt/transform.h) as constants of lane arithmetic, eight side by side.
//
// Octet o of the table holds T[8 o], ..., T[8 o + 7], 80 bytes each. Vectors of minus the inverses follow from
// -1/T[i] = T[conjugate(i)], which turns eight consecutive roots into eight consecutive ones in the opposite order;
// only among the first 64, where the octet meets T[0] or crosses a power of two, they are stored, in opposite order.
#pragma once

#include <cstdint>

#include "field/fe.h"
#include "field/lanes/constant.h"
#include "field/lanes/quotient.h"
#include "ntt/transform.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN

namespace ntt {

using FrLanes = lanes::Lanes<Bn254FrParams>;
using FrConstant = lanes::Constant<Bn254FrParams>;

constexpr std::size_t kOctetWords = FrConstant::words * lanes::kLanes;
constexpr unsigned kRootsMinLog = 6;
// -1/T[m - 1 - k] for k < m = 8, 16, 32 from octet m / 8 - 1 on, and the scale (lanes_leaf.h) of the first 64 from 8 on
constexpr std::size_t kHeadOctets = 16;

constexpr std::size_t roots_words(unsigned log) noexcept {
  return kOctetWords * (kHeadOctets + (std::size_t{1} << (std::max(log, kRootsMinLog) - 3)));
}

struct Roots {
  const std::uint64_t* table;

  // octet o of the roots; of the m = 8, 16, 32, 64 stored ones
  const std::uint64_t* octet(std::size_t o) const noexcept { return table + kOctetWords * (kHeadOctets + o); }
  const std::uint64_t* head(std::size_t m) const noexcept { return table + kOctetWords * (m == 64 ? 8 : m / 8 - 1); }
  ASSAY_LANES_INLINE FrConstant same(std::size_t i) const noexcept {
    return FrConstant::broadcast(octet(i / lanes::kLanes) + i % lanes::kLanes);
  }
};

// constants of eight elements in Montgomery form
inline void store_constants(const Fr* values, std::uint64_t* out) noexcept {
  lanes::Word w[4];
  lanes::load_elements(values->v, w);
  lanes::constant_of_montgomery<Bn254FrParams>(lanes::split<Bn254FrParams>(w)).store(out);
}

// Extends the table from 2^have to 2^want roots; have = 0: it is empty but for room.
inline Status lane_roots(std::uint64_t* table, unsigned have, unsigned want, JobControl* control) noexcept {
  const Roots roots{table};
  std::uint64_t* out = table + kOctetWords * kHeadOctets;
  if (have == 0) {
    constexpr std::size_t n = std::size_t{1} << kRootsMinLog;
    Fr t[n] = {Fr::one()}, inverse[n];
    for (unsigned k = 0; k < kRootsMinLog; ++k)
      for (std::size_t j = 0; j < (std::size_t{1} << k); ++j)
        t[(std::size_t{1} << k) + j] = t[j] * domain_root<Fr>(k + 2);
    for (std::size_t i = 0; i < n; i += 8) store_constants(t + i, out + kOctetWords * (i / 8));
    for (const std::size_t m : {8, 16, 32, 64}) {
      for (std::size_t k = 0; k < m; ++k) inverse[k] = k + 1 == m ? -Fr::one() : t[conjugate(m - 1 - k)];
      if (m == 64) inverse[m - 1] = Fr::one();
      std::uint64_t* head = table + (roots.head(m) - table);
      for (std::size_t k = 0; k < m; k += 8) store_constants(inverse + k, head + kOctetWords * (k / 8));
    }
    have = kRootsMinLog;
  }
  for (unsigned k = have; k < want; ++k) {
    const Fr root = domain_root<Fr>(k + 2);
    Fr roots8[8];
    for (Fr& r : roots8) r = root;
    alignas(64) std::uint64_t step[kOctetWords];
    store_constants(roots8, step);
    const std::size_t octets = std::size_t{1} << (k - 3);
    ASSAY_TRY(parallel_for(
        octets, 512,
        [=, &step](std::size_t begin, std::size_t end) noexcept {
          constexpr auto square = params::power_of_two_mod(2 * lanes::kRadixBits * FrLanes::K, Bn254FrParams::modulus);
          const FrConstant w = FrConstant::load(step);
          for (std::size_t o = begin; o < end; ++o) {
            const FrConstant c = FrConstant::load(out + kOctetWords * o);
            FrLanes x;
            for (std::size_t j = 0; j < x.K; ++j) x.limb[j] = lanes::number(c.value[j]);
            x = lanes::reduce(lanes::carry(lanes::shrink(lanes::carry(lanes::mul(x, w)))));
            lanes::make_constant(x, lanes::reduce(lanes::mul(x, FrLanes::raw(square))))
                .store(out + kOctetWords * (octets + o));
          }
        },
        control));
  }
  return Status::ok;
}

}  // namespace ntt

ASSAY_ISA_END
