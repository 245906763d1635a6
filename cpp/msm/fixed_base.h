// Many multiples of one base: out_i = k_i B, as a set-up needs them by the million.
//
// Source: Brickell, Gordon, McCurley, Wilson, EUROCRYPT 1992: tables of d 2^(c w) B for all windows w and digits
// 0 < d <= 2^(c-1), so that a multiple is ceil(254 / c) affine additions and no doubling; a block of scalars takes each
// addition together, for one inversion. c grows with n: from 4 to 16.
//
// Several lists of scalars share one table. In a mapped list `out` is a shared map of a file, whose pages are given
// back as they are written (base/pages.h).
//
// base: affine Montgomery limbs (8 for G1, 16 for G2), on the curve and in the group; infinity allowed. scalars:
// canonical integers, non_canonical if one is not below r. out: n affine points in Montgomery form, infinity for 0.
// NOT constant time: which table entries are read, and whether a sum meets an exceptional case, depends on the scalars;
// an attacker who shares the machine's caches while a set-up runs may learn about them. Digits and partial sums are
// wiped; the scalars and the result are the caller's. Cost: about 6 ceil(254 / c) multiplications a scalar, and 6 for
// each of the ceil(254 / c) 2^(c-1) table entries.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "parallel/pool.h"

namespace assay {

struct FixedBaseList {
  const std::uint64_t* scalars;
  std::size_t n;
  std::uint64_t* out;
  bool mapped = false;
};
// d 2^(c w) B at [w][d - 1]
struct FixedTable {
  const std::uint64_t* points;
  unsigned window_bits;
};

Status fixed_base_g1(const std::uint64_t* base, const FixedBaseList* lists, std::size_t count,
                     JobControl* control) noexcept;
Status fixed_base_g2(const std::uint64_t* base, const FixedBaseList* lists, std::size_t count,
                     JobControl* control) noexcept;

// Peak memory beyond input and output, in bytes. limbs: 8 for G1, 16 for G2.
std::size_t fixed_base_memory_estimate(std::size_t n, std::size_t limbs) noexcept;

}  // namespace assay
