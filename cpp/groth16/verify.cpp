#include "groth16/verify.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/random.h"
#include "cpu/features.h"
#include "field/fe.h"
#include "msm/msm.h"

namespace assay {
namespace {

constexpr std::size_t kChunk = 64;  // proofs that share a Miller loop

const Groth16VerifyKernel& kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kGroth16VerifyAdx;
#endif
  return kGroth16VerifyPortable;
}

// sum_i weight_i values_i over rows of `columns` canonical scalars, weights of 128 bits: one sum a column
Status weigh_columns(const std::uint64_t* values, const std::uint64_t* weights, std::size_t n, std::size_t columns,
                     Fr* sums) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t limbs[4] = {weights[2 * i], weights[2 * i + 1]};
    const Fr weight = Fr::from_limbs_unchecked(limbs);
    for (std::size_t j = 0; j < columns; ++j) {
      Fr x;
      ASSAY_TRY(Fr::from_limbs(x, values + 4 * (columns * i + j)));
      sums[j] += weight * x;
    }
  }
  return Status::ok;
}

}  // namespace

Status Groth16Verifier::prepare(const std::uint64_t* fixed, const std::uint64_t* ic, std::size_t num_public) noexcept {
  ASSAY_TRY(ic_.allocate(kG1Words * (num_public + 1)));
  ASSAY_TRY(prepared_.allocate(kernel().key_words));
  num_public_ = num_public;
  return kernel().prepare(fixed, ic, num_public + 1, prepared_.data(), ic_.data());
}

Status Groth16Verifier::weigh_inputs(const std::uint64_t* weights, std::uint64_t* out) const noexcept {
  return msm_g1(ic_.data(), weights, num_public_ + 1, out, nullptr);
}

Status Groth16Verifier::verify(const std::uint64_t* publics, const std::uint64_t* proof) const noexcept {
  std::uint64_t points[kProofWords], inputs[kG1Words];
  ASSAY_TRY(kernel().load_proofs(proof, 1, points));
  Words weights;
  ASSAY_TRY(weights.allocate(4 * (num_public_ + 1)));
  std::memset(weights.data(), 0, 32);
  weights.data()[0] = 1;
  std::memcpy(weights.data() + 4, publics, 32 * num_public_);
  ASSAY_TRY(weigh_inputs(weights.data(), inputs));
  return kernel().check(prepared_.data(), points, inputs) ? Status::ok : Status::invalid_proof;
}

Status Groth16Verifier::combined(const std::uint64_t* publics, const std::uint64_t* proofs, std::size_t n,
                                 JobControl* control) const noexcept {
  const std::size_t chunk_size = std::min(kChunk, (n + num_threads() - 1) / num_threads());
  const std::size_t chunks = (n + chunk_size - 1) / chunk_size;
  Words points, rho, rho_scalars, c, millers, sums, weights;
  ASSAY_TRY(points.allocate(kProofWords * n));
  ASSAY_TRY(rho.allocate(2 * n));
  ASSAY_TRY(random_bytes(rho.data(), 16 * n));
  ASSAY_TRY(rho_scalars.allocate(4 * n));
  ASSAY_TRY(c.allocate(kG1Words * n));
  ASSAY_TRY(millers.allocate(kGtWords * chunks));
  std::atomic<int> failed{static_cast<int>(Status::ok)};
  ASSAY_TRY(parallel_for(
      chunks, 1,
      [&](std::size_t first, std::size_t last) noexcept {
        for (std::size_t chunk = first; chunk < last; ++chunk) {
          const std::size_t begin = chunk_size * chunk, end = std::min(begin + chunk_size, n);
          std::uint64_t* chunk_points = points.data() + kProofWords * begin;
          const Status status = kernel().load_proofs(proofs + kProofWords * begin, end - begin, chunk_points);
          if (status != Status::ok) {
            failed.store(static_cast<int>(status));
            return;
          }
          for (std::size_t i = begin; i < end; ++i) {
            std::memcpy(c.data() + kG1Words * i, points.data() + kProofWords * i + kG1Words + kG2Words, 8 * kG1Words);
            const std::uint64_t wide[4] = {rho.data()[2 * i], rho.data()[2 * i + 1]};
            std::memcpy(rho_scalars.data() + 4 * i, wide, sizeof wide);
          }
          kernel().miller(chunk_points, rho.data() + 2 * begin, end - begin, millers.data() + kGtWords * chunk);
        }
      },
      control));
  ASSAY_TRY(static_cast<Status>(failed.load()));

  // weights of ic: sum rho_i, then sum rho_i x_ij
  ASSAY_TRY(sums.allocate(4 * (num_public_ + 1)));
  std::memset(sums.data(), 0, 8 * sums.size());
  Fr* sum = reinterpret_cast<Fr*>(sums.data());
  for (std::size_t i = 0; i < n; ++i) sum[0] += Fr::from_limbs_unchecked(rho_scalars.data() + 4 * i);
  ASSAY_TRY(weigh_columns(publics, rho.data(), n, num_public_, sum + 1));
  ASSAY_TRY(weights.allocate(4 * (num_public_ + 1)));
  for (std::size_t j = 0; j <= num_public_; ++j) sum[j].to_limbs(weights.data() + 4 * j);

  std::uint64_t inputs[kG1Words], c_sum[kG1Words];
  ASSAY_TRY(weigh_inputs(weights.data(), inputs));
  ASSAY_TRY(msm_g1(c.data(), rho_scalars.data(), n, c_sum, control));
  return kernel().check_batch(prepared_.data(), millers.data(), chunks, weights.data(), inputs, c_sum)
             ? Status::ok
             : Status::invalid_proof;
}

Status Groth16Verifier::verify_batch(const std::uint64_t* publics, const std::uint64_t* proofs, std::size_t n,
                                     Status* verdicts, JobControl* control) const noexcept {
  for (std::size_t i = 0; i < n; ++i) verdicts[i] = Status::ok;
  const Status together = combined(publics, proofs, n, control);
  if (together == Status::ok || together == Status::cancelled || together == Status::out_of_memory ||
      together == Status::io_error)
    return together;
  ASSAY_TRY(parallel_for(
      n, 1,
      [&](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t i = begin; i < end; ++i)
          verdicts[i] = verify(publics + 4 * num_public_ * i, proofs + kProofWords * i);
      },
      control));
  for (std::size_t i = 0; i < n; ++i)
    if (verdicts[i] != Status::ok) return Status::invalid_proof;
  return Status::ok;
}

void Groth16Verifier::alpha_beta(std::uint64_t* out) const noexcept { kernel().alpha_beta(prepared_.data(), out); }

}  // namespace assay
