// What a level with lanes shows the fuzzer of big numbers: its kernel, and products and squares as they are inside.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bigint/lanes_kernel.h"

namespace assay::fuzz {

struct BigintLevel {
  const char* name;
  LanesKernel kernel, squares;
  // r = a b / R or a^2 / R mod m, R = 2^(52 n), not reduced; digit j of lane i at [8 j + i]. b null: the square.
  void (*montgomery)(const std::uint64_t* moduli, unsigned bits, const std::uint64_t* a, const std::uint64_t* b,
                     std::uint64_t* r, std::uint64_t* scratch) noexcept;
  std::size_t (*montgomery_scratch)(unsigned bits) noexcept;
  // The same modulo squares, of pairs of 2 n digits.
  void (*square_montgomery)(const std::uint64_t* moduli, unsigned bits, const std::uint64_t* a, const std::uint64_t* b,
                            std::uint64_t* r, std::uint64_t* scratch) noexcept;
  std::size_t (*square_montgomery_scratch)(unsigned bits) noexcept;
};
extern const BigintLevel kBigintModelLevel;
#if defined(ASSAY_X86)
extern const BigintLevel kBigintAvx512Level, kBigintIfmaLevel;
#endif

}  // namespace assay::fuzz
