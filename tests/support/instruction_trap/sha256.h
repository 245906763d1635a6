#pragma once

#include "frame.h"

namespace instruction_trap {

// SHA256RNDS2, SHA256MSG1, SHA256MSG2: if one of them stands at the instruction pointer, does what the processor would,
// moves the pointer on and returns true; else it returns false with the frame untouched.
bool emulate_sha256(Frame& frame) noexcept;

}  // namespace instruction_trap
