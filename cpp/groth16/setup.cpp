#include "groth16/setup.h"

#include <cstring>
#include <iterator>

#include "base/words.h"
#include "groth16/kernel.h"
#include "groth16/points.h"
#include "groth16/scalar.h"
#include "msm/fixed_base.h"
#include "ntt/domain.h"
#include "ntt/ntt.h"

namespace assay {
namespace {

constexpr std::size_t kGrain = 4096;
constexpr Fr kGamma = Fr::one();

struct Trapdoor {
  Fr tau, alpha, beta, delta;
};

// Column values at tau, one for each wire: a, b, and (beta a + alpha b + c) over gamma or delta.
struct Columns {
  Words a, b, k;
};

// The wires in `tasks` equal parts for each matrix: a part scans all entries and keeps its own, so nothing is shared.
Status add_matrix_columns(const R1cs& system, const std::uint64_t* lagrange, Columns& columns, JobControl* control) {
  const std::size_t parts = num_threads() < 8 ? 2 * num_threads() : 16;
  const std::size_t width = (system.num_wires + parts - 1) / parts;
  std::uint64_t* out[3] = {columns.a.data(), columns.b.data(), columns.k.data()};
  const auto* coefficients = reinterpret_cast<const std::uint64_t*>(system.coefficients.data());
  return parallel_for(
      3 * parts, 1,
      [&](std::size_t first, std::size_t last) noexcept {
        for (std::size_t task = first; task < last; ++task) {
          const std::size_t which = task / parts, begin = (task % parts) * width;
          const std::uint64_t* basis = lagrange;
          for (const R1csBlock& block : system.blocks) {
            const SparseRows& m = block.matrix[which];
            const SparseRowsView view{m.offsets.data(), m.columns.data(), m.coefficients.data()};
            for (std::size_t stamp = 0; stamp < block.count; ++stamp, basis += 4 * block.rows()) {
              if (control != nullptr && control->cancelled()) return;
              groth16_kernel().add_columns(view, block.rows(), block.wires_of(stamp), coefficients, basis, out[which],
                                           begin, begin + width);
            }
          }
        }
      },
      control);
}

Status scale_all(std::uint64_t* x, const Fr& factor, std::size_t n, JobControl* control) noexcept {
  return parallel_for(
      n, kGrain, [&](std::size_t begin, std::size_t end) noexcept { groth16_kernel().scale(x, factor.v, begin, end); },
      control);
}

Status make_columns(const R1cs& system, const Trapdoor& t, const Groth16Sizes& sizes, Columns& columns,
                    JobControl* control) noexcept {
  const std::size_t wires = sizes.num_wires, publics = sizes.num_public + 1;
  Words lagrange;
  ASSAY_TRY(lagrange.allocate(4 * sizes.domain()));
  ASSAY_TRY(ntt_lagrange(t.tau.v, sizes.domain(), lagrange.data(), control));
  for (Words* column : {&columns.a, &columns.b, &columns.k}) {
    ASSAY_TRY(column->allocate(4 * wires));
    std::memset(column->data(), 0, 32 * wires);
  }
  ASSAY_TRY(add_matrix_columns(system, lagrange.data(), columns, control));
  Fr* a = reinterpret_cast<Fr*>(columns.a.data());
  const Fr* consistency = reinterpret_cast<const Fr*>(lagrange.data()) + system.num_constraints;
  for (std::size_t i = 0; i < publics; ++i) a[i] += consistency[i];

  Fr delta_inverse = inverse(t.delta);
  const ZeroizeGuard wipe(delta_inverse);
  const auto combine = [&](std::size_t begin, std::size_t end, const Fr& scale) noexcept {
    groth16_kernel().combine(columns.a.data(), columns.b.data(), columns.k.data(), t.alpha.v, t.beta.v, scale.v, begin,
                             end);
  };
  combine(0, publics, kGamma);  // 1 / gamma = gamma
  return parallel_for(
      sizes.num_private(), kGrain,
      [&](std::size_t begin, std::size_t end) noexcept { combine(publics + begin, publics + end, delta_inverse); },
      control);
}

// L_(2 i + 1)(tau) / delta over the domain of size 2 n. With v of order 2 n and y = tau / v, y^n = -tau^n and
//   L_(2 i + 1)(tau) = (tau^2n - 1) / 2n * w^i / (y - w^i) = -(tau^n - 1) / 2 * L_i(y),  L_i over the domain of size n.
Status make_quotient_basis(const Trapdoor& t, unsigned log_n, Words& out, JobControl* control) noexcept {
  const std::size_t n = std::size_t{1} << log_n;
  ASSAY_TRY(out.allocate(4 * n));
  Fr y = t.tau * inverse_var(domain_root<Fr>(log_n + 1));
  Fr factor = -half(domain_vanishing(t.tau, log_n)) * inverse(t.delta);
  const ZeroizeGuard wipe_y(y);
  const ZeroizeGuard wipe_factor(factor);
  ASSAY_TRY(ntt_lagrange(y.v, n, out.data(), control));
  return scale_all(out.data(), factor, n, control);
}

// All points of a key, one table of multiples for each group. The columns and the quotient's basis are canonical.
Status make_points(const Trapdoor& t, const Columns& columns, const Words& quotient,
                   const Groth16KeyView<std::uint64_t>& key, bool mapped, JobControl* control) noexcept {
  std::uint64_t fixed[4][4];
  const ZeroizeGuard wipe(fixed);
  const Fr* elements[4] = {&t.alpha, &t.beta, &t.delta, &kGamma};
  for (int i = 0; i < 4; ++i) elements[i]->to_limbs(fixed[i]);
  const std::uint64_t *alpha = fixed[0], *beta = fixed[1], *delta = fixed[2], *gamma = fixed[3];
  const std::size_t wires = key.sizes.num_wires, publics = key.sizes.num_public + 1;
  const std::uint64_t *a = columns.a.data(), *b = columns.b.data(), *k = columns.k.data();

  std::uint64_t generator[kG2Words];
  groth16::store(generator, bn254::kG2Generator);
  const FixedBaseList in_g2[] = {
      {beta, 1, key.beta2}, {gamma, 1, key.gamma2}, {delta, 1, key.delta2}, {b, wires, key.b2, mapped}};
  ASSAY_TRY(fixed_base_g2(generator, in_g2, std::size(in_g2), control));

  groth16::store(generator, bn254::kG1Generator);
  const FixedBaseList in_g1[] = {{alpha, 1, key.alpha1},
                                 {beta, 1, key.beta1},
                                 {delta, 1, key.delta1},
                                 {k, publics, key.ic},
                                 {k + 4 * publics, key.sizes.num_private(), key.l, mapped},
                                 {a, wires, key.a, mapped},
                                 {b, wires, key.b1, mapped},
                                 {quotient.data(), key.sizes.domain(), key.h, mapped}};
  return fixed_base_g1(generator, in_g1, std::size(in_g1), control);
}

Status setup(const R1cs& system, const Trapdoor& t, const Groth16KeyView<std::uint64_t>& key, bool mapped,
             JobControl* control) noexcept {
  if (system.lacks_c) return Status::out_of_range;
  Groth16Sizes sizes;
  ASSAY_TRY(groth16_sizes(system, sizes));
  if (sizes.num_wires != key.sizes.num_wires || sizes.num_public != key.sizes.num_public ||
      sizes.domain_log != key.sizes.domain_log)
    return Status::invalid_length;
  if (control != nullptr) control->report("columns", 0, 1);
  Columns columns;
  ASSAY_TRY(make_columns(system, t, sizes, columns, control));
  for (Words* column : {&columns.a, &columns.b, &columns.k})
    ASSAY_TRY(fr_from_montgomery(column->data(), sizes.num_wires));
  Words quotient;
  ASSAY_TRY(make_quotient_basis(t, sizes.domain_log, quotient, control));
  ASSAY_TRY(fr_from_montgomery(quotient.data(), sizes.domain()));
  if (control != nullptr) control->report("columns", 1, 1);
  return make_points(t, columns, quotient, key, mapped, control);
}

}  // namespace

Status groth16_sizes(const R1cs& system, Groth16Sizes& out) noexcept {
  const unsigned log_n = groth16_domain_log(system.num_constraints, system.num_public);
  if (log_n > kGroth16MaxLog) return Status::too_large;
  out = {system.num_wires, system.num_public, log_n};
  return Status::ok;
}

Status groth16_setup(const R1cs& system, const Groth16KeyView<std::uint64_t>& key, bool mapped,
                     JobControl* control) noexcept {
  Trapdoor t;
  const ZeroizeGuard wipe(t);
  for (Fr* secret : {&t.alpha, &t.beta, &t.delta}) ASSAY_TRY(random_nonzero_scalar(*secret));
  do {
    ASSAY_TRY(random_nonzero_scalar(t.tau));
  } while (domain_vanishing(t.tau, key.sizes.domain_log).is_zero());
  return setup(system, t, key, mapped, control);
}

Status groth16_setup_from_trapdoor(const R1cs& system, const std::uint64_t* trapdoor,
                                   const Groth16KeyView<std::uint64_t>& key, bool mapped,
                                   JobControl* control) noexcept {
  Trapdoor t;
  const ZeroizeGuard wipe(t);
  Fr* secrets[4] = {&t.tau, &t.alpha, &t.beta, &t.delta};
  for (int i = 0; i < 4; ++i) {
    ASSAY_TRY(Fr::from_limbs(*secrets[i], trapdoor + 4 * i));
    if (secrets[i]->is_zero()) return Status::out_of_range;
  }
  return setup(system, t, key, mapped, control);
}

}  // namespace assay
