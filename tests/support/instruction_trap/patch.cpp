#include "patch.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <initializer_list>

namespace instruction_trap {

// The multiplications. In 8-byte vectors at rsp + 8, behind the return address: a, b, destination; free space from 256
// on, where they keep the registers that they use. With 26-bit halves a = a1 2^26 + a0 and b alike,
//   m = a1 b0 + a0 b1 + (a0 b0 >> 26),   high = a1 b1 + (m >> 26),   low = (m << 26 | a0 b0 mod 2^26) mod 2^52
#define TRAP_PRODUCT                                                                                         \
  "vmovdqu64 %zmm0, 264(%rsp); vmovdqu64 %zmm1, 328(%rsp); vmovdqu64 %zmm2, 392(%rsp)\n"                     \
  "vmovdqu64 %zmm3, 456(%rsp); vmovdqu64 %zmm4, 520(%rsp)\n"                                                 \
  "vmovdqu64 8(%rsp), %zmm0; vmovdqu64 72(%rsp), %zmm1\n"                                                    \
  "vpsllq $12, %zmm0, %zmm2; vpsrlq $38, %zmm2, %zmm2; vpsllq $38, %zmm0, %zmm0; vpsrlq $38, %zmm0, %zmm0\n" \
  "vpsllq $12, %zmm1, %zmm3; vpsrlq $38, %zmm3, %zmm3; vpsllq $38, %zmm1, %zmm1; vpsrlq $38, %zmm1, %zmm1\n" \
  "vpmuludq %zmm1, %zmm0, %zmm4; vpmuludq %zmm3, %zmm0, %zmm0; vpmuludq %zmm1, %zmm2, %zmm1\n"               \
  "vpmuludq %zmm3, %zmm2, %zmm2; vpaddq %zmm1, %zmm0, %zmm0; vpsrlq $26, %zmm4, %zmm1; vpaddq %zmm1, %zmm0, %zmm0\n"
#define TRAP_ADD                                                                         \
  "vpaddq 136(%rsp), %zmm0, %zmm0; vmovdqu64 %zmm0, 136(%rsp)\n"                         \
  "vmovdqu64 264(%rsp), %zmm0; vmovdqu64 328(%rsp), %zmm1; vmovdqu64 392(%rsp), %zmm2\n" \
  "vmovdqu64 456(%rsp), %zmm3; vmovdqu64 520(%rsp), %zmm4; ret\n"
asm(".pushsection .rodata\n"
    "instruction_trap_low:\n" TRAP_PRODUCT
    "vpsllq $38, %zmm4, %zmm4; vpsrlq $38, %zmm4, %zmm4; vpsllq $26, %zmm0, %zmm0; vporq %zmm4, %zmm0, %zmm0\n"
    "vpsllq $12, %zmm0, %zmm0; vpsrlq $12, %zmm0, %zmm0\n" TRAP_ADD "instruction_trap_high:\n" TRAP_PRODUCT
    "vpsrlq $26, %zmm0, %zmm0; vpaddq %zmm2, %zmm0, %zmm0\n" TRAP_ADD
    "instruction_trap_end:\n"
    ".popsection\n");
extern "C" const std::uint8_t instruction_trap_low[], instruction_trap_high[], instruction_trap_end[];

namespace {

constexpr int kRoom = 1024;  // what a stub takes of the stack: 128 bytes of red zone, 640 of its own
constexpr int kRsp = 4;
enum Slot : int { kFirst = 0, kSecond = 64, kDestination = 128, kScratch = 192 };

// Stubs near some code, behind a copy of the multiplications.
struct Arena {
  static constexpr std::size_t kBytes = 1 << 20, kLongestStub = 256;
  std::uint8_t *start = nullptr, *end = nullptr;
};

struct Writer {
  std::uint8_t* at;

  void bytes(std::initializer_list<int> values) noexcept {
    for (const int value : values) *at++ = static_cast<std::uint8_t>(value);
  }
  void word(std::int64_t value) noexcept {
    const auto low = static_cast<std::int32_t>(value);
    std::memcpy(at, &low, 4);
    at += 4;
  }
  void move_rsp(int by) noexcept {  // lea by(%rsp), %rsp: no flags
    bytes({0x48, 0x8d, 0xa4, 0x24});
    word(by);
  }
  void jump(int opcode, const std::uint8_t* target) noexcept {
    bytes({opcode});
    word(target - (at + 4));
  }
  // EVEX, W1, with the register and a memory operand at base + (index << shift) + displacement, a disp32.
  void evex(int map, int prefix, int p2, int opcode, int reg, const Operand& where) noexcept {
    const int base = where.base == Operand::kNone ? 5 : where.base,
              index = where.index == Operand::kNone ? 4 : where.index;
    const int high = (reg >> 3 & 1) << 7 | (index >> 3 & 1) << 6 | (base >> 3 & 1) << 5 | (reg >> 4 & 1) << 4;
    bytes({0x62, (high ^ 0xf0) | map, 0xfc | prefix, p2, opcode});
    const int mode = where.base == Operand::kNone ? 0 : 2;
    if (where.relative) {
      bytes({(reg & 7) << 3 | 5});
      word(where.displacement - reinterpret_cast<std::int64_t>(at + 4));
      return;
    }
    bytes({mode << 6 | (reg & 7) << 3 | 4, where.shift << 6 | (index & 7) << 3 | (base & 7)});
    word(where.displacement);
  }
  // vmovdqu64 between a register and a slot of the stack; p2 brings length and mask
  void load(int reg, int slot, int p2 = 0x48) noexcept { evex(1, 2, p2, 0x6f, reg, slot_operand(slot)); }
  void store(int reg, int slot) noexcept { evex(1, 2, 0x48, 0x7f, reg, slot_operand(slot)); }

