// Points between words in memory and the group: Montgomery words of keys, canonical words of proofs.
#pragma once

#include <cstring>

#include "curve/bn254/g1.h"
#include "curve/bn254/g2.h"

ASSAY_ISA_BEGIN
namespace groth16 {

template <class Point>
inline Point load(const std::uint64_t* words) noexcept {
  Point p;
  std::memcpy(&p, words, sizeof p);
  return p;
}
template <class Point>
inline void store(std::uint64_t* words, const Point& p) noexcept {
  std::memcpy(words, &p, sizeof p);
}

// Coordinates one by one, to and from canonical integers; an Affine point is an array of Fp in memory.
template <class Point>
inline void store_canonical(std::uint64_t* words, const Point& p) noexcept {
  constexpr std::size_t kCount = sizeof(Point) / sizeof(Fp);
  Fp coordinates[kCount];
  std::memcpy(coordinates, &p, sizeof p);
  for (std::size_t i = 0; i < kCount; ++i) coordinates[i].to_limbs(words + Fp::N * i);
}
template <class Point>
inline Status load_canonical(Point& p, const std::uint64_t* words) noexcept {
  constexpr std::size_t kCount = sizeof(Point) / sizeof(Fp);
  Fp coordinates[kCount];
  for (std::size_t i = 0; i < kCount; ++i) ASSAY_TRY(Fp::from_limbs(coordinates[i], words + Fp::N * i));
  std::memcpy(&p, coordinates, sizeof p);
  return Status::ok;
}

}  // namespace groth16
ASSAY_ISA_END
