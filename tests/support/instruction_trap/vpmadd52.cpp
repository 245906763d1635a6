// VPMADD52LUQ/HUQ (Intel SDM volume 2): in each lane
//   destination += bits 51:0 (LUQ) or 103:52 (HUQ) of the product of bits 51:0 of both sources   mod 2^64
//
// EVEX.W1.66.0F38 B4 (LUQ), B5 (HUQ): 62 P0 P1 P2 opcode ModRM, where (SDM volume 2, 2.7; ' is inverted)
//   P0 = R' X' B' R4' 0 010    P1 = W vvvv' 1 01    P2 = z LL b V4' aaa
#include "instructions.h"
#include "operand.h"

namespace instruction_trap {
namespace {

constexpr std::uint64_t kLow52 = (std::uint64_t{1} << 52) - 1;

// The bit at `position`, inverted, as `value` or 0.
int inverted(std::uint8_t byte, int position, int value) noexcept { return (byte >> position & 1) != 0 ? 0 : value; }

}  // namespace

bool emulate_vpmadd52(Frame& frame) noexcept {
  const std::uint8_t* p = frame.instruction();
  if (p[0] != 0x62 || (p[1] & 0x0f) != 0x02 || (p[2] & 0x87) != 0x85 || (p[4] & 0xfe) != 0xb4) return false;
  if (!frame.has(kMasks) || !frame.has(kUpperZmm) || !frame.has(kHighZmm)) return false;
  const std::uint8_t p0 = p[1], p1 = p[2], p2 = p[3];
  const bool high_half = (p[4] & 1) != 0, zeroing = (p2 & 0x80) != 0, broadcast = (p2 & 0x10) != 0;
  const int length = p2 >> 5 & 3, mask_number = p2 & 7, lanes = 2 << length;
  const bool from_memory = p[5] >> 6 != 3;
  // What the processor refuses too (#UD).
  if (length == 3 || (zeroing && mask_number == 0) || (broadcast && !from_memory)) return false;

  const std::int64_t scale8 = broadcast ? 8 : 8 * lanes;
  const Operand operand = decode_operand(p + 5, inverted(p0, 6, 8), inverted(p0, 5, 8), scale8, frame);
  const int destination = operand.reg | inverted(p0, 7, 8) | inverted(p0, 4, 16);
  const int first = (~p1 >> 3 & 15) | inverted(p2, 3, 16);
  const std::uint64_t mask = mask_number == 0 ? ~std::uint64_t{0} : frame.mask(mask_number);

  const Vector a = frame.read(first), old = frame.read(destination);
  Vector b{}, out{};
  if (!from_memory) b = frame.read(operand.rm | inverted(p0, 5, 8) | inverted(p0, 6, 16));
  for (int i = 0; i < lanes; ++i) {
    if ((mask >> i & 1) == 0) {
      out.lane[i] = zeroing ? 0 : old.lane[i];
      continue;
    }
    // Lanes that are masked out are not read: they do not fault.
    if (from_memory) std::memcpy(&b.lane[i], operand.address + (broadcast ? 0 : 8 * i), 8);
    const auto product = static_cast<unsigned __int128>(a.lane[i] & kLow52) * (b.lane[i] & kLow52);
    out.lane[i] = old.lane[i] + (static_cast<std::uint64_t>(product >> (high_half ? 52 : 0)) & kLow52);
  }
  frame.write(destination, out);
  frame.resume_at(operand.next);
  return true;
}

}  // namespace instruction_trap
