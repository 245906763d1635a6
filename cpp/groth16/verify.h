// The verifier: e(A, B) = e(alpha, beta) e(ic_0 + sum x_i ic_i, gamma) e(C, delta).
//
// Source and conventions: groth16/key.h. Everything here is public and in variable time. All points are checked: each
// coordinate below p, on the curve, B and the G2 points of the key in the subgroup of order r (the cofactor of G1 is
// 1), none at infinity; each public input below r, so that x and x + r are not two forms of one statement.
//
// Cost of one proof: a Miller loop of one pair with B and two with prepared lines, a final exponentiation, and a
// multi-scalar multiplication over the public inputs. In a batch of n proofs, with random rho_i of 128 bits,
//     prod e(rho_i A_i, B_i) e(-sum rho_i alpha, beta) e(-sum rho_i IC_i, gamma) e(-sum rho_i C_i, delta) = 1
// takes n + 3 pairs and one final exponentiation. A batch with a false proof passes with probability at most 2^-128.
#pragma once

#include "base/status.h"
#include "base/words.h"
#include "groth16/key.h"
#include "parallel/pool.h"

namespace assay {

class Groth16Verifier {
 public:
  // fixed: 14 canonical coordinates: alpha (x, y); beta, gamma, delta (x0, x1, y0, y1). ic: [num_public + 1] points of
  // two coordinates. non_canonical, not_on_curve, not_in_subgroup, or malformed for a point at infinity.
  Status prepare(const std::uint64_t* fixed, const std::uint64_t* ic, std::size_t num_public) noexcept;

  // publics: [num_public] canonical scalars; proof: kProofWords canonical words. invalid_proof if the equation fails or
  // a point is infinity; non_canonical, not_on_curve, not_in_subgroup as above.
  Status verify(const std::uint64_t* publics, const std::uint64_t* proof) const noexcept;

  // n proofs and their public inputs, one after the other. verdicts[i] is what verify would answer; the result is ok
  // unless a verdict is not (invalid_proof) or the job failed.
  Status verify_batch(const std::uint64_t* publics, const std::uint64_t* proofs, std::size_t n, Status* verdicts,
                      JobControl* control) const noexcept;

  // e(alpha, beta)^(2 u (6 u^2 + 3 u + 1)), the power that the pairing of snarkjs (ffjavascript) computes, as its key
  // files hold it: 12 canonical coordinates, c0.c0.c0, c0.c0.c1, c0.c1.c0, ... of F_p2 in F_p6 in F_p12
  void alpha_beta(std::uint64_t* out) const noexcept;

  std::size_t num_public() const noexcept { return num_public_; }

 private:
  Status combined(const std::uint64_t* publics, const std::uint64_t* proofs, std::size_t n,
                  JobControl* control) const noexcept;
  // ic_0 weight_0 + sum ic_i weight_i, affine; weights are [num_public + 1] canonical scalars
  Status weigh_inputs(const std::uint64_t* weights, std::uint64_t* out) const noexcept;

  Words ic_;        // affine, Montgomery
  Words prepared_;  // Groth16PreparedKey of verify_kernel.h
  std::size_t num_public_ = 0;
};

// The pairing work behind the instruction-set dispatch. `key` is the prepared key; points are affine Montgomery words
// unless said.
struct Groth16VerifyKernel {
  std::size_t key_words;
  Status (*prepare)(const std::uint64_t* fixed, const std::uint64_t* ic, std::size_t count, std::uint64_t* key,
                    std::uint64_t* ic_out) noexcept;
  // canonical proofs to checked Montgomery points; the status of the first that fails
  Status (*load_proofs)(const std::uint64_t* proofs, std::size_t n, std::uint64_t* points) noexcept;
  // e(A, B) = e(alpha, beta) e(inputs, gamma) e(C, delta)
  bool (*check)(const std::uint64_t* key, const std::uint64_t* points, const std::uint64_t* inputs) noexcept;
  // product of Miller functions of (rho_i A_i, B_i), i < n; rho: [n][2]; out: an element of F_p12
  void (*miller)(const std::uint64_t* points, const std::uint64_t* rho, std::size_t n, std::uint64_t* out) noexcept;
  // prod miller_k * f(-rho_sum alpha, beta) f(-inputs, gamma) f(-c, delta) is 1 after the final exponentiation
  bool (*check_batch)(const std::uint64_t* key, const std::uint64_t* millers, std::size_t n,
                      const std::uint64_t* rho_sum, const std::uint64_t* inputs, const std::uint64_t* c) noexcept;
  void (*alpha_beta)(const std::uint64_t* key, std::uint64_t* out) noexcept;
};
constexpr std::size_t kGtWords = 48;
extern const Groth16VerifyKernel kGroth16VerifyPortable;
#if defined(ASSAY_X86)
extern const Groth16VerifyKernel kGroth16VerifyAdx;
#endif

}  // namespace assay
