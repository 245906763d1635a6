// The rows of a system in the one form that files and digests hold: every expression ascending by wire, each wire once,
// no zeros. A stamped block may name a wire twice in a row; the coefficients are added.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "circuit/linear.h"

namespace assay {

class CanonicalRows {
 public:
  explicit CanonicalRows(const R1cs& system) : system_(system), sum_(table_) {
    for (const Limbs<4>& value : system.coefficients) index_.push_back(table_.intern(Fr::raw(value)));
  }

  // visit(expression) for A, B and C of each row in turn; false stops
  template <class Visit>
  bool for_each(Visit&& visit) {
    Linear e;
    for (const R1csBlock& block : system_.blocks)
      for (std::size_t stamp = 0; stamp < block.count; ++stamp)
        for (std::size_t row = 0; row < block.rows(); ++row)
          for (const SparseRows& m : block.matrix) {
            read(m, row, block.wires_of(stamp), e);
            if (!visit(e)) return false;
          }
    return true;
  }

  const CoefficientTable& table() const noexcept { return table_; }

 private:
  void read(const SparseRows& m, std::size_t row, const std::uint32_t* wires, Linear& e) {
    e.clear();
    bool ascending = true;
    for (std::uint32_t k = m.offsets[row]; k < m.offsets[row + 1]; ++k) {
      const std::uint32_t wire = wires ? wires[m.columns[k]] : m.columns[k];
      ascending = ascending && (e.empty() || e.back().wire < wire);
      e.push_back({wire, index_[m.coefficients[k]]});
    }
    if (ascending) return;
    std::sort(e.begin(), e.end(), [](const Term& a, const Term& b) { return a.wire < b.wire; });
    const auto twice =
        std::adjacent_find(e.begin(), e.end(), [](const Term& a, const Term& b) { return a.wire == b.wire; });
    if (twice == e.end()) return;
    sum_.add(e);
    e = sum_.take();
  }

  const R1cs& system_;
  CoefficientTable table_;
  Accumulator sum_;
  std::vector<std::uint32_t> index_;
};

}  // namespace assay
