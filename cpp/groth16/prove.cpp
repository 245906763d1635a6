#include "groth16/prove.h"

#include "base/pages.h"
#include "groth16/points.h"
#include "groth16/quotient.h"
#include "groth16/scalar.h"
#include "groth16/witness_sums.h"
#include "ntt/ntt.h"

namespace assay {
namespace {

using bn254::G1Affine;
using bn254::G1Jacobian;
using bn254::G2Affine;
using bn254::G2Jacobian;
using groth16::load;

template <class F>
Jacobian<F> sum(const Affine<F>& p, const Affine<F>& q, const Affine<F>& t) noexcept {
  return add(add(Jacobian<F>::from(p), q), t);
}

// k P for a secret k
template <class F>
Affine<F> times(const Affine<F>& p, const Fr& k, const F& curve_b) noexcept {
  std::uint64_t limbs[4];
  const ZeroizeGuard wipe(limbs);
  k.to_limbs(limbs);
  return mul(p, limbs, 4, curve_b);
}

void assemble(const Groth16KeyView<const std::uint64_t>& key, const Groth16Sums& sums, const Fr& r, const Fr& s,
              std::uint64_t* proof) noexcept {
  const auto delta1 = load<G1Affine>(key.delta1);
  const auto delta2 = load<G2Affine>(key.delta2);
  const auto g1 = [](const G1Affine& p, const Fr& k) noexcept { return times(p, k, bn254::kG1B); };
  const G1Affine a = to_affine_var(sum(load<G1Affine>(key.alpha1), sums.a, g1(delta1, r)));
  const G1Affine b1 = to_affine_var(sum(load<G1Affine>(key.beta1), sums.b1, g1(delta1, s)));
  const G2Affine b2 = to_affine_var(sum(load<G2Affine>(key.beta2), sums.b2, times(delta2, s, bn254::kG2B)));
  Fr rs = r * s;
  const ZeroizeGuard wipe(rs);
  const G1Jacobian blinded = sum(g1(a, s), g1(b1, r), neg(g1(delta1, rs)));
  const G1Affine c = to_affine_var(add(add(blinded, sums.h), sums.l));
  groth16::store_canonical(proof, a);
  groth16::store_canonical(proof + kG1Words, b2);
  groth16::store_canonical(proof + kG1Words + kG2Words, c);
}

}  // namespace

Status groth16_prove(const R1cs& system, const Groth16KeyView<const std::uint64_t>& key, const std::uint64_t* witness,
                     const std::uint64_t* blinding, const Groth16ProveOptions& options, std::uint64_t* proof,
                     std::size_t* failing_row, JobControl* control) noexcept {
  if (system.num_wires != key.sizes.num_wires || system.num_public != key.sizes.num_public ||
      groth16_domain_log(system.num_constraints, system.num_public) != key.sizes.domain_log)
    return Status::wrong_key;
  if (options.tables != nullptr && options.tables->sizes() != key.sizes) return Status::wrong_key;
  const auto give_back = [&options]() noexcept {
    if (options.window > 0) discard_freed_memory();
  };
  Groth16Sums sums;
  const ZeroizeGuard wipe_sums(sums);
  give_back();
  Words quotient;
  if (control != nullptr) control->report("quotient", 0, 1);
  ASSAY_TRY(groth16_quotient(system, key.sizes, witness, quotient, failing_row, control));
  if (options.window > 0) ntt_release_roots();
  give_back();
  ASSAY_TRY(groth16_witness_sums(key, witness, quotient, options, sums, control));
  Fr r, s;
  const ZeroizeGuard wipe_r(r);
  const ZeroizeGuard wipe_s(s);
  if (blinding != nullptr) {
    ASSAY_TRY(Fr::from_limbs(r, blinding));
    ASSAY_TRY(Fr::from_limbs(s, blinding + 4));
  } else {
    ASSAY_TRY(random_scalar(r));
    ASSAY_TRY(random_scalar(s));
  }
  assemble(key, sums, r, s, proof);
  return Status::ok;
}

}  // namespace assay
