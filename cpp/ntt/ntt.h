// Number-theoretic transforms over Fr of BN254, and the multiplicative domains they live on.
//
// The domain of size n = 2^k, k <= 28, is H = {1, w, ..., w^(n-1)} with w = 5^((r-1)/n): 5 is the least quadratic
// non-residue of Fr, so these are the roots of unity of snarkjs and ffjavascript. Forward turns the coefficients
// a_0, ..., a_(n-1) into the values sum_j a_j x^j at the points x = s w^i of the coset s H; inverse undoes it. The
// fast forms leave values in bit-reversed order (index i holds the point s w^brv(i)) and read them so; the natural
// forms permute as well. Pointwise work between two transforms needs no order, so it should use the fast ones.
//
// Source: Cooley, Tukey, Math. Comp. 19 (1965), read as remainders modulo X^m - c, whose roots taken in bit-reversed
// order let one table serve all sizes and both directions; lazy butterflies of Harvey, J. Symb. Comp. 60 (2014);
// cache blocking as in Bailey, J. Supercomputing 4 (1990).
//
// Values are canonical or Montgomery limbs, which a linear map keeps as they are, 4 an element, in place; shifts and
// tau are in Montgomery form. Constant time in the values; n and the coset are public. Cost: n/2 log2 n
// multiplications, minus n for the trivial roots, plus n for the scale of an inverse or a coset (in lanes: none for an
// inverse, 2 n for a coset, but n for the coset of w_2n). Memory: no copy of the values; a table of n/2 roots of unity
// (80 bytes each in lanes, else 32), cached up to kNttCachedLog and shared between threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "parallel/pool.h"

namespace assay {

constexpr unsigned kNttMaxLog = 28;
constexpr unsigned kNttCachedLog = 21;  // the cache holds at most 2^20 roots: 32 MiB, 80 MiB in lanes

// n: a power of two, at most 2^28 (out_of_range otherwise). shift: the coset's s, 4 limbs, not zero (not_invertible);
// null for s = 1. After `cancelled` the values are unspecified.
Status ntt_forward(std::uint64_t* values, std::size_t n, const std::uint64_t* shift, JobControl* control) noexcept;
Status ntt_inverse(std::uint64_t* values, std::size_t n, const std::uint64_t* shift, JobControl* control) noexcept;
// The same in natural order on both sides.
Status ntt_forward_natural(std::uint64_t* values, std::size_t n, const std::uint64_t* shift,
                           JobControl* control) noexcept;
Status ntt_inverse_natural(std::uint64_t* values, std::size_t n, const std::uint64_t* shift,
                           JobControl* control) noexcept;
// Values on H become values on s H, both bit-reversed: ntt_inverse then ntt_forward with n multiplications fewer.
Status ntt_extend(std::uint64_t* values, std::size_t n, const std::uint64_t* shift, JobControl* control) noexcept;
// The same for s = w_2n, the root of order 2 n (s H: the odd powers), in natural order on both sides.
Status ntt_extend_odd(std::uint64_t* values, std::size_t n, JobControl* control) noexcept;
// Swaps element i with element brv(i).
Status ntt_bit_reverse(std::uint64_t* values, std::size_t n, JobControl* control) noexcept;

// out_i = L_i(tau) = (tau^n - 1) / n * w^i / (tau - w^i), i in natural order: the Lagrange basis of H at tau, which may
// be secret (constant time, temporaries wiped) and may lie in H. 6 multiplications a value.
Status ntt_lagrange(const std::uint64_t* tau, std::size_t n, std::uint64_t* out, JobControl* control) noexcept;

// Canonical integers to Montgomery form and back, in place; non_canonical if one is not below r.
Status fr_to_montgomery(std::uint64_t* values, std::size_t n) noexcept;
Status fr_from_montgomery(std::uint64_t* values, std::size_t n) noexcept;

// non_canonical if a value is not below r.
Status fr_require_canonical(const std::uint64_t* values, std::size_t n) noexcept;

// Peak memory of a transform of n elements beyond the values themselves, in bytes. odd_coset: to or from the coset of
// w_2n; ntt_extend_odd is a plain one.
std::size_t ntt_memory_estimate(std::size_t n, bool odd_coset) noexcept;
// Gives back the memory of the roots that are kept for later transforms; those under way keep theirs.
void ntt_release_roots() noexcept;

// How a kernel keeps the 2^log roots of its table.
struct NttRoots {
  std::size_t (*words)(unsigned log) noexcept;
  // Extends the table from 2^have to 2^want roots; have = 0: it is empty but for room.
  Status (*extend)(std::uint64_t* table, unsigned have, unsigned want, JobControl* control) noexcept;
};

struct NttKernel {
  NttRoots roots;
  Status (*forward)(std::uint64_t* values, unsigned log_n, const std::uint64_t* roots, const std::uint64_t* shift,
                    bool divide, JobControl* control) noexcept;
  Status (*inverse)(std::uint64_t* values, unsigned log_n, const std::uint64_t* roots, const std::uint64_t* shift,
                    bool divide, JobControl* control) noexcept;
  Status (*lagrange)(const std::uint64_t* tau, unsigned log_n, std::uint64_t* out, JobControl* control) noexcept;
  Status (*to_montgomery)(std::uint64_t* values, std::size_t n) noexcept;
  Status (*from_montgomery)(std::uint64_t* values, std::size_t n) noexcept;
};
extern const NttKernel kNttPortable;

// The transforms in eight lanes, of sizes from 2^kNttLanesMinLog on; the inverse divides by n. odd: the coset of w_2n,
// with shift null.
constexpr unsigned kNttLanesMinLog = 6;
struct NttLanesKernel {
  NttRoots roots;
  Status (*forward)(std::uint64_t* values, unsigned log_n, const std::uint64_t* roots, const std::uint64_t* shift,
                    bool odd, JobControl* control) noexcept;
  Status (*inverse)(std::uint64_t* values, unsigned log_n, const std::uint64_t* roots, const std::uint64_t* shift,
                    bool odd, JobControl* control) noexcept;
  Status (*extend_odd)(std::uint64_t* values, unsigned log_n, const std::uint64_t* roots, JobControl* control) noexcept;
};
#if defined(ASSAY_X86)
extern const NttKernel kNttAdx;
extern const NttLanesKernel kNttAvx512, kNttIfma;
#endif

}  // namespace assay
