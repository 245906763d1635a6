// ModRM, SIB and displacement (Intel SDM volume 2, chapter 2): where the last operand of an instruction lies.
#pragma once

#include <cstdint>
#include <cstring>

#include "frame.h"

namespace instruction_trap {

struct Operand {
  int reg;  // ModRM.reg, three bits: the prefix adds the upper ones
  int rm;   // ModRM.rm, three bits, if the operand is a register
  bool in_memory;
  const std::uint8_t* address;  // if it is in memory
  const std::uint8_t* next;     // the byte after the instruction
};

// `at` is the ModRM byte, the last field of the instruction but SIB and displacement. `index_high` and `base_high` are
// 0 or 8, by the prefix; `scale8` is the N of EVEX's compressed displacement disp8*N, 1 elsewhere.
inline Operand decode_operand(const std::uint8_t* at, int index_high, int base_high, std::int64_t scale8,
                              Frame& frame) noexcept {
  const int mode = *at >> 6;
  Operand operand{(*at >> 3) & 7, *at & 7, mode != 3, nullptr, at + 1};
  if (!operand.in_memory) return operand;
  std::int64_t address = 0, displacement = 0;
  bool relative_to_next = false, wide = mode == 2;
  if (operand.rm == 4) {
    const int sib = *operand.next++;
    const int index = ((sib >> 3) & 7) | index_high, base = sib & 7;
    if (index != 4)
      address += static_cast<std::int64_t>(static_cast<std::uint64_t>(frame.general(index)) << (sib >> 6));
    if (base == 5 && mode == 0) {
      wide = true;
    } else {
      address += frame.general(base | base_high);
    }
  } else if (operand.rm == 5 && mode == 0) {
    relative_to_next = wide = true;
  } else {
    address += frame.general(operand.rm | base_high);
  }
  if (wide) {
    std::int32_t bytes;
    std::memcpy(&bytes, operand.next, 4);
    operand.next += 4;
    displacement = bytes;
  } else if (mode == 1) {
    displacement = static_cast<std::int8_t>(*operand.next++) * scale8;
  }
  if (relative_to_next) address += reinterpret_cast<std::int64_t>(operand.next);
  operand.address = reinterpret_cast<const std::uint8_t*>(address + displacement);
  return operand;
}

}  // namespace instruction_trap
