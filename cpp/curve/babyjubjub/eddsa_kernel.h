// The body of the EdDSA kernels, compiled once for each level (eddsa_portable.cpp, eddsa_adx.cpp).
#pragma once

#include "base/bytes.h"
#include "curve/babyjubjub/eddsa.h"
#include "curve/babyjubjub/multiply.h"
#include "field/roots.h"
#include "hash/poseidon_permutation.h"
#include "hash/sha256.h"

namespace assay::babyjubjub {
inline namespace ASSAY_ISA {

inline Status load(AffinePoint& p, const std::uint64_t* limbs) noexcept {
  ASSAY_TRY(Fr::from_limbs(p.x, limbs));
  return Fr::from_limbs(p.y, limbs + 4);
}
inline void store(const AffinePoint& p, std::uint64_t* limbs) noexcept {
  p.x.to_limbs(limbs);
  p.y.to_limbs(limbs + 4);
}
inline Status load_on_curve(AffinePoint& p, const std::uint64_t* limbs) noexcept {
  ASSAY_TRY(load(p, limbs));
  return on_curve(p) ? Status::ok : Status::not_on_curve;
}

// H_i: see eddsa.h
inline void hash_secret(std::uint8_t index, const std::uint8_t* data, std::size_t bytes, std::uint8_t* out) noexcept {
  static constexpr char kDomain[] = "assay/eddsa/v1";
  Sha256().update(kDomain, sizeof kDomain - 1).update(&index, 1).update(data, bytes).finish(out);
}

// (H_i || H_(i+1)) mod l: 512 bits, so the bias is below 2^-260
inline Fl hash_to_scalar(std::uint8_t index, const std::uint8_t* data, std::size_t bytes) noexcept {
  std::uint8_t wide[64];
  std::uint64_t limbs[8];
  const ZeroizeGuard wipe_wide(wide);
  const ZeroizeGuard wipe_limbs(limbs);
  hash_secret(index, data, bytes, wide);
  hash_secret(index + 1, data, bytes, wide + 32);
  for (int i = 0; i < 8; ++i) limbs[i] = load_le64(wide + 8 * i);
  const Fl shift = Fl::raw(Montgomery<ScalarParams>::r_squared);  // 2^256
  return Fl::from_limbs_reduce(limbs) + Fl::from_limbs_reduce(limbs + 4) * shift;
}

inline Status derive(SigningKey& key, const std::uint8_t* seed) noexcept {
  const std::uint64_t* table = base_table();
  if (table == nullptr) return Status::out_of_memory;
  Fl k = hash_to_scalar(0, seed, kSeedBytes);
  const ZeroizeGuard wipe(k);
  if (k.is_zero()) return Status::out_of_range;
  hash_secret(2, seed, kSeedBytes, key.prefix);
  k.to_limbs(key.k);
  store(normalize(mul_base(table, key.k)), key.public_key);
  return Status::ok;
}

// h = Poseidon(R8.x, R8.y, A.x, A.y, M) as an integer, in the field of scalars
inline Fl challenge(const PoseidonTables& tables, const AffinePoint& r8, const AffinePoint& a, const Fr& m) noexcept {
  const Fr in[5] = {r8.x, r8.y, a.x, a.y, m};
  std::uint64_t limbs[4];
  poseidon::hash(tables, Fr::zero(), in).to_limbs(limbs);
  return Fl::from_limbs_reduce(limbs);
}

inline Status sign(const SigningKey& key, const std::uint64_t* message, const std::uint8_t* hedge,
                   std::uint64_t* signature) noexcept {
  const std::uint64_t* table = base_table();
  const PoseidonTables* tables = poseidon_tables(6);
  if (table == nullptr || tables == nullptr) return Status::out_of_memory;
  Fr m;
  AffinePoint a;
  ASSAY_TRY(Fr::from_limbs(m, message));
  ASSAY_TRY(load(a, key.public_key));

  std::uint8_t seed[32 + kHedgeBytes + 32 + 32];
  const ZeroizeGuard wipe_seed(seed);
  std::memcpy(seed, key.prefix, 32);
  std::memcpy(seed + 32, hedge, kHedgeBytes);
  a.y.to_bytes_le(seed + 64);
  m.to_bytes_le(seed + 96);
  Fl r = hash_to_scalar(3, seed, sizeof seed), k;
  const ZeroizeGuard wipe_r(r);
  const ZeroizeGuard wipe_k(k);
  ASSAY_TRY(Fl::from_limbs(k, key.k));

  std::uint64_t nonce[4];
  const ZeroizeGuard wipe_nonce(nonce);
  r.to_limbs(nonce);
  Point sum = mul_base(table, nonce);  // its Z tells about r: inverted in constant time, then wiped
  const ZeroizeGuard wipe_sum(sum);
  const AffinePoint r8 = normalize(sum);
  const Fl h = challenge(*tables, r8, a, m);
  store(r8, signature);
  (r + Fl::from_u64(kCofactor) * h * k).to_limbs(signature + 8);
  return Status::ok;
}

inline Status verify(const std::uint64_t* key, const std::uint64_t* message, const std::uint64_t* signature,
                     bool key_checked) noexcept {
  const std::uint64_t* table = base_table();
  const PoseidonTables* tables = poseidon_tables(6);
  if (table == nullptr || tables == nullptr) return Status::out_of_memory;
  AffinePoint a, r8;
  Fr m;
  Fl s;
  ASSAY_TRY(load_on_curve(a, key));
  ASSAY_TRY(Fr::from_limbs(m, message));
  ASSAY_TRY(load_on_curve(r8, signature));
  ASSAY_TRY(Fl::from_limbs(s, signature + 8));
  if (is_identity(extend(a))) return Status::not_in_subgroup;
  if (!key_checked) ASSAY_TRY(check_point_var(a));
  // S Base8 - (8 h mod l) A = R8, as A has order l
  std::uint64_t e[4];
  (Fl::from_u64(kCofactor) * challenge(*tables, r8, a, m)).to_limbs(e);
  const Point right = mul_var({-a.x, a.y}, e);
  return equal(add(mul_base_var(table, signature + 8), right), r8) ? Status::ok : Status::invalid_signature;
}

inline Status check(const std::uint64_t* point) noexcept {
  AffinePoint p;
  ASSAY_TRY(load(p, point));
  ASSAY_TRY(check_point_var(p));
  return is_identity(extend(p)) ? Status::not_in_subgroup : Status::ok;
}

// x > (r - 1) / 2, as integers
inline bool is_upper_half(const Fr& x) noexcept {
  constexpr auto half = params::shift_right(Bn254FrParams::modulus, 1);
  std::uint64_t limbs[4], borrow = 0;
  x.to_limbs(limbs);
  for (int i = 0; i < 4; ++i) (void)sbb(half[i], limbs[i], borrow);
  return borrow != 0;
}

inline Status pack(const std::uint64_t* point, std::uint8_t* out) noexcept {
  AffinePoint p;
  ASSAY_TRY(load_on_curve(p, point));
  p.y.to_bytes_le(out);
  out[31] = static_cast<std::uint8_t>(out[31] | (is_upper_half(p.x) ? 0x80 : 0));
  return Status::ok;
}

inline Status unpack(const std::uint8_t* bytes, std::uint64_t* point) noexcept {
  std::uint8_t plain[32];
  std::memcpy(plain, bytes, 32);
  const bool upper = plain[31] >> 7;
  plain[31] &= 0x7f;
  AffinePoint p;
  ASSAY_TRY(Fr::from_bytes_le(p.y, plain));
  // x^2 = (1 - y^2) / (a - d y^2); the denominator is not 0, as a / d is no square
  const Fr yy = sqr(p.y);
  const Fr xx = (Fr::one() - yy) * inverse_var(coefficient_a() - coefficient_d() * yy);
  if (sqrt_var(p.x, xx) != Status::ok) return Status::not_on_curve;
  if (p.x.is_zero() && upper) return Status::non_canonical;
  if (is_upper_half(p.x) != upper) p.x = -p.x;
  store(p, point);
  return Status::ok;
}

inline Status add_affine(const std::uint64_t* p, const std::uint64_t* q, std::uint64_t* out) noexcept {
  AffinePoint a, b;
  ASSAY_TRY(load_on_curve(a, p));
  ASSAY_TRY(load_on_curve(b, q));
  store(normalize(add(extend(a), extend(b))), out);
  return Status::ok;
}

inline Status multiply(const std::uint64_t* k, const std::uint64_t* p, std::uint64_t* out) noexcept {
  AffinePoint a;
  ASSAY_TRY(load_on_curve(a, p));
  store(normalize(mul_var(a, k)), out);
  return Status::ok;
}

inline Status multiply_by_base(const std::uint64_t* k, std::uint64_t* out) noexcept {
  const std::uint64_t* table = base_table();
  if (table == nullptr) return Status::out_of_memory;
  Fl scalar;
  const ZeroizeGuard wipe(scalar);
  if (Fl::from_limbs(scalar, k) != Status::ok) return Status::out_of_range;
  store(normalize(mul_base(table, k)), out);
  return Status::ok;
}

constexpr EddsaKernel kKernel = {derive, sign, verify, check, pack, unpack, add_affine, multiply, multiply_by_base};

}  // namespace ASSAY_ISA
}  // namespace assay::babyjubjub
