// VPMADD52LUQ and VPMADD52HUQ, EVEX-encoded, of 128, 256 and 512 bits; without prefixes before EVEX (segment, address
// size). In each lane (Intel SDM volume 2)
//   destination += bits 51:0 (LUQ) or 103:52 (HUQ) of the product of bits 51:0 of both sources   mod 2^64
#pragma once

#include "operand.h"

namespace instruction_trap {

struct Vpmadd52 {
  const std::uint8_t* start;
  Operand operand;
  bool high_half, zeroing, broadcast;
  int length;                      // 0, 1, 2: 128, 256, 512 bits
  int mask;                        // number of the mask register, 0 for none
  int destination, first, second;  // second if the operand is a register

  int lanes() const noexcept { return 2 << length; }
};

// False if another instruction stands at `at`, or a form that the processor refuses. Bytes beyond those that tell are
// not read.
bool decode(const std::uint8_t* at, Vpmadd52& instruction) noexcept;
// Does what the processor would, and moves the instruction pointer on.
void execute(const Vpmadd52& instruction, Frame& frame) noexcept;

}  // namespace instruction_trap
