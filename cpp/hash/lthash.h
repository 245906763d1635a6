// LtHash: a digest of a set that moves along as elements come and go.
//
//   lanes(S) = sum of SHAKE-128(element)  over the elements of S,  1024 numbers mod 2^16, little-endian
//
// Source: M. Bellare, D. Micciancio, "A new paradigm for collision-free hashing" (1997); parameters of K. Lewi, W. Kim,
// I. Maykov, S. Weis, eprint 2019/227: more than 200 bits. SHAKE-128: FIPS 202. The caller sees to it that no element
// occurs 2^16 times.
//
// Ranges: any number of elements of any length, on the calling thread. Aliasing: elements may not lie in `lanes`.
// Constant time in the content, not in the lengths. Cost of an element of n bytes: floor(n / 168) + 13 permutations; at
// levels avx512 and ifma eight elements go side by side.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

constexpr std::size_t kLtHashBytes = 2048;

struct LtHashElement {
  const std::uint8_t* data;
  std::size_t bytes;
  bool goes;  // its numbers are subtracted, else added
};

// lanes (2048 bytes) <- lanes + what comes - what goes
void lthash_move(const LtHashElement* elements, std::size_t n, std::uint8_t* lanes) noexcept;

// One level's kernel: the same; fastest when neighbours have the same number of blocks.
using LtHashKernel = void (*)(const LtHashElement* const* elements, std::size_t n, std::uint8_t* lanes) noexcept;
void lthash_portable(const LtHashElement* const* elements, std::size_t n, std::uint8_t* lanes) noexcept;
#if defined(ASSAY_X86)
void lthash_avx512(const LtHashElement* const* elements, std::size_t n, std::uint8_t* lanes) noexcept;
#endif

}  // namespace assay
