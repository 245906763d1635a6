// Elimination of linear constraints by substitution.
//
// Each linear constraint e = 0 expresses one variable by the others; it is put in everywhere and the constraint is
// gone. A product whose one factor is constant is linear too, and substitution can make more of those: rounds go on
// until none is left. The variable taken is the one that occurs least (Markowitz, Management Science 3 (1957), with the
// length of the equation the same for all candidates); fixed variables are never taken. What remains of a constraint
// among fixed variables alone stays as linear. Equal rows are dropped.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "circuit/linear.h"

namespace assay {

// a b = c, written at `site` of the stamp `frame`. A linear row (c = 0) has no a and b.
struct Row {
  Linear a, b, c;
  std::uint32_t frame = 0, site = 0;
};

// A constraint that no witness can satisfy. `places`: the site, then those of the stamps around it, each with its
// trace.
struct Contradiction : std::runtime_error {
  Contradiction(std::uint32_t frame_, std::uint32_t site_)
      : std::runtime_error("no witness satisfies this"), frame(frame_), site(site_) {}
  std::uint32_t frame, site;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
};

struct System {
  std::vector<Row> rows;            // quadratic
  std::vector<Row> linear;          // c = 0
  std::vector<std::uint8_t> fixed;  // one for each variable: 1 if it must stay
  std::vector<std::uint32_t> uses;  // occurrences outside rows, by variable
  std::vector<Linear> watched;      // further expressions to rewrite (outputs)
};

// The substitutions made: by variable, kNone or the index of its expression, which holds no substituted variable.
struct Substitution {
  static constexpr std::uint32_t kNone = 0xffffffff;
  std::vector<std::uint32_t> index;
  std::vector<Linear> expressions;

  bool replaces(std::uint32_t variable) const noexcept { return index[variable] != kNone; }
  // e with every substituted variable replaced
  Linear apply(const Linear& e, Accumulator& sum) const;
  bool touches(const Linear& e) const noexcept;
};

Substitution eliminate(System& system, CoefficientTable& table);

}  // namespace assay
