// A vpmadd52 that raised its first signal is replaced by a jump to a stub, which does the same in some 50 instructions
// that the processor has: about 20 ns from then on, where a signal costs 3 us.
//
// The stub (placed within the jump's reach) keeps below the red zone and changes neither flags nor registers other than
// the destination:
//   copies first source, second source and destination to the stack; calls the multiplication; loads the destination
//   from there, with the instruction's mask; jumps behind the instruction.
// Every form is 6 bytes or longer, a jump is 5: no other instruction is touched.
#pragma once

#include "vpmadd52.h"

namespace instruction_trap {

// Asks the kernel for what patching needs. False: every instruction keeps raising a signal.
bool prepare_patching() noexcept;
// Replaces the instruction; leaves it as it is if no stub fits in reach. One caller at a time.
void patch(const Vpmadd52& instruction) noexcept;

}  // namespace instruction_trap
