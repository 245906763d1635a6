// The body of the batch kernels, compiled once for each level (batch_portable.cpp, batch_adx.cpp).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>

#include "curve/bn254/batch.h"
#include "curve/bn254/encoding.h"
#include "curve/bn254/lanes.h"
#include "curve/bn254/pairing.h"
#include "field/roots.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN
namespace bn254::batch_kernel {

constexpr std::size_t kBlock = 32;
constexpr std::size_t kScalarLimbs = 4;

inline Status read(Fp& a, const std::uint64_t* limbs) noexcept { return Fp::from_limbs(a, limbs); }
inline Status read(Fp2& a, const std::uint64_t* limbs) noexcept {
  ASSAY_TRY(Fp::from_limbs(a.c0, limbs));
  return Fp::from_limbs(a.c1, limbs + 4);
}
inline void write(const Fp& a, std::uint64_t* limbs) noexcept { a.to_limbs(limbs); }
inline void write(const Fp2& a, std::uint64_t* limbs) noexcept {
  a.c0.to_limbs(limbs);
  a.c1.to_limbs(limbs + 4);
}

template <class F>
constexpr std::size_t kPointLimbs = 2 * sizeof(F) / sizeof(std::uint64_t);

template <class F>
Status read_point(Affine<F>& p, const std::uint64_t* limbs) noexcept {
  ASSAY_TRY(read(p.x, limbs));
  ASSAY_TRY(read(p.y, limbs + kPointLimbs<F> / 2));
  return is_on_curve(p, kCurveB<F>) ? Status::ok : Status::not_on_curve;
}
template <class F>
void write_point(const Affine<F>& p, std::uint64_t* limbs) noexcept {
  write(p.x, limbs);
  write(p.y, limbs + kPointLimbs<F> / 2);
}

// The first failure that any thread reports wins; which one that is may vary between runs.
class Failure {
 public:
  void report(Status status, std::size_t index) noexcept {
    int none = static_cast<int>(Status::ok);
    if (status_.compare_exchange_strong(none, static_cast<int>(status))) index_.store(index);
  }
  Status finish(Status loop, std::size_t* bad) const noexcept {
    ASSAY_TRY(loop);
    *bad = index_.load();
    return static_cast<Status>(status_.load());
  }

 private:
  std::atomic<int> status_{static_cast<int>(Status::ok)};
  std::atomic<std::size_t> index_{0};
};

// each(i) -> Status over [0, n) in parallel
template <class Each>
Status for_each(std::size_t n, std::size_t* bad, Each&& each) noexcept {
  Failure failure;
  const Status loop = parallel_for(n, kBlock, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i)
      if (const Status status = each(i); status != Status::ok) return failure.report(status, i);
  });
  return failure.finish(loop, bad);
}

// each(i, Jacobian&) -> Status in parallel; the results leave as affine points, one inversion a block
template <class F, class Each>
Status for_each_point(std::size_t n, std::uint64_t* out, std::size_t* bad, Each&& each) noexcept {
  Failure failure;
  const Status loop = parallel_for(n, kBlock, [&](std::size_t begin, std::size_t end) noexcept {
    Jacobian<F> sums[kBlock] = {};
    Affine<F> points[kBlock];
    F scratch[2 * kBlock];
    for (std::size_t i = begin; i < end; ++i)
      if (const Status status = each(i, sums[i - begin]); status != Status::ok) return failure.report(status, i);
    batch_to_affine_var(sums, points, end - begin, scratch);
    for (std::size_t i = begin; i < end; ++i) write_point(points[i - begin], out + kPointLimbs<F> * i);
  });
  return failure.finish(loop, bad);
}

template <class F>
struct Of {
  static constexpr std::size_t kLimbs = kPointLimbs<F>;

  static Status membership(const std::uint64_t* points, std::uint8_t* status, std::size_t n) noexcept {
    std::size_t bad = 0;
    return for_each(n, &bad, [&](std::size_t i) noexcept {
      Affine<F> p;
      Status result = read_point(p, points + kLimbs * i);
      if (result == Status::ok) result = check_member(p);
      status[i] = static_cast<std::uint8_t>(result);
      return Status::ok;
    });
  }

  static Status add(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out, std::size_t n,
                    std::size_t* bad) noexcept {
    return for_each_point<F>(n, out, bad, [&](std::size_t i, Jacobian<F>& sum) noexcept {
      Affine<F> p, q;
      ASSAY_TRY(read_point(p, a + kLimbs * i));
      ASSAY_TRY(read_point(q, b + kLimbs * i));
      sum = assay::ASSAY_ISA::add(Jacobian<F>::from(p), q);
      return Status::ok;
    });
  }

  static Status neg(const std::uint64_t* a, std::uint64_t* out, std::size_t n, std::size_t* bad) noexcept {
    return for_each(n, bad, [&](std::size_t i) noexcept {
      Affine<F> p;
      ASSAY_TRY(read_point(p, a + kLimbs * i));
      write_point(assay::ASSAY_ISA::neg(p), out + kLimbs * i);
      return Status::ok;
    });
  }

