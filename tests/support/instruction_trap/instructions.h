// The instructions in software. Each looks at the one at the frame's instruction pointer: if it is of its kind it does
// what the processor would, moves the pointer on and returns true; else it returns false with the frame untouched.
// Bytes beyond the ones that tell the kind are not read.
#pragma once

#include "frame.h"

namespace instruction_trap {

// VPMADD52LUQ, VPMADD52HUQ, EVEX-encoded, of 128, 256 and 512 bits. Without prefixes before EVEX (segment, address
// size).
bool emulate_vpmadd52(Frame& frame) noexcept;
// SHA256RNDS2, SHA256MSG1, SHA256MSG2.
bool emulate_sha256(Frame& frame) noexcept;

}  // namespace instruction_trap
