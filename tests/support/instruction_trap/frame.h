// The registers of the interrupted program, as they lie in the signal frame: read, changed, and taken back by
// sigreturn.
//
// Layout: general registers in ucontext_t, vector registers in the XSAVE area at `fpregs` (standard format). Linux
// describes that area in its bytes 464..511 (`struct _fpx_sw_bytes`, asm/sigcontext.h); CPUID leaf 0xD gives each
// component's offset (Intel SDM volume 1, 13.4). Components: 1 xmm0-15, 2 their upper halves to ymm, 5 k0-7, 6 the
// upper halves of zmm0-15, 7 zmm16-31 whole.
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <cstring>

namespace instruction_trap {

struct Vector {
  std::uint64_t lane[8];  // lane[0] is bits 63:0
};

enum Component : int { kSse = 1, kAvx = 2, kMasks = 5, kUpperZmm = 6, kHighZmm = 7, kComponents = 8 };

// Offsets and sizes of the components, by CPUID; read once.
struct Layout {
  std::uint32_t offset[kComponents], size[kComponents];
};
extern Layout layout;
void read_layout() noexcept;

class Frame {
 public:
  explicit Frame(void* context) noexcept
      : registers_(static_cast<ucontext_t*>(context)->uc_mcontext.gregs),
        area_(reinterpret_cast<std::uint8_t*>(static_cast<ucontext_t*>(context)->uc_mcontext.fpregs)) {}

  const std::uint8_t* instruction() const noexcept {
    return reinterpret_cast<const std::uint8_t*>(registers_[REG_RIP]);
  }
  void resume_at(const std::uint8_t* next) noexcept { registers_[REG_RIP] = reinterpret_cast<greg_t>(next); }

  // By the number in the instruction's encoding: rax rcx rdx rbx rsp rbp rsi rdi r8..r15
  greg_t& general(int number) noexcept {
    static constexpr int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                      REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return registers_[order[number]];
  }

  // Did the kernel save this component for this thread?
  bool has(Component component) const noexcept {
    constexpr std::uint32_t kMagic = 0x46505853;  // FP_XSTATE_MAGIC1
    std::uint32_t magic = 0;
    std::uint64_t features = 0;
    if (area_ == nullptr) return false;
    std::memcpy(&magic, area_ + 464, 4);
    std::memcpy(&features, area_ + 472, 8);
    return magic == kMagic && (features >> component & 1) != 0;
  }

  bool has_avx512() const noexcept { return has(kAvx) && has(kMasks) && has(kUpperZmm) && has(kHighZmm); }

  Vector read(int number) noexcept {
    Vector v;
    each_part(number, [&](std::uint8_t* part, int from, int lanes) { std::memcpy(v.lane + from, part, 8 * lanes); });
    return v;
  }
  // The whole register: EVEX instructions of 128 and 256 bits zero the rest, so v comes with zeros there.
  void write(int number, const Vector& v) noexcept {
    each_part(number, [&](std::uint8_t* part, int from, int lanes) { std::memcpy(part, v.lane + from, 8 * lanes); });
  }
  // Bits 127:0 only, the rest stays: what legacy SSE instructions do. number < 16.
  std::uint8_t* xmm(int number) noexcept { return component(kSse) + 16 * number; }

  std::uint64_t mask(int number) noexcept {
    std::uint64_t k;
    std::memcpy(&k, component(kMasks) + 8 * number, 8);
    return k;
  }

 private:
  // The component's bytes. One that was in its initial state becomes explicit zeros, so that sigreturn takes what is
  // written.
  std::uint8_t* component(Component c) noexcept {
    std::uint64_t in_use;
    std::memcpy(&in_use, area_ + 512, 8);  // XSTATE_BV
    std::uint8_t* bytes = area_ + layout.offset[c];
    if ((in_use >> c & 1) == 0) {
      std::memset(bytes, 0, layout.size[c]);
      in_use |= std::uint64_t{1} << c;
      std::memcpy(area_ + 512, &in_use, 8);
    }
    return bytes;
  }

  template <class Visit>
  void each_part(int number, Visit visit) noexcept {
    if (number >= 16) return visit(component(kHighZmm) + 64 * (number - 16), 0, 8);
    visit(component(kSse) + 16 * number, 0, 2);
    visit(component(kAvx) + 16 * number, 2, 2);
    visit(component(kUpperZmm) + 32 * number, 4, 4);
  }

  greg_t* registers_;
  std::uint8_t* area_;
};

}  // namespace instruction_trap