  static Status mul(Scalars scalars, const std::uint64_t* points, bool one_base, const std::uint64_t* k,
                    std::uint64_t* out, std::size_t n, std::size_t* bad) noexcept {
    const auto point = [&](Affine<F>& p, std::size_t i) noexcept {
      return read_point(p, points + (one_base ? 0 : kLimbs * i));
    };
    if (scalars == Scalars::open) {
      return for_each_point<F>(n, out, bad, [&](std::size_t i, Jacobian<F>& product) noexcept {
        Affine<F> p;
        ASSAY_TRY(point(p, i));
        product = mul_var(p, k + kScalarLimbs * i, kScalarLimbs);
        return Status::ok;
      });
    }
    return for_each(n, bad, [&](std::size_t i) noexcept {
      Affine<F> p;
      ASSAY_TRY(point(p, i));
      write_point(assay::ASSAY_ISA::mul(p, k + kScalarLimbs * i, kScalarLimbs, kCurveB<F>), out + kLimbs * i);
      return Status::ok;
    });
  }

  static Status encode(PointForm form, const std::uint64_t* points, std::uint8_t* out, std::size_t n,
                       std::size_t* bad) noexcept {
    return for_each(n, bad, [&](std::size_t i) noexcept {
      Affine<F> p;
      ASSAY_TRY(read_point(p, points + kLimbs * i));
      if (form == PointForm::eip) {
        encode_eip(p, out + 2 * kCoordinateBytes<F> * i);
      } else {
        encode_compressed(p, out + kCoordinateBytes<F> * i);
      }
      return Status::ok;
    });
  }

  static Status decode(PointForm form, const std::uint8_t* bytes, std::uint64_t* out, std::size_t n,
                       std::size_t* bad) noexcept {
    return for_each(n, bad, [&](std::size_t i) noexcept {
      Affine<F> p;
      if (form == PointForm::eip) {
        ASSAY_TRY(decode_eip(p, bytes + 2 * kCoordinateBytes<F> * i));
      } else {
        ASSAY_TRY(decode_compressed(p, bytes + kCoordinateBytes<F> * i));
      }
      write_point(p, out + kLimbs * i);
      return Status::ok;
    });
  }
};

inline Status membership(CurveGroup group, const std::uint64_t* points, std::uint8_t* status, std::size_t n) noexcept {
  return group == CurveGroup::g1 ? Of<Fp>::membership(points, status, n) : Of<Fp2>::membership(points, status, n);
}
inline Status add(CurveGroup group, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out, std::size_t n,
                  std::size_t* bad) noexcept {
  return group == CurveGroup::g1 ? Of<Fp>::add(a, b, out, n, bad) : Of<Fp2>::add(a, b, out, n, bad);
}
inline Status neg(CurveGroup group, const std::uint64_t* a, std::uint64_t* out, std::size_t n,
                  std::size_t* bad) noexcept {
  return group == CurveGroup::g1 ? Of<Fp>::neg(a, out, n, bad) : Of<Fp2>::neg(a, out, n, bad);
}
inline Status mul(CurveGroup group, Scalars scalars, const std::uint64_t* points, bool one_base, const std::uint64_t* k,
                  std::uint64_t* out, std::size_t n, std::size_t* bad) noexcept {
  return group == CurveGroup::g1 ? Of<Fp>::mul(scalars, points, one_base, k, out, n, bad)
                                 : Of<Fp2>::mul(scalars, points, one_base, k, out, n, bad);
}
inline Status encode(CurveGroup group, PointForm form, const std::uint64_t* points, std::uint8_t* out, std::size_t n,
                     std::size_t* bad) noexcept {
  return group == CurveGroup::g1 ? Of<Fp>::encode(form, points, out, n, bad)
                                 : Of<Fp2>::encode(form, points, out, n, bad);
}
inline Status decode(CurveGroup group, PointForm form, const std::uint8_t* bytes, std::uint64_t* out, std::size_t n,
                     std::size_t* bad) noexcept {
  return group == CurveGroup::g1 ? Of<Fp>::decode(form, bytes, out, n, bad) : Of<Fp2>::decode(form, bytes, out, n, bad);
}

// The coefficients of the tower in order are the 12 elements of F_p that an Fp12 holds.
inline Status read_gt(Fp12& a, const std::uint64_t* limbs) noexcept {
  static_assert(sizeof(Fp12) == kBn254GtLimbs * sizeof(std::uint64_t));
  Fp* coefficients = reinterpret_cast<Fp*>(&a);
  for (std::size_t i = 0; i < 12; ++i) ASSAY_TRY(Fp::from_limbs(coefficients[i], limbs + 4 * i));
  return Status::ok;
}
inline void write_gt(const Fp12& a, std::uint64_t* limbs) noexcept {
  const Fp* coefficients = reinterpret_cast<const Fp*>(&a);
  for (std::size_t i = 0; i < 12; ++i) coefficients[i].to_limbs(limbs + 4 * i);
}

constexpr std::size_t kPairingChunk = 64;

