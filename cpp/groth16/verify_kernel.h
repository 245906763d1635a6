// The body of the verifier's kernels, compiled once for each level (verify_portable.cpp, verify_adx.cpp).
#pragma once

#include "curve/bn254/pairing.h"
#include "curve/bn254/subgroup.h"
#include "groth16/points.h"
#include "groth16/verify.h"

ASSAY_ISA_BEGIN
namespace groth16_verify {

using bn254::Fp12;
using bn254::G1Affine;
using bn254::G2Affine;
using bn254::G2Prepared;
using groth16::load;
using groth16::store;

struct PreparedKey {
  G1Affine alpha;
  G2Prepared beta, gamma, delta;
  Fp12 alpha_beta;
};
static_assert(sizeof(Fp12) == 8 * kGtWords);

inline const PreparedKey& prepared(const std::uint64_t* key) noexcept {
  return *reinterpret_cast<const PreparedKey*>(key);
}

inline Status load_g1(G1Affine& out, const std::uint64_t* words, Status at_infinity) noexcept {
  ASSAY_TRY(groth16::load_canonical(out, words));
  if (out.is_infinity()) return at_infinity;
  return bn254::is_in_g1(out) ? Status::ok : Status::not_on_curve;
}
inline Status load_g2_on_curve(G2Affine& out, const std::uint64_t* words, Status at_infinity) noexcept {
  ASSAY_TRY(groth16::load_canonical(out, words));
  if (out.is_infinity()) return at_infinity;
  return is_on_curve(out, bn254::kG2B) ? Status::ok : Status::not_on_curve;
}
inline Status load_g2(G2Affine& out, const std::uint64_t* words, Status at_infinity) noexcept {
  ASSAY_TRY(load_g2_on_curve(out, words, at_infinity));
  return bn254::is_in_g2_var(out) ? Status::ok : Status::not_in_subgroup;
}

inline Status prepare(const std::uint64_t* fixed, const std::uint64_t* ic, std::size_t count, std::uint64_t* key,
                      std::uint64_t* ic_out) noexcept {
  PreparedKey& k = *reinterpret_cast<PreparedKey*>(key);
  ASSAY_TRY(load_g1(k.alpha, fixed, Status::malformed));
  G2Affine beta, gamma, delta;
  ASSAY_TRY(load_g2(beta, fixed + kG1Words, Status::malformed));
  ASSAY_TRY(load_g2(gamma, fixed + kG1Words + kG2Words, Status::malformed));
  ASSAY_TRY(load_g2(delta, fixed + kG1Words + 2 * kG2Words, Status::malformed));
  for (std::size_t i = 0; i < count; ++i) {
    G1Affine p;
    ASSAY_TRY(load_g1(p, ic + kG1Words * i, Status::malformed));
    store(ic_out + kG1Words * i, p);
  }
  bn254::prepare(k.beta, beta);
  bn254::prepare(k.gamma, gamma);
  bn254::prepare(k.delta, delta);
  k.alpha_beta = bn254::pairing_var(k.alpha, beta);
  return Status::ok;
}

// All but the subgroup of B.
inline Status load_on_curves(const std::uint64_t* proof, std::uint64_t* points) noexcept {
  G1Affine a, c;
  G2Affine b;
  ASSAY_TRY(load_g1(a, proof, Status::invalid_proof));
  ASSAY_TRY(load_g2_on_curve(b, proof + kG1Words, Status::invalid_proof));
  ASSAY_TRY(load_g1(c, proof + kG1Words + kG2Words, Status::invalid_proof));
  store(points, a);
  store(points + kG1Words, b);
  store(points + kG1Words + kG2Words, c);
  return Status::ok;
}

inline Status load_proofs(const std::uint64_t* proofs, std::size_t n, std::uint64_t* points) noexcept {
  for (std::size_t begin = 0; begin < n; begin += kBn254Lanes) {
    const std::size_t count = n - begin < kBn254Lanes ? n - begin : kBn254Lanes;
    G2Affine b[kBn254Lanes];
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t* p = points + kProofWords * (begin + i);
      ASSAY_TRY(load_on_curves(proofs + kProofWords * (begin + i), p));
      b[i] = load<G2Affine>(p + kG1Words);
    }
    if (const Bn254LanesKernel* lanes = bn254_lanes(count)) {
      const unsigned all = (1u << count) - 1;
      if (lanes->in_g2(reinterpret_cast<const std::uint64_t*>(b), count) != all) return Status::not_in_subgroup;
    } else {
      for (std::size_t i = 0; i < count; ++i)
        if (!bn254::is_in_g2_var(b[i])) return Status::not_in_subgroup;
    }
  }
  return Status::ok;
}

