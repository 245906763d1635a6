#include "msm/msm.h"

#include <algorithm>

#include "base/large_array.h"
#include "base/words.h"
#include "cpu/known_answer.h"
#include "curve/bn254/g2.h"
#include "msm/classes.h"
#include "msm/fixed_base_kernel.h"
#include "msm/pippenger.h"
#include "msm/precomputed.h"

namespace assay {
namespace {

const MsmKernel& kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kMsmAdx;
#endif
  return kMsmPortable;
}

#if defined(ASSAY_X86)
// Does the kernel in lanes sum multiples of a point, of its negative and of infinity as the scalar one does?
template <class Point>
bool known_answer(const Point& generator, decltype(MsmLanes::g1) lanes, MsmFunction scalar) noexcept {
  constexpr std::size_t n = kLanesFewest, words = sizeof(Point) / sizeof(std::uint64_t);
  Words points, scalars;
  if (points.allocate(words * n) != Status::ok || scalars.allocate(4 * n) != Status::ok) return false;
  auto* bases = reinterpret_cast<Point*>(points.data());
  std::uint64_t x = 1;
  for (std::size_t i = 0; i < n; ++i) {
    bases[i] = i % 16 == 15 ? Point::infinity() : i % 2 == 0 ? generator : neg(generator);
    for (std::size_t j = 0; j < 4; ++j) {
      x = 6364136223846793005 * x + 1442695040888963407;  // Knuth's MMIX generator
      scalars.data()[4 * i + j] = j < 3 ? x : x >> 3;
    }
  }
  std::uint64_t got[words], want[words];
  return lanes(points.data(), scalars.data(), n, nullptr, got, kernel(), nullptr, MsmMemory::fast) == Status::ok &&
         scalar(points.data(), scalars.data(), n, nullptr, want, nullptr, MsmMemory::fast) == Status::ok &&
         std::equal(got, got + words, want);
}

bool usable(IsaLevel level, const MsmLanes& lanes) noexcept {
  static KnownAnswer answer;
  return answer.holds(level, "the multi-scalar sum", [&] {
    return known_answer(bn254::kG1Generator, lanes.g1, kernel().g1) &&
           known_answer(bn254::kG2Generator, lanes.g2, kernel().g2);
  });
}
#endif

// nullptr: the level has no lanes, or they do not pay for n points
const MsmLanes* lanes([[maybe_unused]] std::size_t n) noexcept {
#if defined(ASSAY_X86)
  if (n < kLanesFewest || n > kMsmMaxSize) return nullptr;
  if (isa_level() >= IsaLevel::ifma && usable(IsaLevel::ifma, kMsmIfma)) return &kMsmIfma;
  if (isa_level() >= IsaLevel::avx512 && usable(IsaLevel::avx512, kMsmAvx512)) return &kMsmAvx512;
#endif
  return nullptr;
}

Status sum_g1(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, const MsmShape* shape,
              std::uint64_t* out, JobControl* control, MsmMemory memory) noexcept {
  if (const MsmLanes* fast = lanes(n)) return fast->g1(bases, scalars, n, shape, out, kernel(), control, memory);
  return kernel().g1(bases, scalars, n, shape, out, control, memory);
}
Status sum_g2(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, const MsmShape* shape,
              std::uint64_t* out, JobControl* control, MsmMemory memory) noexcept {
  if (const MsmLanes* fast = lanes(n)) return fast->g2(bases, scalars, n, shape, out, kernel(), control, memory);
  return kernel().g2(bases, scalars, n, shape, out, control, memory);
}

}  // namespace

Status msm_g1(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out,
              JobControl* control, MsmMemory memory) noexcept {
  return sum_g1(bases, scalars, n, nullptr, out, control, memory);
}
Status msm_g2(const std::uint64_t* bases, const std::uint64_t* scalars, std::size_t n, std::uint64_t* out,
              JobControl* control, MsmMemory memory) noexcept {
  return sum_g2(bases, scalars, n, nullptr, out, control, memory);
}

namespace {

Status sum_classes(const std::uint64_t* bases, const ScalarClasses& scalars, std::size_t limbs, MergeFunction merge,
                   MsmFunction sum, std::uint64_t* out, JobControl* control, MsmMemory memory) noexcept {
  Words merged;
  ASSAY_TRY(merged.allocate(limbs * std::max<std::size_t>(scalars.classes(), 1)));
  ASSAY_TRY(merge(bases, scalars.start(), scalars.entries(), scalars.classes(), merged.data(), control));
  return sum(merged.data(), scalars.values(), scalars.classes(), nullptr, out, control, memory);
}

}  // namespace

Status msm_g1(const std::uint64_t* bases, const ScalarClasses& scalars, std::uint64_t* out, JobControl* control,
              MsmMemory memory) noexcept {
  return sum_classes(bases, scalars, 8, kernel().merge_g1, sum_g1, out, control, memory);
}
Status msm_g2(const std::uint64_t* bases, const ScalarClasses& scalars, std::uint64_t* out, JobControl* control,
              MsmMemory memory) noexcept {
  return sum_classes(bases, scalars, 16, kernel().merge_g2, sum_g2, out, control, memory);
}

