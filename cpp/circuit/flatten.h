// A traced circuit or template, flattened: the stamps inside it dissolved, its linear constraints eliminated.
//
// A trace is a stream of words over local wires (0 is one, 1 .. ports the arguments). An expression is written
// [n, (wire, coefficient) * n], coefficients by their index in the compiler's table. Operations:
//
//   product [1, site, wire, a, b]                     wire = a b
//   define  [2, site, wire, e]                        wire = e
//   demand  [3, site, a, b, c]                        a b = c; c = 0 if a and b are empty
//   hint    [4, site, kind, first, size, inputs, immediates, immediate * immediates, e * inputs]
//   call    [5, site, template, first, e * ports]     wires first .. are the outputs
//   repeat  [6, site, template, first, count, carries, e * carries, (e * (ports - carries)) * count]
//
// A product becomes one row; a definition, and the outputs of a call, are put in where they are used. Variables of a
// flat circuit ("columns"): one, the ports, then the wires of products, hints and inputs that elimination leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "circuit/eliminate.h"
#include "circuit/linear.h"
#include "circuit/program.h"

namespace assay {

// A stamp: the template it is of, the stamp it is in, and the site there. Frame 0 is the circuit itself.
struct Frame {
  std::uint32_t parent, trace, site;
};

// (trace, site) of a line in stamp `frame`, then those of the stamps around it, the innermost first.
std::vector<std::pair<std::uint32_t, std::uint32_t>> places_of(const std::vector<Frame>& frames, std::uint32_t frame,
                                                               std::uint32_t site);

// Where a register comes from: a wire of the trace of a stamp, or kNone for a copy of an expression.
struct Origin {
  std::uint32_t frame, wire;
};

struct Flat;

// Stamps of one template in a chain (main circuits only). Port expressions: per stamp all ports, carries first.
struct StampGroup {
  std::shared_ptr<const Flat> flat;
  std::uint32_t site = 0, count = 0, carries = 0;
  std::uint32_t expression = 0;      // in the main program: initial carries, then the inputs of each stamp
  std::uint32_t first_register = 0;  // in the main program: other outputs of each stamp, then the last carries
  std::uint32_t first_variable = 0;  // of the kept columns of stamp 0; stamps follow each other
  std::vector<Linear> ports;         // [count][ports], over main's variables
  std::size_t ports_per_stamp() const noexcept { return ports.size() / count; }
};

struct Flat {
  std::uint32_t ports = 0;
  Program program;
  std::vector<Frame> frames;
  std::vector<Origin> origins;                  // of each register
  std::vector<std::uint32_t> output_registers;  // one for each output
  std::vector<std::uint32_t> column_registers;  // one for each column
  std::vector<Row> rows, linear;                // over columns
  std::vector<Linear> outputs;                  // over columns
  std::vector<std::uint32_t> wire_registers;    // main circuits: register of each traced wire
  std::vector<StampGroup> groups;               // main circuits
  std::uint32_t kept() const noexcept { return static_cast<std::uint32_t>(column_registers.size()) - 1 - ports; }
};

struct TraceSource {
  std::uint32_t serial = 0, ports = 0, wires = 1;
  std::span<const std::uint32_t> code;
  std::span<const std::uint32_t> keep;     // wires that elimination leaves in place
  std::span<const std::uint32_t> outputs;  // expressions, one after the other
  std::uint32_t num_outputs = 0;
  // main circuits
  bool is_main = false;
  bool unroll = false;                          // repeats become calls
  std::span<const std::uint32_t> public_wires;  // outputs first
  std::span<const std::uint32_t> private_wires;
};

// A main circuit before its columns are numbered: what assemble() makes an R1CS of.
struct MainSystem {
  System system;
  Substitution substitution;
  std::vector<std::uint32_t> variable_registers;  // Substitution::kNone for columns inside stamps
  std::vector<std::uint32_t> public_variables, private_variables;
};

// Throws std::invalid_argument if the code is malformed, Contradiction if no witness can satisfy it. `main` is filled
// for main circuits, whose Flat then has no rows and columns.
std::shared_ptr<Flat> flatten(const TraceSource& source, const std::vector<std::shared_ptr<const Flat>>& templates,
                              CoefficientTable& table, MainSystem* main);

}  // namespace assay
