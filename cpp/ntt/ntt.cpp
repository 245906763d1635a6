#include "ntt/ntt.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "cpu/known_answer.h"
#include "ntt/domain.h"
#include "ntt/roots_cache.h"

namespace assay {
namespace {

const NttKernel& kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kNttAdx;
#endif
  return kNttPortable;
}

#if defined(ASSAY_X86)
// Does the lane kernel transform 64 values, among them 0 and r - 1, as the scalar one does, and back?
bool known_answer(const NttLanesKernel& lanes) noexcept {
  constexpr unsigned log_n = kNttLanesMinLog;
  constexpr std::size_t words = std::size_t{4} << log_n;
  std::uint64_t start[words] = {}, got[words], want[words];
  for (std::size_t i = 0; i < words / 4; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      start[4 * i + j] = i % 3 == 0 ? 0 : i % 3 == 1 ? Bn254FrParams::modulus[j] - (j == 0) : (i << j) + j;
  std::copy_n(start, words, got);
  std::copy_n(start, words, want);
  NttTable roots, scalar_roots;
  return ntt_roots(roots, log_n - 1, lanes.roots, nullptr) == Status::ok &&
         ntt_roots(scalar_roots, log_n - 1, kernel().roots, nullptr) == Status::ok &&
         lanes.forward(got, log_n, roots.get(), nullptr, false, nullptr) == Status::ok &&
         kernel().forward(want, log_n, scalar_roots.get(), nullptr, false, nullptr) == Status::ok &&
         std::equal(got, got + words, want) &&
         lanes.inverse(got, log_n, roots.get(), nullptr, false, nullptr) == Status::ok &&
         std::equal(got, got + words, start);
}

bool usable(IsaLevel level, const NttLanesKernel& lanes) noexcept {
  static KnownAnswer answer;
  return answer.holds(level, "the transform", [&] { return known_answer(lanes); });
}

// The lane kernel for transforms of 2^log_n elements, or null.
const NttLanesKernel* lanes_kernel(unsigned log_n) noexcept {
  if (log_n < kNttLanesMinLog) return nullptr;
  if (isa_level() >= IsaLevel::ifma && usable(IsaLevel::ifma, kNttIfma)) return &kNttIfma;
  if (isa_level() >= IsaLevel::avx512 && usable(IsaLevel::avx512, kNttAvx512)) return &kNttAvx512;
  return nullptr;
}
#else
const NttLanesKernel* lanes_kernel(unsigned) noexcept { return nullptr; }
#endif

Status log_size(unsigned& log_n, std::size_t n) noexcept {
  if (!std::has_single_bit(n) || n > (std::size_t{1} << kNttMaxLog)) return Status::out_of_range;
  log_n = static_cast<unsigned>(std::countr_zero(n));
  return Status::ok;
}

bool is_zero(const std::uint64_t* x) noexcept { return (x[0] | x[1] | x[2] | x[3]) == 0; }

void swap_elements(std::uint64_t* values, std::size_t i, std::size_t j) noexcept {
  std::swap_ranges(values + 4 * i, values + 4 * i + 4, values + 4 * j);
}

// shift = w_2n
bool is_root_of_next_domain(const std::uint64_t* shift, unsigned log_n) noexcept {
  if (log_n >= kNttMaxLog) return false;
  const Fr root = domain_root<Fr>(log_n + 1);
  return std::equal(shift, shift + 4, root.v);
}

enum class Direction { forward, inverse, extend };

Status lanes_transform(const NttLanesKernel& k, Direction direction, std::uint64_t* values, unsigned log_n,
                       const std::uint64_t* shift, JobControl* control) noexcept {
  const bool odd = shift != nullptr && is_root_of_next_domain(shift, log_n);
  const std::uint64_t* scale = odd ? nullptr : shift;
  NttTable roots;
  ASSAY_TRY(ntt_roots(roots, odd ? log_n : log_n - 1, k.roots, control));
  switch (direction) {
    case Direction::forward:
      return k.forward(values, log_n, roots.get(), scale, odd, control);
    case Direction::inverse:
      return k.inverse(values, log_n, roots.get(), scale, odd, control);
    case Direction::extend:
      ASSAY_TRY(k.inverse(values, log_n, roots.get(), nullptr, false, control));
      return k.forward(values, log_n, roots.get(), scale, odd, control);
  }
  return Status::out_of_range;
}

Status transform(Direction direction, std::uint64_t* values, std::size_t n, const std::uint64_t* shift,
                 JobControl* control) noexcept {
  unsigned log_n = 0;
  ASSAY_TRY(log_size(log_n, n));
  if (shift != nullptr && is_zero(shift)) return Status::not_invertible;
  if (const NttLanesKernel* lanes = lanes_kernel(log_n))
    return lanes_transform(*lanes, direction, values, log_n, shift, control);
  const NttKernel& k = kernel();
  NttTable roots;
  ASSAY_TRY(ntt_roots(roots, log_n > 1 ? log_n - 1 : 0, k.roots, control));
  switch (direction) {
    case Direction::forward:
      return k.forward(values, log_n, roots.get(), shift, false, control);
    case Direction::inverse:
      return k.inverse(values, log_n, roots.get(), shift, true, control);
    case Direction::extend:
      ASSAY_TRY(k.inverse(values, log_n, roots.get(), nullptr, false, control));
      return k.forward(values, log_n, roots.get(), shift, true, control);
  }
  return Status::out_of_range;
}

}  // namespace

Status ntt_forward(std::uint64_t* values, std::size_t n, const std::uint64_t* shift, JobControl* control) noexcept {
  return transform(Direction::forward, values, n, shift, control);
}
Status ntt_inverse(std::uint64_t* values, std::size_t n, const std::uint64_t* shift, JobControl* control) noexcept {
  return transform(Direction::inverse, values, n, shift, control);
}
Status ntt_extend(std::uint64_t* values, std::size_t n, const std::uint64_t* shift, JobControl* control) noexcept {
  return transform(Direction::extend, values, n, shift, control);
}

Status ntt_extend_odd(std::uint64_t* values, std::size_t n, JobControl* control) noexcept {
  unsigned log_n = 0;
  ASSAY_TRY(log_size(log_n, n));
  if (log_n >= kNttMaxLog) return Status::out_of_range;
  if (const NttLanesKernel* lanes = lanes_kernel(log_n)) {
    NttTable roots;
    ASSAY_TRY(ntt_roots(roots, log_n - 1, lanes->roots, control));
    return lanes->extend_odd(values, log_n, roots.get(), control);
  }
  const Fr shift = domain_root<Fr>(log_n + 1);
  ASSAY_TRY(ntt_bit_reverse(values, n, control));
  ASSAY_TRY(ntt_extend(values, n, shift.v, control));
  return ntt_bit_reverse(values, n, control);
}

Status ntt_forward_natural(std::uint64_t* values, std::size_t n, const std::uint64_t* shift,
                           JobControl* control) noexcept {
  ASSAY_TRY(ntt_forward(values, n, shift, control));
  return ntt_bit_reverse(values, n, control);
}
Status ntt_inverse_natural(std::uint64_t* values, std::size_t n, const std::uint64_t* shift,
                           JobControl* control) noexcept {
  ASSAY_TRY(ntt_bit_reverse(values, n, control));
  return ntt_inverse(values, n, shift, control);
}

Status ntt_bit_reverse(std::uint64_t* values, std::size_t n, JobControl* control) noexcept {
  constexpr unsigned kTile = 3;
  unsigned log_n = 0;
  ASSAY_TRY(log_size(log_n, n));
  if (log_n < 2 * kTile) {
    for (std::size_t i = 0; i < n; ++i)
      if (const std::size_t j = reverse_bits(i, log_n); i < j) swap_elements(values, i, j);
    return Status::ok;
  }
  // i = (high, middle, low) goes to (brv low, brv middle, brv high): an 8 x 8 tile goes to one tile, so that each cache
  // line is fetched once.
  const unsigned middle_bits = log_n - 2 * kTile;
  return parallel_for(
      std::size_t{1} << middle_bits, 256,
      [=](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t m = begin; m < end; ++m) {
          const std::size_t opposite = reverse_bits(m, middle_bits);
          if (opposite < m) continue;
          for (std::size_t high = 0; high < (1u << kTile); ++high) {
            for (std::size_t low = 0; low < (1u << kTile); ++low) {
              const std::size_t i = (high << (log_n - kTile)) | (m << kTile) | low;
              const std::size_t j =
                  (reverse_bits(low, kTile) << (log_n - kTile)) | (opposite << kTile) | reverse_bits(high, kTile);
              if (m != opposite || i < j) swap_elements(values, i, j);
            }
          }
        }
      },
      control);
}

