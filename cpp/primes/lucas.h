// The strong Lucas test with Selfridge's parameters: the second half of Baillie-PSW.
//
//   D = the first of 5, -7, 9, -11, ... with (D / n) = -1,   P = 1,   Q = (1 - D) / 4,   n + 1 = 2^s d with odd d
//   n passes if U_d = 0, or V_(2^r d) = 0 mod n for some r < s
//   U_2k = U_k V_k,  V_2k = V_k^2 - 2 Q^k,  U_(k+1) = (P U_k + V_k) / 2,  V_(k+1) = (D U_k + P V_k) / 2
//
// Source: Baillie, Wagstaff, Math. Comp. 35 (1980), method A; Pomerance, Selfridge, Wagstaff, same volume. No composite
// is known that passes this and Miller's test to base 2; below 2^64 there is none (Feitsma, Galway). A square has no D:
// after some tries n is tested for one. Constant time in the bits of n but for the choice of D, which tells some
// symbols (D / n), and for the verdict. Cost: 3 products a bit, and about 15 sums.
#pragma once

#include "base/status.h"
#include "bigint/modulus.h"

namespace assay {

// Whether n passes. n: `words` words, odd, above 2^20; modulus: n or an odd multiple of it.
Status strong_lucas(const std::uint64_t* n, std::size_t words, const Modulus& modulus, bool* passed) noexcept;
Status strong_lucas_var(const std::uint64_t* n, std::size_t words, const Modulus& modulus, bool* passed) noexcept;

// Whether n is a square; variable time.
Status is_square_var(const std::uint64_t* n, std::size_t words, bool* square) noexcept;

}  // namespace assay
