// Sparse linear expressions with interned coefficients: what compiling works on. Portable level only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "circuit/program.h"
#include "circuit/r1cs.h"
#include "field/fe.h"

namespace assay {

// Terms ascending by wire, each wire once, no zero coefficient. Wire 0 is the constant one.
using Linear = std::vector<Term>;

inline bool is_constant(const Linear& e) noexcept { return e.empty() || (e.size() == 1 && e[0].wire == 0); }
inline bool is_plain(const Linear& e) noexcept { return e.size() == 1 && e[0].coefficient == R1cs::kOne; }

// Field elements numbered in the order of their first use; 0 is one, 1 is minus one.
class CoefficientTable {
 public:
  static constexpr std::uint32_t kZero = 2;

  CoefficientTable() {
    intern(Fr::one());
    intern(-Fr::one());
    intern(Fr::zero());
  }

  std::uint32_t intern(const Fr& x) {
    const auto [at, fresh] = index_.try_emplace(key(x), static_cast<std::uint32_t>(values_.size()));
    if (fresh) values_.push_back(at->first);
    return at->second;
  }
  Fr operator[](std::uint32_t i) const noexcept { return Fr::raw(values_[i]); }
  std::uint32_t product(std::uint32_t a, std::uint32_t b) {
    if (a == R1cs::kOne) return b;
    if (b == R1cs::kOne) return a;
    return intern((*this)[a] * (*this)[b]);
  }
  const std::vector<Limbs<4>>& values() const noexcept { return values_; }
  std::size_t size() const noexcept { return values_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const Limbs<4>& x) const noexcept {
      return (x[0] ^ (x[1] * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu ^ x[2] ^ (x[3] << 7);
    }
  };
  static Limbs<4> key(const Fr& x) noexcept { return {x.v[0], x.v[1], x.v[2], x.v[3]}; }

  std::vector<Limbs<4>> values_;
  std::unordered_map<Limbs<4>, std::uint32_t, Hash> index_;
};

// A sum under construction, dense over the variables: add expressions, then take the result, which leaves it empty.
class Accumulator {
 public:
  explicit Accumulator(CoefficientTable& table) : table_(table) {}

  void add(std::uint32_t wire, const Fr& x) {
    if (wire >= sums_.size()) {
      sums_.resize(wire + wire / 2 + 64, Fr::zero());
      seen_.resize(sums_.size(), 0);
    }
    if (!seen_[wire]) {
      seen_[wire] = 1;
      touched_.push_back(wire);
      sums_[wire] = x;
    } else {
      sums_[wire] += x;
    }
  }
  void add(const Linear& e) {
    for (const Term& t : e) add(t.wire, table_[t.coefficient]);
  }
  void add(const Linear& e, const Fr& factor) {
    for (const Term& t : e) add(t.wire, t.coefficient == R1cs::kOne ? factor : table_[t.coefficient] * factor);
  }
  void add(const Linear& e, std::uint32_t coefficient) {
    if (coefficient == R1cs::kOne) {
      add(e);
    } else {
      add(e, table_[coefficient]);
    }
  }

  // The value of one wire, which leaves the sum.
  Fr remove(std::uint32_t wire) noexcept {
    const Fr x = sums_[wire];
    sums_[wire] = Fr::zero();
    return x;
  }
  const std::vector<std::uint32_t>& touched() const noexcept { return touched_; }

  Linear take() {
    std::sort(touched_.begin(), touched_.end());
    Linear out;
    out.reserve(touched_.size());
    for (const std::uint32_t wire : touched_) {
      seen_[wire] = 0;
      if (!sums_[wire].is_zero()) out.push_back({wire, table_.intern(sums_[wire])});
    }
    touched_.clear();
    return out;
  }

 private:
  CoefficientTable& table_;
  std::vector<Fr> sums_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::uint32_t> touched_;
};

}  // namespace assay
