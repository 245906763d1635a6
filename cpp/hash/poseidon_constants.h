// Parameters of Poseidon over BN254's Fr with x^5, widths t = 2 .. 17, as circomlib has them.
//
// Source: Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon: a new hash function for zero-knowledge proof
// systems", USENIX Security 2021: round constants from the Grain LFSR (appendix F), a Cauchy matrix as MDS (section
// 2.3), the equivalent form with sparse partial rounds (appendix B). Round numbers: 8 full ones, and partial ones as in
// circomlib. The tables are generated at first use of a width (0.1 to 10 ms) and kept; nothing is stored in the
// library but one known answer a width.
//
// Sparse form. Write the MDS matrix as M = [[m, v], [w, H]] with a scalar m. In a partial round only element 0 meets
// x^5, so M = diag(1, H) [[m, v], [H^-1 w, I]] lets diag(1, H) pass through the next partial round. Round r = 0, 1, ...
// then applies the sparse matrix [[m, v_r], [w_r, I]] with v_r = v H^r and w_r = H^-(r+1) w, and after the last one
// diag(1, H^RP) remains. The constants of a partial round pass backwards in the same way (c before x^5 of round r + 1
// equals M^-1 c after x^5 of round r, of which elements 1 .. t-1 move on), which leaves one constant a round on element
// 0 and one vector before the first.
// Cost of one permutation in multiplications: 8 (3 t + t^2) + RP (3 + 2 t - 1) + (t - 1)^2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay {

constexpr std::size_t kPoseidonMinWidth = 2, kPoseidonMaxWidth = 17;
constexpr std::size_t kPoseidonFullRounds = 8;

// Partial rounds of width t; t is in [2, 17] (unchecked).
std::size_t poseidon_partial_rounds(std::size_t t) noexcept;

// Field elements in Montgomery form, four limbs each: the same bits on every instruction-set level.
struct PoseidonTables {
  std::size_t t = 0, partial_rounds = 0;
  std::vector<std::uint64_t> round_constants;   // [rounds, t]: the plain form
  std::vector<std::uint64_t> mds;               // [t, t], row i gives output i
  std::vector<std::uint64_t> first_partial;     // [t]: added before the first partial round
  std::vector<std::uint64_t> partial_constant;  // [RP]: added to element 0 after x^5 of round r
  std::vector<std::uint64_t> sparse_row;        // [RP, t]: m, v_r
  std::vector<std::uint64_t> sparse_column;     // [RP, t - 1]: w_r
  std::vector<std::uint64_t> last_partial;      // [t - 1, t - 1]: H^RP
};

// The tables of width t, made at the first call. Null when t is out of range or memory ran out.
const PoseidonTables* poseidon_tables(std::size_t t) noexcept;

// Canonical limbs of circomlib's poseidon([1, 2, .., t - 1]); computed with circomlibjs 0.1.7.
const std::uint64_t* poseidon_known_answer(std::size_t t) noexcept;

}  // namespace assay
