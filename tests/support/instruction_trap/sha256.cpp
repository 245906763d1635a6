// SHA256RNDS2, SHA256MSG1, SHA256MSG2 (Intel SDM volume 2; the functions are those of FIPS 180-4, 4.1.2).
//
// [REX] 0F 38 CB|CC|CD ModRM; the operand in ModRM.reg is the first source and the destination. Words are numbered from
// bits 31:0.
#include "sha256.h"

#include "operand.h"

namespace instruction_trap {
namespace {

using Word = std::uint32_t;

Word rotr(Word x, int n) noexcept { return (x >> n) | (x << (32 - n)); }
Word small0(Word x) noexcept { return rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3); }
Word small1(Word x) noexcept { return rotr(x, 17) ^ rotr(x, 19) ^ (x >> 10); }
Word big0(Word x) noexcept { return rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22); }
Word big1(Word x) noexcept { return rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25); }

// Two rounds; one = (h, g, d, c), two = (f, e, b, a), both from the lowest word; wk the sums of message words and
// constants.
void rounds2(Word (&one)[4], const Word (&two)[4], const Word* wk) noexcept {
  Word a = two[3], b = two[2], c = one[3], d = one[2], e = two[1], f = two[0], g = one[1], h = one[0];
  for (int i = 0; i < 2; ++i) {
    const Word t1 = h + big1(e) + ((e & f) ^ (~e & g)) + wk[i], t2 = big0(a) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  one[3] = a, one[2] = b, one[1] = e, one[0] = f;
}

// w[t] + small0(w[t+1]) for the four words of `one`, followed by the lowest of `two`
void message1(Word (&one)[4], const Word (&two)[4]) noexcept {
  for (int i = 0; i < 4; ++i) one[i] += small0(i < 3 ? one[i + 1] : two[0]);
}

// + small1(w[t+14]): the lower two words need the upper two of `two`, the upper two the results of the lower
void message2(Word (&one)[4], const Word (&two)[4]) noexcept {
  for (int i = 0; i < 4; ++i) one[i] += small1(i < 2 ? two[i + 2] : one[i - 2]);
}

}  // namespace

bool emulate_sha256(Frame& frame) noexcept {
  const std::uint8_t* p = frame.instruction();
  const int rex = (*p & 0xf0) == 0x40 ? *p++ : 0;
  if (p[0] != 0x0f || p[1] != 0x38 || p[2] < 0xcb || p[2] > 0xcd || !frame.has(kSse)) return false;
  const int base_high = (rex & 1) != 0 ? 8 : 0;
  const Operand operand = decode_operand(p + 3, (rex & 2) != 0 ? 8 : 0, base_high, 1);
  // The processor refuses misaligned memory with SIGSEGV; here such code dies by its SIGILL.
  const std::uint8_t* memory = operand.address(frame);
  if (operand.in_memory && reinterpret_cast<std::uintptr_t>(memory) % 16 != 0) return false;

  Word one[4], two[4], wk[2];
  std::uint8_t* destination = frame.xmm(operand.reg | ((rex & 4) != 0 ? 8 : 0));
  std::memcpy(one, destination, 16);
  std::memcpy(two, operand.in_memory ? memory : frame.xmm(operand.rm | base_high), 16);
  std::memcpy(wk, frame.xmm(0), 8);
  if (p[2] == 0xcb) rounds2(one, two, wk);
  if (p[2] == 0xcc) message1(one, two);
  if (p[2] == 0xcd) message2(one, two);
  std::memcpy(destination, one, 16);
  frame.resume_at(operand.next);
  return true;
}

}  // namespace instruction_trap
