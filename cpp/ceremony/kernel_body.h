// The table of ceremony kernels of one level.
#pragma once

#include <cstring>

#include "ceremony/draw.h"
#include "ceremony/kernel.h"
#include "ceremony/lagrange.h"
#include "ceremony/scale.h"

ASSAY_ISA_BEGIN
namespace ceremony {

template <class F>
inline const Affine<F>* as_points(const std::uint64_t* limbs) noexcept {
  return reinterpret_cast<const Affine<F>*>(limbs);
}
template <class F>
inline Affine<F>* as_points(std::uint64_t* limbs) noexcept {
  return reinterpret_cast<Affine<F>*>(limbs);
}
inline Fr as_scalar(const std::uint64_t* limbs) noexcept { return Fr::raw({limbs[0], limbs[1], limbs[2], limbs[3]}); }

template <class F>
inline Status check_point(const std::uint64_t* limbs) noexcept {
  for (std::size_t at = 0; at < sizeof(Affine<F>) / 8; at += 4) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) (void)sbb(limbs[at + i], Fp::Params::modulus[i], borrow);
    if (borrow == 0) return Status::non_canonical;
  }
  const Affine<F>& p = *as_points<F>(limbs);
  return p.is_infinity() ? Status::not_invertible : bn254::check_member(p);
}

template <class F>
Status check(const std::uint64_t* points, std::uint8_t* status, std::size_t n, JobControl* control) noexcept {
  constexpr std::size_t kLimbs = sizeof(Affine<F>) / 8;
  return parallel_for(
      n, 128,
      [&](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t i = begin; i < end; ++i)
          status[i] = static_cast<std::uint8_t>(check_point<F>(points + kLimbs * i));
      },
      control);
}

template <class F>
Status encode(bool compressed, const std::uint64_t* points, std::uint8_t* out, std::size_t n) noexcept {
  constexpr std::size_t kBytes = bn254::kCoordinateBytes<F>;
  return parallel_for(n, 1024, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
      const Affine<F>& p = as_points<F>(points)[i];
      if (compressed) {
        bn254::store(p.x, out + kBytes * i);
        if (bn254::is_larger(p.y)) out[kBytes * i] |= 0x80;
      } else {
        bn254::encode_eip(p, out + 2 * kBytes * i);
      }
    }
  });
}

inline Status check(CurveGroup group, const std::uint64_t* points, std::uint8_t* status, std::size_t n,
                    JobControl* control) noexcept {
  return group == CurveGroup::g1 ? check<Fp>(points, status, n, control)
                                 : check<bn254::Fp2>(points, status, n, control);
}

inline Status encode(CurveGroup group, bool compressed, const std::uint64_t* points, std::uint8_t* out,
                     std::size_t n) noexcept {
  return group == CurveGroup::g1 ? encode<Fp>(compressed, points, out, n)
                                 : encode<bn254::Fp2>(compressed, points, out, n);
}

inline void draw_scalar(Chacha20& generator, std::uint64_t* out) noexcept {
  Fr k;
  const ZeroizeGuard wipe(k);
  do {
    draw(generator, k);
  } while (k.is_zero());
  std::memcpy(out, k.v, sizeof k);
}

inline void draw_point(CurveGroup group, Chacha20& generator, std::uint64_t* out) noexcept {
  if (group == CurveGroup::g1) {
    *as_points<Fp>(out) = draw_point<Fp>(generator);
  } else {
    *as_points<bn254::Fp2>(out) = draw_point<bn254::Fp2>(generator);
  }
}

inline void inverse(const std::uint64_t* scalar, std::uint64_t* out) noexcept {
  Fr k = assay::ASSAY_ISA::inverse(as_scalar(scalar));
  const ZeroizeGuard wipe(k);
  std::memcpy(out, k.v, sizeof k);
}

inline Status scale(CurveGroup group, const std::uint64_t* points, std::size_t n, const std::uint64_t* first,
                    const std::uint64_t* step, std::uint64_t start, std::uint64_t* out, JobControl* control) noexcept {
  Fr k = as_scalar(first), ratio = step == nullptr ? Fr::one() : as_scalar(step);
  const ZeroizeGuard wipe_k(k);
  const ZeroizeGuard wipe_ratio(ratio);
  const Fr* by = step == nullptr ? nullptr : &ratio;
  return group == CurveGroup::g1
             ? scale(as_points<Fp>(points), n, k, by, start, as_points<Fp>(out), control)
             : scale(as_points<bn254::Fp2>(points), n, k, by, start, as_points<bn254::Fp2>(out), control);
}

inline Status lagrange(CurveGroup group, std::uint64_t* points, unsigned log_n, JobControl* control) noexcept {
  return group == CurveGroup::g1 ? lagrange(as_points<Fp>(points), log_n, control)
                                 : lagrange(as_points<bn254::Fp2>(points), log_n, control);
}

inline constexpr CeremonyKernel kKernel = {check, encode, draw_scalar, draw_point, inverse, scale, lagrange};

}  // namespace ceremony
ASSAY_ISA_END