  static Operand slot_operand(int slot) noexcept {
    return {.reg = 0, .rm = 4, .in_memory = true, .base = kRsp, .displacement = slot, .next = nullptr};
  }
};

bool in_reach(const void* a, const void* b) noexcept {
  const auto distance = reinterpret_cast<std::intptr_t>(a) - reinterpret_cast<std::intptr_t>(b);
  return distance < 0x7ff00000 && distance > -0x7ff00000;
}

// Room for a stub in reach of `code`, or null.
Arena* find_arena(const std::uint8_t* code) noexcept {
  static Arena arenas[64];
  for (Arena& arena : arenas) {
    if (arena.start != nullptr) {
      if (in_reach(arena.start, code) && arena.end + Arena::kLongestStub < arena.start + Arena::kBytes) return &arena;
      continue;
    }
    for (std::intptr_t distance = 1 << 24; distance < 0x70000000; distance += 1 << 24) {
      const std::intptr_t page = reinterpret_cast<std::intptr_t>(code) & -4096;
      for (const std::intptr_t hint : {page - distance, page + distance}) {
        void* got = mmap(reinterpret_cast<void*>(hint), Arena::kBytes, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (got == MAP_FAILED) continue;
        arena.start = static_cast<std::uint8_t*>(got);
        const std::size_t bytes = instruction_trap_end - instruction_trap_low;
        std::memcpy(arena.start, instruction_trap_low, bytes);
        arena.end = arena.start + bytes;
        return &arena;
      }
    }
    return nullptr;
  }
  return nullptr;
}

// The second source, which is in memory, to its slot: by zmm31, masked like the instruction, so that what the mask
// leaves out does not fault. False if the address cannot be written with the stub's displacement.
bool copy_from_memory(Writer& out, const Vpmadd52& i, int p2) noexcept {
  Operand where = i.operand;
  if (where.base == kRsp) where.displacement += kRoom;
  if (where.relative && !in_reach(reinterpret_cast<const void*>(where.displacement), out.at)) return false;
  if (!where.relative && where.displacement != static_cast<std::int32_t>(where.displacement)) return false;
  if (i.mask != 0) p2 |= 0x80;
  out.store(31, kScratch);
  if (i.broadcast) {
    out.evex(2, 1, p2, 0x59, 31, where);  // vpbroadcastq
  } else {
    out.evex(1, 2, p2, 0x6f, 31, where);  // vmovdqu64
  }
  out.store(31, kSecond);
  out.load(31, kScratch);
  return true;
}

// Other threads may run there: they see the instruction, an invalid byte (and retry, see trap.cpp), or the jump. Each
// step is made known to all processors before the next (Intel SDM volume 3, 9.1.3, cross-modifying code).
bool overwrite(const std::uint8_t* code, const std::uint8_t (&jump)[5]) noexcept {
  const int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);  // writes to pages that are mapped for reading
  if (memory < 0) return false;
  const auto write = [&](int offset, const std::uint8_t* bytes, std::size_t count) {
    const bool done =
        pwrite(memory, bytes, count, reinterpret_cast<off_t>(code + offset)) == static_cast<ssize_t>(count);
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
    return done;
  };
  const std::uint8_t invalid = 0x06, before = *code;
  const bool done =
      write(0, &invalid, 1) && (write(1, jump + 1, 4) ? write(0, jump, 1) : (write(0, &before, 1), false));
  close(memory);
  return done;
}

}  // namespace

bool prepare_patching() noexcept {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0;
}

void patch(const Vpmadd52& i) noexcept {
  Arena* arena = find_arena(i.start);
  if (arena == nullptr) return;
  std::uint8_t* stub = arena->end;
  const int p2 = 0x08 | i.length << 5 | i.mask;
  Writer out{stub};
  out.move_rsp(-kRoom);
  out.store(i.first, kFirst);
  if (!i.operand.in_memory) {
    out.store(i.second, kSecond);
  } else if (!copy_from_memory(out, i, p2)) {
    return;
  }
  out.store(i.destination, kDestination);
  out.jump(0xe8, arena->start + (i.high_half ? instruction_trap_high - instruction_trap_low : 0));
  out.load(i.destination, kDestination, p2 | (i.zeroing ? 0x80 : 0));
  out.move_rsp(kRoom);
  out.jump(0xe9, i.operand.next);
  arena->end = out.at;

  std::uint8_t jump[5];
  Writer{jump}.bytes({0xe9});
  const std::int64_t distance = stub - (i.start + 5);
  const auto low = static_cast<std::int32_t>(distance);
  std::memcpy(jump + 1, &low, 4);
  overwrite(i.start, jump);
}

}  // namespace instruction_trap
