// Runs witness programs: inputs to the values of all wires.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "circuit/assemble.h"
#include "parallel/pool.h"

namespace assay {

// The first step that does not hold, and every register of its program at that moment. A repeat step of main stands for
// a given carry that is not what the stamp computes; it comes without registers.
struct WitnessFailure {
  std::uint32_t group = Substitution::kNone, stamp = 0;  // kNone: main
  std::size_t step = 0;
  std::vector<std::uint64_t> registers;  // Montgomery
};

// Carries given by the caller: for each group null, or [count][carries] values after each stamp, Montgomery.
using GivenCarries = std::vector<const std::uint64_t*>;

// w [num_wires][4] <- the witness for inputs [inputs][4], both in Montgomery form. The stamps of a group run in order,
// or on all threads where the carries are given, which are then checked against what comes out: `unsatisfied` with the
// repeat step of main and stamp as failure. Constraints are checked as they were written. out_of_memory, cancelled.
// Without `checked` the constraints are not looked at: tests of the R1CS make false witnesses so.
// Memory: the registers of main, and those of one stamp for each thread.
Status solve_witness(const CompiledCircuit& circuit, const std::uint64_t* inputs, const GivenCarries& carries,
                     std::uint64_t* w, WitnessFailure& failure, JobControl* control = nullptr,
                     bool checked = true) noexcept;

}  // namespace assay
