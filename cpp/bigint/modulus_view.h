// What a kernel sees of a modulus: plain data, which lives as long as its Modulus (bigint/modulus.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

// The root N of a modulus N^2, with the constants of bigint/square_montgomery.h; size 0: the modulus is not known to be
// a square, or not used as one.
struct RootView {
  const std::uint64_t* words = nullptr;   // N, n words, the top one not zero
  const std::uint64_t* one = nullptr;     // pairs, 2 n words each: R mod N^2, R = 2^(64 n)
  const std::uint64_t* square = nullptr;  // R^2
  const std::uint64_t* cube = nullptr;    // R^3
  std::uint64_t neg_inverse = 0;
  std::size_t size = 0;  // n
  unsigned bits = 0;
};

struct ModulusView {
  const std::uint64_t* words;   // N, the top word not zero
  const std::uint64_t* one;     // R mod N
  const std::uint64_t* square;  // R^2 mod N
  std::uint64_t neg_inverse;
  std::size_t size;  // n
  unsigned bits;
  RootView root = {};
};

}  // namespace assay
