// Scalars of Ed25519: the challenge k = SHA-512(R || A || M) mod L, and signed windows of k and s.
#pragma once

#include "curve/ed25519/params.h"
#include "field/fe.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

using Fl = Fe<ScalarParams>;

constexpr unsigned kKeyWindow = 5, kBaseWindow = 10;  // bits of a digit of k and of s
constexpr std::size_t kKeyDigits = 51, kBaseDigits = 26;
static_assert(2 * kKeyWindow == kBaseWindow && kKeyDigits == 2 * kBaseDigits - 1);

// sum digit[i] 2^(kBits i) = a for a < 2^253, digits in [-2^(kBits - 1), 2^(kBits - 1))
template <unsigned kBits, std::size_t kCount>
inline void signed_windows(const std::uint64_t* a, std::int16_t* digit) noexcept {
  constexpr int kHalf = 1 << (kBits - 1), kMask = 2 * kHalf - 1;
  int carry = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::size_t bit = kBits * i, word = bit / 64, shift = bit % 64;
    std::uint64_t x = a[word] >> shift;
    if (shift + kBits > 64 && word + 1 < 4) x |= a[word + 1] << (64 - shift);
    const int window = static_cast<int>(x & kMask) + carry;
    carry = window >= kHalf;
    digit[i] = static_cast<std::int16_t>(window - carry * 2 * kHalf);
  }
}

// the number of 64 bytes, little-endian, modulo L
inline Limbs<4> reduce_digest(const std::uint8_t* digest) noexcept {
  std::uint64_t halves[8];
  for (std::size_t i = 0; i < 8; ++i) halves[i] = load_le64(digest + 8 * i);
  const Fl high = Fl::from_limbs_reduce(halves + 4) * Fl::raw(Montgomery<ScalarParams>::r_squared);  // times 2^256
  Limbs<4> r;
  (Fl::from_limbs_reduce(halves) + high).to_limbs(r.data());
  return r;
}

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
