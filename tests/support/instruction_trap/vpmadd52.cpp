// EVEX.W1.66.0F38 B4 (LUQ), B5 (HUQ): 62 P0 P1 P2 opcode ModRM, where (SDM volume 2, 2.7; ' is inverted)
//   P0 = R' X' B' R4' 0 010    P1 = W vvvv' 1 01    P2 = z LL b V4' aaa
#include "vpmadd52.h"

namespace instruction_trap {
namespace {

constexpr std::uint64_t kLow52 = (std::uint64_t{1} << 52) - 1;

// The bit at `position`, inverted, as `value` or 0.
int inverted(std::uint8_t byte, int position, int value) noexcept { return (byte >> position & 1) != 0 ? 0 : value; }

}  // namespace

bool decode(const std::uint8_t* at, Vpmadd52& i) noexcept {
  if (at[0] != 0x62 || (at[1] & 0x0f) != 0x02 || (at[2] & 0x87) != 0x85 || (at[4] & 0xfe) != 0xb4) return false;
  const std::uint8_t p0 = at[1], p1 = at[2], p2 = at[3];
  i.start = at;
  i.high_half = (at[4] & 1) != 0;
  i.zeroing = (p2 & 0x80) != 0;
  i.broadcast = (p2 & 0x10) != 0;
  i.length = p2 >> 5 & 3;
  i.mask = p2 & 7;
  const bool from_memory = at[5] >> 6 != 3;
  if (i.length == 3 || (i.zeroing && i.mask == 0) || (i.broadcast && !from_memory)) return false;
  i.operand = decode_operand(at + 5, inverted(p0, 6, 8), inverted(p0, 5, 8), i.broadcast ? 8 : 8 * i.lanes());
  i.destination = i.operand.reg | inverted(p0, 7, 8) | inverted(p0, 4, 16);
  i.first = (~p1 >> 3 & 15) | inverted(p2, 3, 16);
  i.second = i.operand.rm | inverted(p0, 5, 8) | inverted(p0, 6, 16);
  return true;
}

void execute(const Vpmadd52& i, Frame& frame) noexcept {
  const std::uint64_t mask = i.mask == 0 ? ~std::uint64_t{0} : frame.mask(i.mask);
  const std::uint8_t* memory = i.operand.address(frame);
  const Vector a = frame.read(i.first), old = frame.read(i.destination);
  Vector b{}, out{};
  if (!i.operand.in_memory) b = frame.read(i.second);
  for (int lane = 0; lane < i.lanes(); ++lane) {
    if ((mask >> lane & 1) == 0) {
      out.lane[lane] = i.zeroing ? 0 : old.lane[lane];
      continue;
    }
    // Lanes that are masked out are not read: they do not fault.
    if (i.operand.in_memory) std::memcpy(&b.lane[lane], memory + (i.broadcast ? 0 : 8 * lane), 8);
    const auto product = static_cast<unsigned __int128>(a.lane[lane] & kLow52) * (b.lane[lane] & kLow52);
    out.lane[lane] = old.lane[lane] + (static_cast<std::uint64_t>(product >> (i.high_half ? 52 : 0)) & kLow52);
  }
  frame.write(i.destination, out);
  frame.resume_at(i.operand.next);
}

}  // namespace instruction_trap
