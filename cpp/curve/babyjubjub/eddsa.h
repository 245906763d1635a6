// EdDSA over Baby Jubjub with Poseidon as the challenge hash, compatible with circomlib's EdDSAPoseidonVerifier:
//   A = k Base8, R8 = r Base8, h = Poseidon(R8.x, R8.y, A.x, A.y, M), S = r + 8 h k mod l;
//   verification: S Base8 = R8 + 8 h A, with S < l, A and R8 on the curve and A of order l.
//
// Source: Bernstein, Duif, Lange, Schwabe, Yang, "High-speed high-security signatures" (2012); circomlib's
// eddsaposeidon.circom. Where we differ from circomlibjs, which the verifier cannot see: BLAKE-512 with pruned bits is
// replaced by H_i(x) = SHA-256("assay/eddsa/v1" || byte i || x), and the nonce is hedged with fresh randomness:
//   k = (H_0(seed) || H_1(seed)) mod l, prefix = H_2(seed),
//   r = (H_3(m) || H_4(m)) mod l with m = prefix || hedge || A.y || M, integers little-endian.
// With a good random source the signature resists fault attacks on the nonce; with a broken one it is still the
// deterministic scheme. A must have order l (a small-order key would verify anything); R8 then has order l too, since
// R8 = S Base8 - 8 h A: one signature, one message, one key, and no second encoding of either.
//
// Constant time in seed, k and r: signing and key derivation. Variable time: verification. Cost: sign 64 additions of 9
// multiplications and one Poseidon of 5 inputs; verify 254 doublings and 110 additions and the same Poseidon.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "curve/babyjubjub/params.h"

namespace assay::babyjubjub {

constexpr std::size_t kSeedBytes = 32, kHedgeBytes = 32, kPointBytes = 32;

// What a signer keeps. Wipe it after use (base/zeroize.h).
struct SigningKey {
  std::uint64_t k[4];           // the secret scalar
  std::uint8_t prefix[32];      // the secret of the nonce
  std::uint64_t public_key[8];  // A.x, A.y
};

// Points are pairs of canonical limbs [x, y]: 8 words. Each function names the faults it reports.

// out_of_range in the negligible case k = 0.
Status eddsa_derive(SigningKey& key, const std::uint8_t* seed) noexcept;
// message: canonical limbs. signature: R8.x, R8.y, S: 12 words. hedge: 32 fresh random bytes.
Status eddsa_sign(const SigningKey& key, const std::uint64_t* message, const std::uint8_t* hedge,
                  std::uint64_t* signature) noexcept;

// n signatures in parallel. keys [n, 8], messages [n, 4], signatures [n, 12]; statuses [n]: ok; non_canonical (a
// coordinate, S or the message not below its modulus); not_on_curve (A or R8); not_in_subgroup (A, or A the identity);
// invalid_signature. `keys_checked` skips the subgroup test of keys that passed check_point before.
Status eddsa_verify(const std::uint64_t* keys, const std::uint64_t* messages, const std::uint64_t* signatures,
                    std::size_t n, bool keys_checked, std::uint8_t* statuses) noexcept;

// ok if the point is on the curve, of order l, and not the identity; else non_canonical, not_on_curve or
// not_in_subgroup.
Status check_point(const std::uint64_t* point) noexcept;
// 32 bytes little-endian: y, and in the top bit whether x > (r - 1) / 2 (circomlibjs packPoint).
Status pack_point(const std::uint64_t* point, std::uint8_t* out) noexcept;
// non_canonical: y >= r, or the sign bit set with x = 0; not_on_curve: no x for this y. Says nothing of the subgroup.
Status unpack_point(const std::uint8_t* bytes, std::uint64_t* point) noexcept;
// p + q and k p for public values on the curve (k any integer below 2^256); not_on_curve otherwise.
Status add_points(const std::uint64_t* p, const std::uint64_t* q, std::uint64_t* out) noexcept;
Status multiply_point(const std::uint64_t* k, const std::uint64_t* p, std::uint64_t* out) noexcept;
// k Base8 for a secret k < l; out_of_range otherwise.
Status multiply_base(const std::uint64_t* k, std::uint64_t* out) noexcept;

struct EddsaKernel {
  Status (*derive)(SigningKey&, const std::uint8_t*) noexcept;
  Status (*sign)(const SigningKey&, const std::uint64_t*, const std::uint8_t*, std::uint64_t*) noexcept;
  Status (*verify)(const std::uint64_t*, const std::uint64_t*, const std::uint64_t*, bool) noexcept;
  Status (*check)(const std::uint64_t*) noexcept;
  Status (*pack)(const std::uint64_t*, std::uint8_t*) noexcept;
  Status (*unpack)(const std::uint8_t*, std::uint64_t*) noexcept;
  Status (*add)(const std::uint64_t*, const std::uint64_t*, std::uint64_t*) noexcept;
  Status (*multiply)(const std::uint64_t*, const std::uint64_t*, std::uint64_t*) noexcept;
  Status (*multiply_base)(const std::uint64_t*, std::uint64_t*) noexcept;
};
extern const EddsaKernel kEddsaPortable;
#if defined(ASSAY_X86)
extern const EddsaKernel kEddsaAdx;
#endif

}  // namespace assay::babyjubjub
