#include "groth16/prove.h"

#include <atomic>
#include <cstring>

#include "base/words.h"
#include "groth16/kernel.h"
#include "groth16/points.h"
#include "groth16/scalar.h"
#include "msm/msm.h"
#include "ntt/domain.h"
#include "ntt/ntt.h"

namespace assay {
namespace {

using bn254::G1Affine;
using bn254::G1Jacobian;
using bn254::G2Affine;
using bn254::G2Jacobian;
using groth16::load;

constexpr std::size_t kGrain = 4096;
constexpr std::size_t kSteps = 6;  // quotient, then H, L, A, B1, B2

// Rows A w, B w, C w on the domain, checked; afterwards c holds A w o B w, which equals C w. Without C nothing can be
// checked: a wrong witness gives a proof that does not verify.
Status evaluate_rows(const R1cs& system, const Groth16Sizes& sizes, const std::uint64_t* witness, Words& a, Words& b,
                     Words& c, std::size_t* failing_row, JobControl* control) noexcept {
  const std::size_t rows = system.num_constraints, n = sizes.domain();
  Words w;  // in Montgomery form
  ASSAY_TRY(w.allocate(4 * sizes.num_wires));
  std::memcpy(w.data(), witness, 32 * sizes.num_wires);
  ASSAY_TRY(fr_to_montgomery(w.data(), sizes.num_wires));
  if (!(load<Fr>(w.data()) == Fr::one())) {
    *failing_row = rows;
    return Status::unsatisfied;
  }
  for (Words* x : {&a, &b, &c}) {
    ASSAY_TRY(x->allocate(4 * n));
    std::memset(x->data() + 4 * rows, 0, 32 * (n - rows));
  }
  ASSAY_TRY(r1cs_evaluate(system, w.data(), a.data(), b.data(), system.lacks_c ? nullptr : c.data(), control));
  std::memcpy(a.data() + 4 * rows, w.data(), 32 * (sizes.num_public + 1));

  std::atomic<std::size_t> failing{rows};
  ASSAY_TRY(parallel_for(
      rows, kGrain,
      [&](std::size_t begin, std::size_t end) noexcept {
        const std::size_t row = groth16_kernel().multiply_checked(a.data(), b.data(), c.data(), begin, end);
        std::size_t seen = failing.load();
        while (row < end && !system.lacks_c && row < seen && !failing.compare_exchange_weak(seen, row)) {
        }
      },
      control));
  if (failing.load() == rows) return Status::ok;
  *failing_row = failing.load();
  return Status::unsatisfied;
}

// a <- P(x_i) = A B - C on the odd coset, natural order, canonical integers
Status quotient_values(const R1cs& system, const Groth16Sizes& sizes, const std::uint64_t* witness, Words& a,
                       std::size_t* failing_row, JobControl* control) noexcept {
  Words b, c;
  ASSAY_TRY(evaluate_rows(system, sizes, witness, a, b, c, failing_row, control));
  const std::size_t n = sizes.domain();
  const Fr shift = domain_root<Fr>(sizes.domain_log + 1);
  for (Words* x : {&a, &b, &c}) {
    ASSAY_TRY(ntt_bit_reverse(x->data(), n, control));
    ASSAY_TRY(ntt_extend(x->data(), n, shift.v, control));
  }
  ASSAY_TRY(parallel_for(
      n, kGrain,
      [&](std::size_t begin, std::size_t end) noexcept {
        groth16_kernel().join(a.data(), b.data(), c.data(), begin, end);
      },
      control));
  ASSAY_TRY(ntt_bit_reverse(a.data(), n, control));
  return fr_from_montgomery(a.data(), n);
}

// The sums over the witness.
struct Sums {
  G1Affine h, l, a, b1;
  G2Affine b2;
};

Status witness_sums(const R1cs& system, const Groth16KeyView<const std::uint64_t>& key, const std::uint64_t* witness,
                    Sums& sums, std::size_t* failing_row, JobControl* control) noexcept {
  std::uint64_t out[kG2Words];
  std::size_t step = 0;
  const auto next = [&](const char* stage) noexcept {
    if (control != nullptr) control->report(stage, step++, kSteps);
  };
  {
    next("quotient");
    Words p;
    ASSAY_TRY(quotient_values(system, key.sizes, witness, p, failing_row, control));
    next("H");
    ASSAY_TRY(msm_g1(key.h, p.data(), key.sizes.domain(), out, control));
    sums.h = load<G1Affine>(out);
  }
  const std::size_t wires = key.sizes.num_wires, privates = key.sizes.num_private();
  next("L");
  ASSAY_TRY(msm_g1(key.l, witness + 4 * (wires - privates), privates, out, control));
  sums.l = load<G1Affine>(out);
  next("A");
  ASSAY_TRY(msm_g1(key.a, witness, wires, out, control));
  sums.a = load<G1Affine>(out);
  next("B1");
  ASSAY_TRY(msm_g1(key.b1, witness, wires, out, control));
  sums.b1 = load<G1Affine>(out);
  next("B2");
  ASSAY_TRY(msm_g2(key.b2, witness, wires, out, control));
  sums.b2 = load<G2Affine>(out);
  if (control != nullptr) control->report("B2", kSteps, kSteps);
  return Status::ok;
}

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

void assemble(const Groth16KeyView<const std::uint64_t>& key, const Sums& sums, const Fr& r, const Fr& s,
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
                     const std::uint64_t* blinding, std::uint64_t* proof, std::size_t* failing_row,
                     JobControl* control) noexcept {
  if (system.num_wires != key.sizes.num_wires || system.num_public != key.sizes.num_public ||
      groth16_domain_log(system.num_constraints, system.num_public) != key.sizes.domain_log)
    return Status::wrong_key;
  Sums sums;
  const ZeroizeGuard wipe_sums(sums);
  ASSAY_TRY(witness_sums(system, key, witness, sums, failing_row, control));
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
