// Prime-field parameters. A field is a struct of facts (modulus, a generator of the multiplicative group, 2-adicity);
// all that Montgomery arithmetic needs beyond them is derived here at compile time, so that another curve is another
// parameter file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace assay {

template <std::size_t N>
using Limbs = std::array<std::uint64_t, N>;  // little-endian: value = sum limb[i] 2^(64 i)

namespace params {

template <std::size_t N>
consteval bool geq(const Limbs<N>& a, const Limbs<N>& b) {
  for (std::size_t i = N; i-- > 0;)
    if (a[i] != b[i]) return a[i] > b[i];
  return true;
}

// a - b for a >= b
template <std::size_t N>
consteval Limbs<N> sub(const Limbs<N>& a, const Limbs<N>& b) {
  Limbs<N> r{};
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < N; ++i) {
    const std::uint64_t t = a[i] - b[i];
    r[i] = t - borrow;
    borrow = (a[i] < b[i]) | (t < borrow);
  }
  return r;
}

// 2 a; the top bit of a must be clear
template <std::size_t N>
consteval Limbs<N> double_limbs(const Limbs<N>& a) {
  Limbs<N> r{};
  for (std::size_t i = 0; i < N; ++i) r[i] = (a[i] << 1) | (i > 0 ? a[i - 1] >> 63 : 0);
  return r;
}

// 2 a mod p for a < p; p needs no spare bit
template <std::size_t N>
consteval Limbs<N> double_mod(const Limbs<N>& a, const Limbs<N>& p) {
  Limbs<N> r{};
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < N; ++i) {
    r[i] = (a[i] << 1) | carry;
    carry = a[i] >> 63;
  }
  return (carry || geq(r, p)) ? sub(r, p) : r;
}

// 2^bits mod p
template <std::size_t N>
consteval Limbs<N> power_of_two_mod(std::size_t bits, const Limbs<N>& p) {
  Limbs<N> r{};
  r[0] = 1;
  for (std::size_t i = 0; i < bits; ++i) r = double_mod(r, p);
  return r;
}

// -p^-1 mod 2^64 by Newton iteration: x <- x (2 - p x) doubles the correct bits; p x = 1 mod 2^3 for x = p, p odd
consteval std::uint64_t neg_inverse_word(std::uint64_t p) {
  std::uint64_t x = p;
  for (int i = 0; i < 5; ++i) x *= 2 - p * x;
  return ~x + 1;
}

template <std::size_t N>
consteval Limbs<N> shift_right(Limbs<N> a, unsigned bits) {
  for (unsigned k = 0; k < bits; ++k)
    for (std::size_t i = 0; i < N; ++i) a[i] = (a[i] >> 1) | (i + 1 < N ? a[i + 1] << 63 : 0);
  return a;
}

template <std::size_t N>
consteval Limbs<N> sub_small(Limbs<N> a, std::uint64_t b) {
  for (std::size_t i = 0; i < N && b; ++i) {
    const std::uint64_t t = a[i];
    a[i] = t - b;
    b = t < b;
  }
  return a;
}

// a / d for a word d below 2^32 that divides a
template <std::size_t N>
consteval Limbs<N> divide_exact(Limbs<N> a, std::uint64_t d) {
  std::uint64_t rest = 0;
  for (std::size_t i = N; i-- > 0;) {
    const std::uint64_t high = (rest << 32) | (a[i] >> 32), low = ((high % d) << 32) | (a[i] & 0xffffffff);
    a[i] = ((high / d) << 32) | (low / d);
    rest = low % d;
  }
  return a;
}

}  // namespace params

// What Montgomery arithmetic derives from a modulus: R = 2^(64 N).
template <class P>
struct Montgomery {
  static constexpr Limbs<P::N> one = params::power_of_two_mod(64 * P::N, P::modulus);         // R mod p
  static constexpr Limbs<P::N> r_squared = params::power_of_two_mod(128 * P::N, P::modulus);  // R^2 mod p
  static constexpr std::uint64_t neg_inverse = params::neg_inverse_word(P::modulus[0]);       // -p^-1 mod 2^64
};

// BN254 (alt_bn128; Barreto, Naehrig, SAC 2005; EIP-196): u = 4965661367192848881. About 100 bits of security (Kim,
// Barbulescu, CRYPTO 2016; Barbulescu, Duquesne, J. Cryptology 2019): kept for the EVM's precompiles, not for new
// designs. p = 36 u^4 + 36 u^3 + 24 u^2 + 6 u + 1
struct Bn254FpParams {
  static constexpr std::size_t N = 4;
  static constexpr Limbs<4> modulus = {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029};
  static constexpr std::uint64_t generator = 3;
  static constexpr unsigned two_adicity = 1;
};

// r = 36 u^4 + 36 u^3 + 18 u^2 + 6 u + 1, the order of G1, G2 and GT; r - 1 = 2^28 m, and 5 generates Fr*.
struct Bn254FrParams {
  static constexpr std::size_t N = 4;
  static constexpr Limbs<4> modulus = {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
  static constexpr std::uint64_t generator = 5;
  static constexpr unsigned two_adicity = 28;
};

}  // namespace assay