// f(-inputs, gamma) f(-c, delta)
inline Fp12 fixed_pairs(const PreparedKey& key, const G1Affine& inputs, const G1Affine& c) noexcept {
  const G1Affine p[2] = {neg(inputs), neg(c)};
  const G2Prepared* q[2] = {&key.gamma, &key.delta};
  return bn254::miller_loop_var(p, q, 2);
}

inline bool check(const std::uint64_t* key, const std::uint64_t* points, const std::uint64_t* inputs) noexcept {
  const auto a = load<G1Affine>(points);
  const auto b = load<G2Affine>(points + kG1Words);
  const auto c = load<G1Affine>(points + kG1Words + kG2Words);
  const Fp12 f = bn254::miller_loop_var(&a, &b, 1) * fixed_pairs(prepared(key), load<G1Affine>(inputs), c);
  return bn254::final_exponentiation_var(f) == prepared(key).alpha_beta;
}

// out[i] <- rho_i A_i for n <= 8 proofs
inline void scale_var(const std::uint64_t* points, const std::uint64_t* rho, std::size_t n, G1Affine* out) noexcept {
  G1Affine a[kBn254Lanes];
  for (std::size_t i = 0; i < n; ++i) a[i] = load<G1Affine>(points + kProofWords * i);
  if (const Bn254LanesKernel* lanes = bn254_lanes(n))
    return lanes->mul128(reinterpret_cast<const std::uint64_t*>(a), rho, n, reinterpret_cast<std::uint64_t*>(out));
  bn254::G1Jacobian scaled[kBn254Lanes];
  Fp scratch[2 * kBn254Lanes];
  for (std::size_t i = 0; i < n; ++i) scaled[i] = mul_var(a[i], rho + 2 * i, 2);
  batch_to_affine_var(scaled, out, n, scratch);
}

inline void miller(const std::uint64_t* points, const std::uint64_t* rho, std::size_t n, std::uint64_t* out) noexcept {
  constexpr std::size_t kPairs = 8 * kBn254Lanes;
  Fp12 product = Fp12::one();
  for (std::size_t begin = 0; begin < n; begin += kPairs) {
    const std::size_t count = n - begin < kPairs ? n - begin : kPairs;
    G1Affine p[kPairs];
    G2Affine q[kPairs];
    for (std::size_t i = 0; i < count; i += kBn254Lanes) {
      const std::size_t width = count - i < kBn254Lanes ? count - i : kBn254Lanes;
      scale_var(points + kProofWords * (begin + i), rho + 2 * (begin + i), width, p + i);
    }
    for (std::size_t i = 0; i < count; ++i) q[i] = load<G2Affine>(points + kProofWords * (begin + i) + kG1Words);
    product = product * bn254::miller_product_var(p, q, count);
  }
  store(out, product);
}

inline bool check_batch(const std::uint64_t* key, const std::uint64_t* millers, std::size_t n,
                        const std::uint64_t* rho_sum, const std::uint64_t* inputs, const std::uint64_t* c) noexcept {
  Fp12 f = fixed_pairs(prepared(key), load<G1Affine>(inputs), load<G1Affine>(c));
  const G1Affine alpha = neg(to_affine_var(mul_var(prepared(key).alpha, rho_sum, 4)));
  const G2Prepared* beta = &prepared(key).beta;
  f = f * bn254::miller_loop_var(&alpha, &beta, 1);
  for (std::size_t i = 0; i < n; ++i) f = f * load<Fp12>(millers + kGtWords * i);
  return bn254::final_exponentiation_var(f) == Fp12::one();
}

inline void alpha_beta(const std::uint64_t* key, std::uint64_t* out) noexcept {
  constexpr std::uint64_t kCofactor[3] = {0x2e5d4e223ddedaf4, 0x1ea96b02d9d9e38d, 0x3bec47df15e307c8};
  groth16::store_canonical(out, bn254::cyclotomic_pow_var(prepared(key).alpha_beta, kCofactor, 3));
}

inline constexpr Groth16VerifyKernel kTable = {
    (sizeof(PreparedKey) + 7) / 8, prepare, load_proofs, check, miller, check_batch, alpha_beta};

}  // namespace groth16_verify
ASSAY_ISA_END