// ok if every point of the curve is in the subgroup; else bad is one that is not
inline Status check_members(const G2Affine* q, std::size_t n, std::size_t* bad) noexcept {
  const Bn254LanesKernel* lanes = bn254_lanes(n);
  std::size_t index[kBn254Lanes], used = 0;
  G2Affine points[kBn254Lanes];
  for (std::size_t i = 0; i < n; ++i) {
    if (lanes == nullptr) {
      *bad = i;
      ASSAY_TRY(check_member(q[i]));
      continue;
    }
    if (!q[i].is_infinity()) {
      index[used] = i;
      points[used++] = q[i];
    }
    if (used == 0 || (used < kBn254Lanes && i + 1 < n)) continue;
    const unsigned inside = lanes->in_g2(reinterpret_cast<const std::uint64_t*>(points), used);
    for (std::size_t k = 0; k < used; ++k) {
      if ((inside >> k) & 1) continue;
      *bad = index[k];
      return Status::not_in_subgroup;
    }
    used = 0;
  }
  return Status::ok;
}

inline Status pairing(const std::uint64_t* p, const std::uint64_t* q, std::uint64_t* gt, std::size_t n,
                      std::size_t* bad) noexcept {
  Fp12 product = Fp12::one();
  for (std::size_t begin = 0; begin < n; begin += kPairingChunk) {
    G1Affine g1[kPairingChunk];
    G2Affine g2[kPairingChunk];
    const std::size_t count = std::min(kPairingChunk, n - begin);
    for (std::size_t i = 0; i < count; ++i) {
      *bad = begin + i;
      ASSAY_TRY(read_point(g1[i], p + 8 * (begin + i)));
      ASSAY_TRY(read_point(g2[i], q + 16 * (begin + i)));
    }
    std::size_t outside = 0;
    if (const Status status = check_members(g2, count, &outside); status != Status::ok) {
      *bad = begin + outside;
      return status;
    }
    product = product * miller_product_var(g1, g2, count);
  }
  write_gt(final_exponentiation_var(product), gt);
  return Status::ok;
}

inline Status gt_mul(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out) noexcept {
  Fp12 x, y;
  ASSAY_TRY(read_gt(x, a));
  ASSAY_TRY(read_gt(y, b));
  write_gt(x * y, out);
  return Status::ok;
}

// a^(p^4 - p^2 + 1) = 1 and a^r = 1: the first makes cyclotomic squaring valid for the second.
inline bool is_in_gt_var(const Fp12& a) noexcept {
  if (a.c0.is_zero() & a.c1.is_zero()) return false;
  const Fp12 ap2 = frobenius(frobenius(a)), ap4 = frobenius(frobenius(ap2));
  return ap4 * a == ap2 && cyclotomic_pow_var(a, Bn254FrParams::modulus.data(), 4) == Fp12::one();
}

inline Status gt_pow(const std::uint64_t* a, const std::uint64_t* k, std::uint64_t* out) noexcept {
  Fp12 x;
  ASSAY_TRY(read_gt(x, a));
  if (!is_in_gt_var(x)) return Status::not_in_subgroup;
  write_gt(cyclotomic_pow_var(x, k, kScalarLimbs), out);
  return Status::ok;
}

// Multiples of the generators, sums of pairings, and members of G2 with a point of the twist among them that is none.
inline bool agrees(const Bn254LanesKernel& lanes) noexcept {
  constexpr std::size_t n = kBn254Lanes - 1;  // one lane idle
  const auto words = [](auto* p) noexcept { return reinterpret_cast<std::uint64_t*>(p); };
  std::uint64_t k[2 * n];
  G1Affine p[n], multiples[n];
  G2Affine q[n];
  for (std::size_t i = 0; i < n; ++i) {
    k[2 * i] = 0x9e3779b97f4a7c15 * (i + 1);
    k[2 * i + 1] = 0 - k[2 * i];
    p[i] = kG1Generator;
    q[i] = to_affine_var(mul_var(kG2Generator, k + 2 * i, 2));
  }
  lanes.mul128(words(p), k, n, words(multiples));
  bool right = true;
  for (std::size_t i = 0; i < n; ++i) right &= multiples[i] == to_affine_var(mul_var(p[i], k + 2 * i, 2));
  Fp12 product;
  lanes.miller(words(multiples), words(q), n, words(&product));
  right &= final_exponentiation_var(product) == final_exponentiation_var(miller_loop_var(multiples, q, n));
  G2Affine& other = q[n / 2];
  do {
    other.x.c0 += Fp::one();
  } while (sqrt_var(other.y, sqr(other.x) * other.x + kG2B) != Status::ok);
  unsigned members = 0;
  for (std::size_t i = 0; i < n; ++i) members |= static_cast<unsigned>(is_in_g2_var(q[i])) << i;
  return right && lanes.in_g2(words(q), n) == members;
}

inline constexpr Bn254Kernel kKernel = {membership, add, neg, mul, encode, decode, pairing, gt_mul, gt_pow, agrees};

}  // namespace bn254::batch_kernel
ASSAY_ISA_END
