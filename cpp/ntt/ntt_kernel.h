// The table of NTT kernels of one level, over Fr of BN254.
#pragma once

#include <atomic>

#include "ntt/lagrange.h"
#include "ntt/ntt.h"
#include "ntt/transform.h"

ASSAY_ISA_BEGIN

namespace ntt {

constexpr std::size_t kConvertBlock = 4096;

inline std::size_t scalar_roots_words(unsigned log) noexcept { return std::size_t{4} << log; }

inline Status to_montgomery(std::uint64_t* values, std::size_t n) noexcept {
  std::atomic<bool> bad{false};
  ASSAY_TRY(parallel_for(n, kConvertBlock, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
      Fr x;
      if (Fr::from_limbs(x, values + 4 * i) != Status::ok) return bad.store(true, std::memory_order_relaxed);
      std::copy_n(x.v, 4, values + 4 * i);
    }
  }));
  return bad.load() ? Status::non_canonical : Status::ok;
}

inline Status from_montgomery(std::uint64_t* values, std::size_t n) noexcept {
  return parallel_for(n, kConvertBlock, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
      Fr x;
      std::copy_n(values + 4 * i, 4, x.v);
      x.to_limbs(values + 4 * i);
    }
  });
}

}  // namespace ntt

ASSAY_ISA_END

#define ASSAY_NTT_KERNEL                      \
  {{ntt::scalar_roots_words, ntt::roots<Fr>}, \
   ntt::forward<Fr>,                          \
   ntt::inverse<Fr>,                          \
   ntt::lagrange<Fr>,                         \
   ntt::to_montgomery,                        \
   ntt::from_montgomery}
