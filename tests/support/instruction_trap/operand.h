// ModRM, SIB and displacement (Intel SDM volume 2, chapter 2): where the last operand of an instruction lies.
#pragma once

#include <cstdint>
#include <cstring>

#include "frame.h"

namespace instruction_trap {

struct Operand {
  static constexpr int kNone = -1;

  int reg;         // ModRM.reg, three bits: the prefix adds the upper ones
  int rm;          // ModRM.rm, three bits, if the operand is a register
  bool in_memory;  // then it lies at base + (index << shift) + displacement
  int base = kNone, index = kNone, shift = 0;
  std::int64_t displacement = 0;
  bool relative = false;     // to the next instruction; `displacement` is the address then
  const std::uint8_t* next;  // the byte after the instruction

  const std::uint8_t* address(Frame& frame) const noexcept {
    std::uint64_t sum = static_cast<std::uint64_t>(displacement);
    if (base != kNone) sum += static_cast<std::uint64_t>(frame.general(base));
    if (index != kNone) sum += static_cast<std::uint64_t>(frame.general(index)) << shift;
    return reinterpret_cast<const std::uint8_t*>(sum);
  }
};

// `at` is the ModRM byte, the last field of the instruction but SIB and displacement. `index_high` and `base_high` are
// 0 or 8, by the prefix; `scale8` is the N of EVEX's compressed displacement disp8*N, 1 elsewhere.
inline Operand decode_operand(const std::uint8_t* at, int index_high, int base_high, std::int64_t scale8) noexcept {
  const int mode = *at >> 6;
  Operand operand{.reg = (*at >> 3) & 7, .rm = *at & 7, .in_memory = mode != 3, .next = at + 1};
  if (!operand.in_memory) return operand;
  bool wide = mode == 2;
  if (operand.rm == 4) {
    const int sib = *operand.next++;
    const int index = ((sib >> 3) & 7) | index_high;
    if (index != 4) operand.index = index;
    operand.shift = sib >> 6;
    if ((sib & 7) == 5 && mode == 0) {
      wide = true;
    } else {
      operand.base = (sib & 7) | base_high;
    }
  } else if (operand.rm == 5 && mode == 0) {
    operand.relative = wide = true;
  } else {
    operand.base = operand.rm | base_high;
  }
  if (wide) {
    std::int32_t bytes;
    std::memcpy(&bytes, operand.next, 4);
    operand.next += 4;
    operand.displacement = bytes;
  } else if (mode == 1) {
    operand.displacement = static_cast<std::int8_t>(*operand.next++) * scale8;
  }
  if (operand.relative) operand.displacement += reinterpret_cast<std::int64_t>(operand.next);
  return operand;
}

}  // namespace instruction_trap
