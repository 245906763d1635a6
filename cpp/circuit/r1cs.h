// Rank-1 constraint systems over Fr of BN254: (A w)_i (B w)_i = (C w)_i for every row i, w = (1, public, private).
//
// Source: Gennaro, Gentry, Parno, Raykova, EUROCRYPT 2013 (QAP); the wire order is that of circom and snarkjs: wire 0
// is the constant one, then public outputs, public inputs, everything else.
//
// A system is a list of blocks. A block is one set of rows over local columns, stamped `count` times; `wires` tells
// which wire stands in each local column of each stamp. A batch of a hundred equal transactions therefore costs the
// memory of one, and evaluation streams one transaction's rows from cache. Rows are numbered block after block, stamp
// after stamp. Within a row each wire occurs at most once and no coefficient is zero.
//
// Ranges: at most 2^32 - 1 wires, rows and entries a block. Elements are four limbs in Montgomery form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"
#include "field/params.h"
#include "parallel/pool.h"

namespace assay {

// Row r holds the entries offsets[r] .. offsets[r + 1] - 1.
struct SparseRows {
  std::vector<std::uint32_t> offsets{0};
  std::vector<std::uint32_t> columns;
  std::vector<std::uint32_t> coefficients;  // index into R1cs::coefficients

  std::size_t rows() const noexcept { return offsets.size() - 1; }
  std::size_t entries() const noexcept { return columns.size(); }
};

enum class R1csMatrix : int { a = 0, b = 1, c = 2 };

struct R1csBlock {
  SparseRows matrix[3];              // A, B, C, all with the same number of rows
  std::size_t count = 1;             // how many times the rows are stamped
  std::size_t width = 0;             // local columns
  std::vector<std::uint32_t> wires;  // [count][width]; empty: column j is wire j

  std::size_t rows() const noexcept { return matrix[0].rows(); }
  const std::uint32_t* wires_of(std::size_t stamp) const noexcept {
    return wires.empty() ? nullptr : wires.data() + stamp * width;
  }
};

struct R1cs {
  static constexpr std::uint32_t kOne = 0, kMinusOne = 1;  // always the first two coefficients

  std::size_t num_wires = 1;        // with the constant one
  std::size_t num_public = 0;       // outputs and public inputs, without the constant one
  std::size_t num_outputs = 0;      // how many of the public ones are outputs
  std::size_t num_private = 0;      // private inputs: the wires after the public ones
  std::size_t num_constraints = 0;  // sum of rows() * count over the blocks
  bool lacks_c = false;             // C is not known (circuit/zkey_coefficients.h) and its rows are empty
  std::vector<Limbs<4>> coefficients;
  std::vector<R1csBlock> blocks;

  R1cs();
};

// visit(row, wire, coefficient index) for every entry of one matrix, rows ascending
template <class Visit>
void for_each_entry(const R1cs& system, R1csMatrix which, Visit&& visit) {
  std::size_t row = 0;
  for (const R1csBlock& block : system.blocks) {
    const SparseRows& m = block.matrix[static_cast<int>(which)];
    for (std::size_t stamp = 0; stamp < block.count; ++stamp) {
      const std::uint32_t* wires = block.wires_of(stamp);
      for (std::size_t r = 0; r < block.rows(); ++r, ++row)
        for (std::uint32_t k = m.offsets[r]; k < m.offsets[r + 1]; ++k)
          visit(row, wires ? wires[m.columns[k]] : m.columns[k], m.coefficients[k]);
    }
  }
}

// a, b, c [num_constraints][4] <- A w, B w, C w for w [num_wires][4]; a null output is skipped. The outputs must not
// overlap w. They are linear in w, and in Montgomery or in canonical form as w is. Cost: one multiplication for each
// entry whose coefficient is not 1 or -1.
Status r1cs_evaluate(const R1cs& system, const std::uint64_t* w, std::uint64_t* a, std::uint64_t* b, std::uint64_t* c,
                     JobControl* control = nullptr) noexcept;

// How the elements of w are given.
enum class ScalarForm : std::uint8_t { montgomery, canonical };

// unsatisfied, with the first failing row, unless every row holds and w[0] = 1 (row num_constraints stands for that).
// out_of_range if the system lacks C.
Status r1cs_check(const R1cs& system, const std::uint64_t* w, std::size_t* failing_row, JobControl* control = nullptr,
                  ScalarForm form = ScalarForm::montgomery) noexcept;

// Structure as documented above; malformed otherwise.
Status r1cs_validate(const R1cs& system) noexcept;

// Rows as plain pointers: what crosses between instruction-set levels.
struct SparseRowsView {
  const std::uint32_t* offsets;
  const std::uint32_t* columns;
  const std::uint32_t* coefficients;
};
struct R1csKernel {
  // out[r] <- sum over row r in [begin, end); wires may be null (identity)
  void (*evaluate)(SparseRowsView m, const std::uint32_t* wires, const std::uint64_t* coefficients,
                   const std::uint64_t* w, std::uint64_t* out, std::size_t begin, std::size_t end) noexcept;
  // first row in [begin, end) that fails, or end
  std::size_t (*check)(const SparseRowsView* abc, const std::uint32_t* wires, const std::uint64_t* coefficients,
                       const std::uint64_t* w, ScalarForm form, std::size_t begin, std::size_t end) noexcept;
};
extern const R1csKernel kR1csPortable;
#if defined(ASSAY_X86)
extern const R1csKernel kR1csAdx;
#endif

}  // namespace assay
