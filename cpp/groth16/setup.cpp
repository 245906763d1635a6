#include "groth16/setup.h"

#include <cstring>

#include "base/pages.h"
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

  const Fr one = Fr::one();  // 1 / gamma
  Fr delta_inverse = inverse(t.delta);
  const ZeroizeGuard wipe(delta_inverse);
  const auto combine = [&](std::size_t begin, std::size_t end, const Fr& scale) noexcept {
    groth16_kernel().combine(columns.a.data(), columns.b.data(), columns.k.data(), t.alpha.v, t.beta.v, scale.v, begin,
                             end);
  };
  combine(0, publics, one);
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

// Writes points and tells the caller how many are done.
class PointWriter {
 public:
  PointWriter(std::size_t total, bool mapped, JobControl* control) noexcept
      : total_(total), mapped_(mapped), control_(control) {
    groth16::store(g1_, bn254::kG1Generator);
    groth16::store(g2_, bn254::kG2Generator);
  }

  Status g1(const std::uint64_t* scalars, std::size_t n, std::uint64_t* out) noexcept {
    return in_pieces(n, out, kG1Words, [&](std::size_t at, std::size_t count) noexcept {
      return fixed_base_g1(g1_, scalars + 4 * at, count, out + kG1Words * at, control_);
    });
  }
  Status g2(const std::uint64_t* scalars, std::size_t n, std::uint64_t* out) noexcept {
    return in_pieces(n, out, kG2Words, [&](std::size_t at, std::size_t count) noexcept {
      return fixed_base_g2(g2_, scalars + 4 * at, count, out + kG2Words * at, control_);
    });
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{1} << 18;  // between reports; tables are made anew for each

  template <class Body>
  Status in_pieces(std::size_t n, const std::uint64_t* out, std::size_t words, Body&& body) noexcept {
    for (std::size_t at = 0; at < n; at += kPiece) {
      const std::size_t count = n - at < kPiece ? n - at : kPiece;
      ASSAY_TRY(body(at, count));
      if (mapped_) discard_pages(out + words * at, 8 * words * count);
      done_ += count;
      if (control_ != nullptr) control_->report("points", done_, total_);
    }
    return Status::ok;
  }

  std::uint64_t g1_[kG1Words], g2_[kG2Words];  // the generators
  std::size_t total_, done_ = 0;
  bool mapped_;
  JobControl* control_;
};

Status fixed_elements(const Trapdoor& t, const Groth16KeyView<std::uint64_t>& key, PointWriter& points) noexcept {
  std::uint64_t g1[3][4], g2[3][4];
  const ZeroizeGuard wipe_g1(g1);
  const ZeroizeGuard wipe_g2(g2);
  t.alpha.to_limbs(g1[0]);
  t.beta.to_limbs(g1[1]);
  t.delta.to_limbs(g1[2]);
  t.beta.to_limbs(g2[0]);
  Fr::one().to_limbs(g2[1]);
  t.delta.to_limbs(g2[2]);
  std::uint64_t* out1[3] = {key.alpha1, key.beta1, key.delta1};
  std::uint64_t* out2[3] = {key.beta2, key.gamma2, key.delta2};
  for (int i = 0; i < 3; ++i) {
    ASSAY_TRY(points.g1(g1[i], 1, out1[i]));
    ASSAY_TRY(points.g2(g2[i], 1, out2[i]));
  }
  return Status::ok;
}

Status setup(const R1cs& system, const Trapdoor& t, const Groth16KeyView<std::uint64_t>& key, bool mapped,
             JobControl* control) noexcept {
  if (system.lacks_c) return Status::out_of_range;
  Groth16Sizes sizes;
  ASSAY_TRY(groth16_sizes(system, sizes));
  if (sizes.num_wires != key.sizes.num_wires || sizes.num_public != key.sizes.num_public ||
      sizes.domain_log != key.sizes.domain_log)
    return Status::invalid_length;
  const std::size_t wires = sizes.num_wires, publics = sizes.num_public + 1, n = sizes.domain();

  if (control != nullptr) control->report("columns", 0, 1);
  Columns columns;
  ASSAY_TRY(make_columns(system, t, sizes, columns, control));
  if (control != nullptr) control->report("columns", 1, 1);

  PointWriter points(4 * wires + n + 6, mapped, control);
  ASSAY_TRY(fixed_elements(t, key, points));
  for (Words* column : {&columns.a, &columns.b, &columns.k}) ASSAY_TRY(fr_from_montgomery(column->data(), wires));
  ASSAY_TRY(points.g1(columns.k.data(), publics, key.ic));
  ASSAY_TRY(points.g1(columns.k.data() + 4 * publics, sizes.num_private(), key.l));
  columns.k.release();
  ASSAY_TRY(points.g1(columns.a.data(), wires, key.a));
  columns.a.release();
  ASSAY_TRY(points.g1(columns.b.data(), wires, key.b1));
  ASSAY_TRY(points.g2(columns.b.data(), wires, key.b2));
  columns.b.release();

  Words quotient;
  ASSAY_TRY(make_quotient_basis(t, sizes.domain_log, quotient, control));
  ASSAY_TRY(fr_from_montgomery(quotient.data(), n));
  return points.g1(quotient.data(), n, key.h);
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
