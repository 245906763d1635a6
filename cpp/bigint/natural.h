// Natural numbers as rows of little-endian words: products, squares, quotients.
//
//   Karatsuba, Ofman, Doklady 145 (1962), with differences, so that no half grows:
//     a b = h B^2 + (h + l - (a1 - a0)(b1 - b0)) B + l,   h = a1 b1,  l = a0 b0,  B = 2^(32 n)
//   division: Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D.
//
// Products are constant time in the words (lengths are public); what ends in _var is not. The caller's scratch holds
// what the operands give away: it belongs into `Words`, which wipes it. Cost of a product of n words: n^2 word
// multiplications below the level's threshold, three products of half the length above.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace assay {

// Words of scratch for natural_mul and natural_sqr of rows of at most n words.
std::size_t natural_scratch(std::size_t n) noexcept;
// r[0, an + bn) <- a b; r overlaps neither, an, bn >= 1.
void natural_mul(std::uint64_t* r, const std::uint64_t* a, std::size_t an, const std::uint64_t* b, std::size_t bn,
                 std::uint64_t* scratch) noexcept;
// r[0, 2 n) <- a^2; r does not overlap a, n >= 1.
void natural_sqr(std::uint64_t* r, const std::uint64_t* a, std::size_t n, std::uint64_t* scratch) noexcept;

// q[0, an - dn + 1) <- floor(a / d), r[0, dn) <- a mod d. Needs an >= dn >= 1 and a top word of d that is not zero
// (out_of_range). q may be null; q and r overlap neither operand nor each other.
Status natural_divrem_var(std::uint64_t* q, std::uint64_t* r, const std::uint64_t* a, std::size_t an,
                          const std::uint64_t* d, std::size_t dn) noexcept;

// Words up to the highest that is not zero; bits up to the highest set one.
std::size_t natural_size_var(const std::uint64_t* a, std::size_t n) noexcept;
std::size_t natural_bits_var(const std::uint64_t* a, std::size_t n) noexcept;
// -1, 0 or 1 as a is less than, equal to or greater than b.
int natural_compare_var(const std::uint64_t* a, const std::uint64_t* b, std::size_t n) noexcept;

}  // namespace assay
