// From a flattened main circuit to its R1CS and to what computes and explains its witness.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "circuit/flatten.h"
#include "circuit/r1cs.h"

namespace assay {

// Where a block's rows were written: rows of main (group kNone), or of the stamps of a group from `stamp` on.
struct BlockOrigin {
  std::uint32_t group = Substitution::kNone, stamp = 0;
  std::vector<std::uint32_t> frames, sites;  // one for each row
};

// Which register a wire's value is taken from: main's, or the column of a stamp.
struct WireSource {
  std::uint32_t group = Substitution::kNone, stamp = 0, reg = 0;
};

struct CompiledCircuit {
  std::shared_ptr<R1cs> r1cs;
  std::vector<BlockOrigin> origins;  // one for each block
  std::shared_ptr<const Flat> main;
  std::vector<Limbs<4>> coefficients;           // what the programs refer to
  std::vector<std::uint32_t> inputs;            // registers of the declared inputs: public ones, then private ones
  std::vector<std::uint32_t> outputs;           // registers of the public outputs
  std::vector<std::uint32_t> wires, registers;  // wire <- register of main
  std::vector<std::vector<std::uint32_t>> stamp_wires;  // by group: wire of column j of stamp k, or kNone
  // Positions of public wires that no constraint restricts once the linear ones are eliminated; each has a row x 0 = 0,
  // which ties a proof to its value.
  std::vector<std::uint32_t> unbound_public;

  WireSource source_of(std::uint32_t wire) const;
};

CompiledCircuit assemble(std::shared_ptr<const Flat> main, MainSystem system, std::size_t num_outputs,
                         CoefficientTable& table);

}  // namespace assay
