// Keys and proofs of Groth16 over BN254 (about 100 bits of security), and the conventions of this room.
//
// Source: J. Groth, "On the size of pairing-based non-interactive arguments", EUROCRYPT 2016, section 3.2. Where we
// differ, we follow snarkjs, so that its .zkey files map onto these arrays one to one:
//   - gamma = 1, as in Bowe, Gabizon, Miers, "Scalable multi-party computation for zk-SNARK parameters in the random
//     beacon model", 2017. gamma_2 is still written and read; verification accepts any.
//   - Row j of the constraint system stands at w^j, w of order n = 2^k, the least power with n > constraints + public.
//     After the constraints come the rows (wire i) * 0 = 0 for i = 0 .. public, which make the public polynomials
//     independent. Wire 0 is the constant one, the public wires follow.
//   - The quotient is never formed. P = A B - C has degree below 2 n - 1 and vanishes on the domain, so it is given by
//     its values on the odd coset x_i = v^(2 i + 1), v of order 2 n, v^2 = w:
//         H(tau) Z(tau) = P(tau) = sum_i P(x_i) L_(2 i + 1)(tau),    L the Lagrange basis of the domain of size 2 n.
//     h_i = [L_(2 i + 1)(tau) / delta]_1; the prover needs three inverse and three forward transforms and no division.
//
// With A_i, B_i, C_i the column polynomials of wire i, at tau:
//   a_i = [A_i]_1, b1_i = [B_i]_1, b2_i = [B_i]_2           every wire
//   ic_i = [(beta A_i + alpha B_i + C_i) / gamma]_1         wires 0 .. public
//   l_i  = [(beta A_i + alpha B_i + C_i) / delta]_1         the private wires
//
// Points are affine in Montgomery form, little-endian limbs: G1 8 words (x, y), G2 16 words (x0, x1, y0, y1 with
// x = x0 + x1 i); infinity is all zero words, for wires that do not occur in a matrix.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay {

constexpr std::size_t kG1Words = 8;
constexpr std::size_t kG2Words = 16;
constexpr unsigned kGroth16MaxLog = 27;  // the odd coset needs roots of order 2 n, and Fr has 2^28

// The least k with 2^k > constraints + public: room for the constraints and public + 1 consistency rows.
constexpr unsigned groth16_domain_log(std::size_t constraints, std::size_t num_public) noexcept {
  unsigned k = 0;
  while ((std::size_t{1} << k) <= constraints + num_public) ++k;
  return k;
}

struct Groth16Sizes {
  std::size_t num_wires;   // with the constant one
  std::size_t num_public;  // without it
  unsigned domain_log;

  std::size_t num_private() const noexcept { return num_wires - num_public - 1; }
  std::size_t domain() const noexcept { return std::size_t{1} << domain_log; }
  bool operator==(const Groth16Sizes&) const noexcept = default;
};

// A key as pointers into its owner's memory, which may be a mapped file. Word = std::uint64_t to write, const to read.
template <class Word>
struct Groth16KeyView {
  Groth16Sizes sizes;
  Word* alpha1;  // fixed elements
  Word* beta1;
  Word* delta1;
  Word* beta2;
  Word* gamma2;
  Word* delta2;
  Word* ic;  // [num_public + 1]
  Word* a;   // [num_wires]
  Word* b1;  // [num_wires]
  Word* b2;  // [num_wires]
  Word* l;   // [num_private]
  Word* h;   // [domain]
};

// A, B, C one after the other: G1, G2, G1. Proofs can be rerandomised (A^-1, B^-1 verifies where A, B does), so these
// bytes never identify anything.
constexpr std::size_t kProofWords = kG1Words + kG2Words + kG1Words;

}  // namespace assay
