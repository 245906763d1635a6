// Points of BN254 as bytes.
//
// eip: EIP-196 and EIP-197. x then y, each coordinate 32 bytes big-endian (G1 64 bytes, G2 128); an F_{p^2} coordinate
// is
//   the imaginary part, then the real one. Infinity is all zeros.
// compressed: the form of Consensys gnark-crypto (ecc/bn254/marshal.go). x alone, in the same order (G1 32 bytes, G2
// 64),
//   with two flag bits at the top of the first byte: 10 the smaller y, 11 the larger y, 01 infinity and all other bits
//   zero. y is larger if y > (p - 1) / 2; in F_{p^2} the imaginary part decides, and the real part where that is zero.
//
// Decoders take hostile bytes: non_canonical for a coordinate >= p, stray bits or unknown flags; not_on_curve;
// not_in_subgroup. What they accept they would encode to the same bytes. Variable time.
#pragma once

#include "curve/bn254/subgroup.h"
#include "field/roots.h"

ASSAY_ISA_BEGIN
namespace bn254 {

inline constexpr std::size_t kFpBytes = 32;

template <class F>
inline constexpr std::size_t kCoordinateBytes = kFpBytes;
template <>
inline constexpr std::size_t kCoordinateBytes<Fp2> = 2 * kFpBytes;

inline void store(const Fp& a, std::uint8_t* out) noexcept { a.to_bytes_be(out); }
inline void store(const Fp2& a, std::uint8_t* out) noexcept {
  a.c1.to_bytes_be(out);
  a.c0.to_bytes_be(out + kFpBytes);
}
inline Status load(Fp& a, const std::uint8_t* bytes) noexcept { return Fp::from_bytes_be(a, bytes); }
inline Status load(Fp2& a, const std::uint8_t* bytes) noexcept {
  ASSAY_TRY(Fp::from_bytes_be(a.c1, bytes));
  return Fp::from_bytes_be(a.c0, bytes + kFpBytes);
}

// a > (p - 1) / 2 as an integer
inline bool is_larger(const Fp& a) noexcept {
  constexpr auto half = params::shift_right(Bn254FpParams::modulus, 1);
  std::uint64_t limbs[4], borrow = 0;
  a.to_limbs(limbs);
  for (std::size_t i = 0; i < 4; ++i) (void)sbb(half[i], limbs[i], borrow);
  return borrow != 0;
}
inline bool is_larger(const Fp2& a) noexcept { return a.c1.is_zero() ? is_larger(a.c0) : is_larger(a.c1); }

inline Status check_member(const G1Affine& p) noexcept { return is_in_g1(p) ? Status::ok : Status::not_on_curve; }
inline Status check_member(const G2Affine& p) noexcept {
  if (!is_on_curve(p, kG2B)) return Status::not_on_curve;
  return is_in_g2_var(p) ? Status::ok : Status::not_in_subgroup;
}
template <class F>
inline constexpr F kCurveB = kG1B;
template <>
inline constexpr Fp2 kCurveB<Fp2> = kG2B;

template <class F>
inline void encode_eip(const Affine<F>& p, std::uint8_t* out) noexcept {
  store(p.x, out);
  store(p.y, out + kCoordinateBytes<F>);
}

template <class F>
inline Status decode_eip(Affine<F>& p, const std::uint8_t* bytes) noexcept {
  ASSAY_TRY(load(p.x, bytes));
  ASSAY_TRY(load(p.y, bytes + kCoordinateBytes<F>));
  return check_member(p);
}

enum CompressedFlag : std::uint8_t { kInfinity = 0x40, kSmaller = 0x80, kLarger = 0xc0 };
inline constexpr std::uint8_t kFlagMask = 0xc0;

template <class F>
inline void encode_compressed(const Affine<F>& p, std::uint8_t* out) noexcept {
  store(p.x, out);
  out[0] |= p.is_infinity() ? kInfinity : is_larger(p.y) ? kLarger : kSmaller;
}

template <class F>
inline Status decode_compressed(Affine<F>& p, const std::uint8_t* bytes) noexcept {
  constexpr std::size_t n = kCoordinateBytes<F>;
  std::uint8_t x[n];
  std::memcpy(x, bytes, n);
  const std::uint8_t flag = x[0] & kFlagMask;
  x[0] &= static_cast<std::uint8_t>(~kFlagMask);
  if (flag == kInfinity) {
    std::uint8_t any = 0;
    for (const std::uint8_t byte : x) any |= byte;
    p = Affine<F>::infinity();
    return any ? Status::non_canonical : Status::ok;
  }
  if (flag == 0) return Status::non_canonical;
  ASSAY_TRY(load(p.x, x));
  if (sqrt_var(p.y, sqr(p.x) * p.x + kCurveB<F>) != Status::ok) return Status::not_on_curve;
  if (is_larger(p.y) != (flag == kLarger)) p.y = -p.y;
  return check_member(p);  // y = 0 cannot occur: the group orders are odd
}

}  // namespace bn254
ASSAY_ISA_END
