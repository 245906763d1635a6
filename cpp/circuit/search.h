// Search for missing constraints: second witnesses.
//
// From a witness that satisfies the circuit, one value that the prover chooses is changed, and everything that depends
// on it is computed again by the witness program. The output of a hint: if all constraints still hold, the same inputs
// have two witnesses, perhaps with different outputs. A private input: if all constraints still hold and no public
// output moves, nothing ties it to the statement. If a constraint fails, each hint value in it is solved for in turn,
// which tries all pairs (changed value, value that makes up for it).
//
// This finds faults, it proves nothing: a fault that needs three coordinated changes stays hidden. Cost: a change is
// followed only until the first constraint that fails, so nearly all cost a few steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/status.h"
#include "circuit/flatten.h"
#include "parallel/pool.h"

namespace assay {

struct SearchOptions {
  std::vector<std::uint8_t> free;     // by register: 1 if it may take several values
  std::vector<std::uint8_t> outputs;  // by register: 1 for public outputs
  std::vector<std::uint32_t> inputs;  // registers of the private inputs
  std::size_t dropped = SIZE_MAX;     // the step whose constraint is taken away, to test the search itself
  std::size_t max_findings = 20;
  std::size_t max_partners = 512;  // values tried to make up for one failed constraint
};

struct SearchFinding {
  std::uint32_t reg = 0;
  Limbs<4> value{};                             // Montgomery
  std::uint32_t partner = Substitution::kNone;  // the value that makes up for it
  Limbs<4> partner_value{};
};

// registers [program.registers][4]: the witness, Montgomery form; the program must have no repeat steps. `tried` counts
// the changes. Findings are in the order of registers.
Status search_freedom(const Flat& flat, const std::vector<Limbs<4>>& coefficients, const std::uint64_t* registers,
                      const SearchOptions& options, std::vector<SearchFinding>& findings, std::size_t& tried,
                      JobControl* control = nullptr) noexcept;

}  // namespace assay
