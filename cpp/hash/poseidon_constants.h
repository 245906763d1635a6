// Parameters of Poseidon over BN254's Fr with x^5, widths t = 2 .. 17, as circomlib has them.
//
// Source: Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon: a new hash function for zero-knowledge proof
// systems", USENIX Security 2021: round constants from the Grain LFSR (appendix F), a Cauchy matrix as MDS (section
// 2.3). Round numbers: 8 full ones, and partial ones as in circomlib. The tables are generated at first use of a width
// (5 to 40 ms) and kept; nothing is stored in the library but one known answer a width.
//
// Partial rounds. As in appendix B, the round constants first pass backwards through the linear layers: those of
// elements 1 .. t-1 end before the first partial round, and one constant k_r a round stays after x^5 of element 0. With
// the MDS matrix as [[m, v], [w, H]], y_r = s_r^5 + k_r and u_r the elements 1 .. n, n = t - 1,
//   s_(r+1) = m y_r + v u_r,   u_(r+1) = H u_r + w y_r.
// Where appendix B makes the matrices sparse, we use that only s meets x^5, so that u is known from what went in and
// out: with O the matrix of rows v H^-i and T_ik = v H^-(i-k+1) w (k <= i, else 0), i, k = 1 .. n,
//   u_r = O^-1 (S + (T - m) Y),   S_i = s_(r+1-i),   Y_i = y_(r-i),
// and each round is one inner product of 2 t - 1 terms with one reduction and the same coefficients in every round.
// Before the first round the past is chosen as Y = 0, S = O u_0; O is multiplied into the matrix of the full round
// before.
// Cost of one permutation in multiplications: 8 (3 t + t^2) + RP (3 + 2 t - 1) + 2 (t - 1)^2, of which all but 24 t + 3
// RP are terms of inner products, at half the price.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay {

constexpr std::size_t kPoseidonMinWidth = 2, kPoseidonMaxWidth = 17;
constexpr std::size_t kPoseidonFullRounds = 8, kPoseidonMaxPartialRounds = 70;

// Partial rounds of width t; t is in [2, 17] (unchecked).
std::size_t poseidon_partial_rounds(std::size_t t) noexcept;

// Field elements in Montgomery form, the same bits on every instruction-set level.
struct PoseidonConstants {
  std::vector<std::uint64_t> round_constants;   // [rounds, t]: the plain form
  std::vector<std::uint64_t> mds;               // [t, t], row i gives output i
  std::vector<std::uint64_t> partial_constant;  // [RP]: k_r
  std::vector<std::uint64_t> entry;             // [t, t]: the last matrix before the partial rounds, rows 1 .. n by O
  std::vector<std::uint64_t> entry_constant;    // [t]: what the partial rounds' constants add there
  std::vector<std::uint64_t> recurrence;        // [2 n + 1]: s_(r+1) from y_(r-n), s_(r-n+1), y_(r-n+1), .., s_r, y_r
  std::vector<std::uint64_t> exit;              // [n, 2 n]: u_r from y_(r-n), s_(r-n+1), .., y_(r-1), s_r
};

struct PoseidonTables : PoseidonConstants {  // four limbs an element, as field/fe.h has them
  std::size_t t = 0, partial_rounds = 0;
  PoseidonConstants lanes;  // five limbs of 52 bits an element, as field/lanes/lanes.h has them
};

// The tables of width t, made at the first call. Null when t is out of range or memory ran out.
const PoseidonTables* poseidon_tables(std::size_t t) noexcept;

// Canonical limbs of circomlib's poseidon([1, 2, .., t - 1]); computed with circomlibjs 0.1.7.
const std::uint64_t* poseidon_known_answer(std::size_t t) noexcept;

}  // namespace assay
