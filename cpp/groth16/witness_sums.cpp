#include "groth16/witness_sums.h"

#include <algorithm>

#include "base/pages.h"
#include "base/zeroize.h"
#include "groth16/points.h"
#include "msm/classes.h"

namespace assay {
namespace {

using bn254::G1Jacobian;
using bn254::G2Jacobian;

// One section's sum as it grows.
template <class F>
struct Section {
  const char* name;
  const std::uint64_t* points;
  std::size_t first = 0;  // the wire of its first point
  Jacobian<F> total = Jacobian<F>::infinity();
};

class Windows {
 public:
  Windows(const Groth16ProveOptions& options, const Groth16Sizes& sizes, JobControl* control) noexcept
      : options_(options),
        control_(control),
        size_(options.window > 0 ? options.window : std::max(sizes.num_wires, sizes.domain())),
        steps_(count(sizes.domain()) + 3 * count(sizes.num_public + 1) + 4 * count(sizes.num_private())) {}
  std::size_t count(std::size_t n) const noexcept { return (n + size_ - 1) / size_; }

  // body(begin, end) over equal windows of [from, to)
  template <class Body>
  Status for_each(std::size_t from, std::size_t to, Body&& body) const noexcept {
    const std::size_t windows = count(to - from);
    for (std::size_t i = 0; i < windows; ++i)
      ASSAY_TRY(body(from + (to - from) * i / windows, from + (to - from) * (i + 1) / windows));
    return Status::ok;
  }

  // section.total += the sum over [begin, end), whose scalars start at `scalars`. With `classes` they are taken as
  // grouped there, else over the multiples in `table`, if not null.
  template <class F>
  Status add(Section<F>& section, std::size_t begin, std::size_t end, const std::uint64_t* scalars,
             const ScalarClasses* classes, const PrecomputedBases* table) noexcept {
    constexpr std::size_t kWords = sizeof(Affine<F>) / 8;
    if (control_ != nullptr) control_->report(section.name, step_++, steps_);
    const std::uint64_t* points = section.points + kWords * (begin - section.first);
    std::uint64_t out[kWords];
    const ZeroizeGuard wipe(out);
    const Status status = classes == nullptr && table != nullptr ? msm_precomputed(*table, scalars, out, control_)
                                                                 : sum(points, end - begin, scalars, classes, out);
    if (options_.mapped) discard_pages(points, 8 * kWords * (end - begin));
    ASSAY_TRY(status);
    section.total = assay::add(section.total, groth16::load<Affine<F>>(out));
    return Status::ok;
  }

  void finish() const noexcept {
    if (control_ != nullptr) control_->report("B2", steps_, steps_);
  }

 private:
  template <std::size_t kWords>
  Status sum(const std::uint64_t* points, std::size_t n, const std::uint64_t* scalars, const ScalarClasses* classes,
             std::uint64_t (&out)[kWords]) noexcept {
    const MsmMemory memory = options_.window > 0 ? MsmMemory::lean : MsmMemory::fast;
    if constexpr (kWords == kG1Words) {
      return classes ? msm_g1(points, *classes, out, control_, memory)
                     : msm_g1(points, scalars, n, out, control_, memory);
    } else {
      return classes ? msm_g2(points, *classes, out, control_, memory)
                     : msm_g2(points, scalars, n, out, control_, memory);
    }
  }

  const Groth16ProveOptions& options_;
  JobControl* control_;
  std::size_t size_, steps_, step_ = 0;
};

}  // namespace

Status groth16_witness_sums(const Groth16KeyView<const std::uint64_t>& key, const std::uint64_t* witness,
                            Words& quotient, const Groth16ProveOptions& options, Groth16Sums& sums,
                            JobControl* control) noexcept {
  const std::size_t wires = key.sizes.num_wires, rows = key.sizes.domain(), publics = key.sizes.num_public + 1;
  Windows windows(options, key.sizes, control);
  Section<Fp> h{"H", key.h}, l{"L", key.l, publics}, a{"A", key.a}, b1{"B1", key.b1};
  Section<bn254::Fp2> b2{"B2", key.b2};
  const auto table = [&options](Groth16Section section) noexcept {
    return options.tables == nullptr ? nullptr : options.tables->table(section);
  };
  ASSAY_TRY(windows.for_each(0, rows, [&](std::size_t begin, std::size_t end) noexcept {
    return windows.add(h, begin, end, quotient.data() + 4 * begin, nullptr, table(Groth16Section::h));
  }));
  quotient.release();
  if (options.window > 0) discard_freed_memory();

  // the public wires, which have no l and no tables, on their own
  const auto wires_of = [&](std::size_t begin, std::size_t end) noexcept -> Status {
    const std::uint64_t* scalars = witness + 4 * begin;
    ScalarClasses grouped;
    ASSAY_TRY(grouped.build(scalars, end - begin, control));
    const auto add = [&](auto& section, Groth16Section name) noexcept -> Status {
      const PrecomputedBases* multiples = begin >= publics ? table(name) : nullptr;
      const bool merge = multiples != nullptr ? grouped.pays_beside_multiples() : grouped.pays();
      return windows.add(section, begin, end, scalars, merge ? &grouped : nullptr, multiples);
    };
    if (begin >= publics) ASSAY_TRY(add(l, Groth16Section::l));
    ASSAY_TRY(add(a, Groth16Section::a));
    ASSAY_TRY(add(b1, Groth16Section::b1));
    return add(b2, Groth16Section::b2);
  };
  ASSAY_TRY(windows.for_each(0, publics, wires_of));
  ASSAY_TRY(windows.for_each(publics, wires, wires_of));
  windows.finish();
  sums = {to_affine_var(h.total), to_affine_var(l.total), to_affine_var(a.total), to_affine_var(b1.total),
          to_affine_var(b2.total)};
  return Status::ok;
}

}  // namespace assay
