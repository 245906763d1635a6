// The table of multi-scalar kernels of one level, over BN254.
#pragma once

#include <algorithm>
#include <atomic>

#include "curve/bn254/g2.h"
#include "msm/fixed_base_kernel.h"
#include "msm/lanes_combine.h"
#include "msm/merge.h"
#include "msm/pippenger.h"
#include "msm/precomputed_kernel.h"

ASSAY_ISA_BEGIN

namespace msm {

template <class Point, class B>
Status convert_in(std::uint64_t* points, std::size_t n, const B& b) noexcept {
  constexpr std::size_t kCoordinates = sizeof(Point) / sizeof(Fp);
  std::atomic<int> failed{static_cast<int>(Status::ok)};
  ASSAY_TRY(parallel_for(n, 1024, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
      Fp x[kCoordinates];
      Point p;
      for (std::size_t j = 0; j < kCoordinates; ++j)
        if (Fp::from_limbs(x[j], points + 4 * (kCoordinates * i + j)) != Status::ok)
          return failed.store(static_cast<int>(Status::non_canonical), std::memory_order_relaxed);
      std::copy_n(reinterpret_cast<const std::uint64_t*>(x), 4 * kCoordinates, reinterpret_cast<std::uint64_t*>(&p));
      if (!is_on_curve(p, b)) return failed.store(static_cast<int>(Status::not_on_curve), std::memory_order_relaxed);
      std::copy_n(reinterpret_cast<const std::uint64_t*>(&p), 4 * kCoordinates, points + 4 * kCoordinates * i);
    }
  }));
  return static_cast<Status>(failed.load());
}

inline Status points_to_montgomery(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept {
  if (limbs == 8) return convert_in<bn254::G1Affine>(points, n, bn254::kG1B);
  if (limbs == 16) return convert_in<bn254::G2Affine>(points, n, bn254::kG2B);
  return Status::invalid_length;
}

inline Status points_from_montgomery(std::uint64_t* points, std::size_t n, std::size_t limbs) noexcept {
  if (limbs != 8 && limbs != 16) return Status::invalid_length;
  return parallel_for(n * (limbs / 4), 4096, [=](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
      Fp x;
      std::copy_n(points + 4 * i, 4, x.v);
      x.to_limbs(points + 4 * i);
    }
  });
}

}  // namespace msm

ASSAY_ISA_END

#define ASSAY_MSM_KERNEL                         \
  {msm::multiply_add<Fp, Bn254FrParams>,         \
   msm::multiply_add<bn254::Fp2, Bn254FrParams>, \
   msm::fixed_table<Fp>,                         \
   msm::fixed_table<bn254::Fp2>,                 \
   msm::fixed_base<Fp, Bn254FrParams>,           \
   msm::fixed_base<bn254::Fp2, Bn254FrParams>,   \
   msm::combine<Fp>,                             \
   msm::combine<bn254::Fp2>,                     \
   msm::merge<Fp>,                               \
   msm::merge<bn254::Fp2>,                       \
   msm::precompute<Fp>,                          \
   msm::precompute<bn254::Fp2>,                  \
   msm::points_to_montgomery,                    \
   msm::points_from_montgomery}