namespace {

Status fixed_base(const std::uint64_t* base, std::size_t limbs, FixedTableFunction fill, FixedBaseFunction multiply,
                  FixedBaseFunction MsmLanes::* multiply_in_lanes, const FixedBaseList* lists, std::size_t count,
                  JobControl* control) noexcept {
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) total += lists[i].n;
  const unsigned c = msm::fixed_window_bits_for(total);
  LargeArray<std::uint64_t> points;
  if (!points.allocate(limbs * (std::size_t{msm::window_count(c)} << (c - 1)))) return Status::out_of_memory;
  ASSAY_TRY(fill(base, c, points.get(), control));
  const bool infinite = std::all_of(base, base + limbs, [](std::uint64_t x) noexcept { return x == 0; });
  const MsmLanes* fast = infinite ? nullptr : lanes(total);
  return (fast != nullptr ? fast->*multiply_in_lanes : multiply)({points.get(), c}, lists, count, control);
}

}  // namespace

Status fixed_base_g1(const std::uint64_t* base, const FixedBaseList* lists, std::size_t count,
                     JobControl* control) noexcept {
  const MsmKernel& k = kernel();
  return fixed_base(base, 8, k.fixed_table_g1, k.fixed_g1, &MsmLanes::fixed_g1, lists, count, control);
}
Status fixed_base_g2(const std::uint64_t* base, const FixedBaseList* lists, std::size_t count,
                     JobControl* control) noexcept {
  const MsmKernel& k = kernel();
  return fixed_base(base, 16, k.fixed_table_g2, k.fixed_g2, &MsmLanes::fixed_g2, lists, count, control);
}

Status points_to_montgomery(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept {
  return kernel().points_to_montgomery(points, n, limbs);
}
Status points_from_montgomery(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept {
  return kernel().points_from_montgomery(points, n, limbs);
}

namespace {

std::size_t memory_of(std::size_t n, std::size_t limbs, const MsmShape* given, MsmMemory memory) noexcept {
  if (const MsmLanes* fast = lanes(n)) return (limbs == 8 ? fast->memory_g1 : fast->memory_g2)(n, given, memory);
  const MsmShape shape = given != nullptr ? *given : msm::shape_for(n);
  const unsigned c = shape.window_bits;
  const std::size_t entries = n * msm::layer_count(shape);
  const std::size_t group = msm::group_passes(entries, shape.passes, memory, num_threads()), cells = group << (c - 1);
  const std::size_t digits = n * (2 * msm::window_count(c) + sizeof(std::uint32_t));
  const std::size_t sorted = entries * group * sizeof(std::uint32_t);
  const std::size_t buckets =
      cells * (8 * limbs + 2 * sizeof(std::uint32_t)) + (cells >> msm::log_segment(c)) * 16 * limbs;
  return digits + sorted + buckets + num_threads() * (msm::kL2Bytes + (std::size_t{1} << 17));
}

// The fewest additions, W n + 1.1 2^c T.
MsmShape precomputed_shape(std::size_t n, unsigned memory_factor) noexcept {
  MsmShape best{};
  double least = 0;
  for (unsigned c = msm::kMinWindow; c <= msm::kMaxWindow; ++c) {
    const unsigned windows = msm::window_count(c), layers = std::min(memory_factor, windows);
    const unsigned passes = (windows + layers - 1) / layers;
    const double cost = windows * static_cast<double>(n) + 1.1 * passes * static_cast<double>(std::size_t{1} << c);
    if (best.passes == 0 || cost < least) {
      least = cost;
      best = {c, passes};
    }
  }
  return best;
}

}  // namespace

std::size_t msm_memory_estimate(std::size_t n, std::size_t limbs, MsmMemory memory) noexcept {
  return memory_of(n, limbs, nullptr, memory);
}

PrecomputedMemory precomputed_memory_estimate(std::size_t n, std::size_t limbs, unsigned memory_factor,
                                              MsmMemory memory) noexcept {
  const MsmShape shape = precomputed_shape(n, std::max(memory_factor, 1U));
  return {8 * limbs * n * msm::layer_count(shape), memory_of(n, limbs, &shape, memory)};
}

Status PrecomputedBases::build(const std::uint64_t* bases, std::size_t n, std::size_t limbs, unsigned memory_factor,
                               JobControl* control) noexcept {
  if (memory_factor == 0 || (limbs != 8 && limbs != 16)) return Status::invalid_length;
  const MsmShape shape = precomputed_shape(n, memory_factor);
  const std::size_t layers = msm::layer_count(shape);
  if (n > kMsmMaxSize / layers) return Status::too_large;
  n_ = 0;
  if (!points_.allocate(limbs * n * layers)) return Status::out_of_memory;
  const PrecomputeFunction precompute = limbs == 8 ? kernel().precompute_g1 : kernel().precompute_g2;
  ASSAY_TRY(precompute(bases, n, shape, points_.get(), control));
  n_ = n;
  limbs_ = limbs;
  shape_ = shape;
  return Status::ok;
}

Status msm_precomputed(const PrecomputedBases& bases, const std::uint64_t* scalars, std::uint64_t* out,
                       JobControl* control, MsmMemory memory) noexcept {
  return (bases.limbs() == 8 ? sum_g1 : sum_g2)(bases.points(), scalars, bases.size(), &bases.shape(), out, control,
                                                memory);
}

std::size_t fixed_base_memory_estimate(std::size_t n, std::size_t limbs) noexcept {
  const unsigned c = msm::fixed_window_bits_for(n);
  return (msm::window_count(c) << (c - 1)) * 8 * limbs;
}

}  // namespace assay
