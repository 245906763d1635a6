// What a kernel sees of a modulus: plain data, which lives as long as its Modulus (bigint/modulus.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

struct ModulusView {
  const std::uint64_t* words;   // N, the top word not zero
  const std::uint64_t* one;     // R mod N
  const std::uint64_t* square;  // R^2 mod N
  std::uint64_t neg_inverse;
  std::size_t size;  // n
  unsigned bits;
};

}  // namespace assay
