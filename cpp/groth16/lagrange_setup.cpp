#include "groth16/lagrange_setup.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>

#include "base/words.h"
#include "cpu/features.h"

namespace assay {
namespace {

const LagrangeSetupKernel& kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kLagrangeSetupAdx;
#endif
  return kLagrangeSetupPortable;
}

constexpr int kNone = -1;

// One array of the key: for each matrix the basis that its entries weigh (null: none), and whose consistency rows.
struct Target {
  const std::uint64_t* bases[3];
  int consistency;  // the matrix whose bases the consistency rows weigh, or kNone
  std::size_t words;
};

class Columns {
 public:
  Columns(const R1cs& system, const Groth16KeyView<std::uint64_t>& key, const LagrangePoints& points,
          JobControl* control) noexcept
      : system_(system),
        key_(key),
        control_(control),
        targets_{{{points.tau1, nullptr, nullptr}, 0, kG1Words},
                 {{nullptr, points.tau1, nullptr}, kNone, kG1Words},
                 {{nullptr, points.tau2, nullptr}, kNone, kG2Words},
                 {{points.beta, points.alpha, points.tau1}, 0, kG1Words}} {}

  Status run() noexcept {
    scalars_.reset(new (std::nothrow) SignedScalar[system_.coefficients.size()]);
    if (!scalars_) return Status::out_of_memory;
    for (std::size_t i = 0; i < system_.coefficients.size(); ++i)
      kernel().split(system_.coefficients[i].data(), scalars_[i]);
    const std::size_t parts = std::min<std::size_t>(4 * num_threads(), 64);
    const std::size_t width = (system_.num_wires + parts - 1) / parts, tasks = kTargets * parts;
    std::atomic<int> failed{static_cast<int>(Status::ok)};
    std::atomic<std::size_t> done{0};
    if (control_ != nullptr) control_->report("columns", 0, tasks);
    ASSAY_TRY(parallel_for(
        tasks, 1,
        [&](std::size_t first, std::size_t last) noexcept {
          for (std::size_t task = first; task < last; ++task) {
            const std::size_t begin = std::min(task / kTargets * width, system_.num_wires);
            const Status status = part(task % kTargets, begin, std::min(begin + width, system_.num_wires));
            if (status != Status::ok) failed.store(static_cast<int>(status));
            done.fetch_add(1);
          }
        },
        control_));
    if (control_ != nullptr) control_->report("columns", tasks, tasks);
    return static_cast<Status>(failed.load());
  }

 private:
  static constexpr std::size_t kTargets = 4;  // a, b1, b2, and ic with l

  // The wires [begin, end) of one array.
  Status part(std::size_t target, std::size_t begin, std::size_t end) noexcept {
    const Target& t = targets_[target];
    const std::size_t count = end - begin, sum_words = t.words / 2 * 3;
    if (count == 0) return Status::ok;
    Words sums, affine;
    ASSAY_TRY(sums.allocate(sum_words * count));
    std::memset(sums.data(), 0, 8 * sum_words * count);
    const auto add = t.words == kG1Words ? kernel().add_g1 : kernel().add_g2;
    for (int which = 0; which < 3; ++which) {
      if (t.bases[which] == nullptr) continue;
      const std::uint64_t* base = t.bases[which];
      for (const R1csBlock& block : system_.blocks) {
        const SparseRows& m = block.matrix[which];
        const SparseRowsView view{m.offsets.data(), m.columns.data(), m.coefficients.data()};
        for (std::size_t stamp = 0; stamp < block.count; ++stamp, base += t.words * block.rows()) {
          if (control_ != nullptr && control_->cancelled()) return Status::cancelled;
          add(view, block.rows(), block.wires_of(stamp), scalars_.get(), base, sums.data(), begin, end);
        }
      }
    }
    if (t.consistency != kNone) add_consistency(t, sums.data(), begin, end);
    ASSAY_TRY(affine.allocate(t.words * count));
    (t.words == kG1Words ? kernel().affine_g1 : kernel().affine_g2)(sums.data(), count, affine.data());
    store(target, affine.data(), begin, end);
    return Status::ok;
  }

  // Row num_constraints + i holds 1 at wire i, i = 0 .. num_public.
  void add_consistency(const Target& t, std::uint64_t* sums, std::size_t begin, std::size_t end) const noexcept {
    constexpr std::uint32_t kOffsets[2] = {0, 1}, kCoefficient[1] = {R1cs::kOne};
    for (std::size_t wire = begin; wire < std::min(end, system_.num_public + 1); ++wire) {
      const auto column = static_cast<std::uint32_t>(wire);
      kernel().add_g1({kOffsets, &column, kCoefficient}, 1, nullptr, scalars_.get(),
                      t.bases[t.consistency] + t.words * (system_.num_constraints + wire), sums, begin, end);
    }
  }

  void store(std::size_t target, const std::uint64_t* points, std::size_t begin, std::size_t end) const noexcept {
    std::uint64_t* const whole[3] = {key_.a, key_.b1, key_.b2};
    const std::size_t words = targets_[target].words;
    if (target < 3) {
      std::memcpy(whole[target] + words * begin, points, 8 * words * (end - begin));
      return;
    }
    const std::size_t publics = system_.num_public + 1;
    for (std::size_t wire = begin; wire < end; ++wire, points += words)
      std::memcpy(wire < publics ? key_.ic + words * wire : key_.l + words * (wire - publics), points, 8 * words);
  }

  const R1cs& system_;
  const Groth16KeyView<std::uint64_t>& key_;
  JobControl* control_;
  Target targets_[kTargets];
  std::unique_ptr<SignedScalar[]> scalars_;
};

}  // namespace

Status groth16_columns_from_lagrange(const R1cs& system, const LagrangePoints& points,
                                     const Groth16KeyView<std::uint64_t>& key, JobControl* control) noexcept {
  if (system.lacks_c) return Status::out_of_range;
  if (system.num_wires != key.sizes.num_wires || system.num_public != key.sizes.num_public ||
      groth16_domain_log(system.num_constraints, system.num_public) != key.sizes.domain_log)
    return Status::invalid_length;
  return Columns(system, key, points, control).run();
}

}  // namespace assay