Status ntt_lagrange(const std::uint64_t* tau, std::size_t n, std::uint64_t* out, JobControl* control) noexcept {
  unsigned log_n = 0;
  ASSAY_TRY(log_size(log_n, n));
  return kernel().lagrange(tau, log_n, out, control);
}

Status fr_to_montgomery(std::uint64_t* values, std::size_t n) noexcept { return kernel().to_montgomery(values, n); }
Status fr_from_montgomery(std::uint64_t* values, std::size_t n) noexcept { return kernel().from_montgomery(values, n); }

Status fr_require_canonical(const std::uint64_t* values, std::size_t n) noexcept {
  std::atomic<bool> good{true};
  ASSAY_TRY(parallel_for(n, 1 << 14, [&](std::size_t begin, std::size_t end) noexcept {
    std::uint64_t all_below = 1;
    for (std::size_t i = begin; i < end; ++i) {
      std::uint64_t borrow = 0;
      for (std::size_t j = 0; j < 4; ++j) sbb(values[4 * i + j], Bn254FrParams::modulus[j], borrow);
      all_below &= borrow;
    }
    if (all_below == 0) good.store(false, std::memory_order_relaxed);
  }));
  return good.load() ? Status::ok : Status::non_canonical;
}

std::size_t ntt_memory_estimate(std::size_t n, bool odd_coset) noexcept {
  // lanes: roots of 80 bytes, n / 2 of them or, for the coset of w_2n, n; 320 KiB of buffer a thread
  const bool lanes = n > 1 && lanes_kernel(static_cast<unsigned>(std::bit_width(n) - 1)) != nullptr;
  return (lanes ? (odd_coset ? 80 : 40) * n + (std::size_t{320} << 10) * num_threads() : 16 * n) +
         (std::size_t{1} << 18) + (1u << 20);
}

}  // namespace assay
