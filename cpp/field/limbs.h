// Multi-word primitives on 64-bit limbs, constant time. Carries are 0 or 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/isa.h"

// Inline assembly needs nearly all registers, which only an optimised build leaves free.
#if defined(ASSAY_X86) && defined(__OPTIMIZE__)
#define ASSAY_FIELD_ASM 1
#endif

ASSAY_ISA_BEGIN

__extension__ using u128 = unsigned __int128;

constexpr std::uint64_t adc(std::uint64_t a, std::uint64_t b, std::uint64_t& carry) noexcept {
  const u128 t = static_cast<u128>(a) + b + carry;
  carry = static_cast<std::uint64_t>(t >> 64);
  return static_cast<std::uint64_t>(t);
}

constexpr std::uint64_t sbb(std::uint64_t a, std::uint64_t b, std::uint64_t& borrow) noexcept {
  const u128 t = static_cast<u128>(a) - b - borrow;
  borrow = static_cast<std::uint64_t>(t >> 64) & 1;
  return static_cast<std::uint64_t>(t);
}

// low word of acc + a b + carry; carry <- high word. Never overflows: (2^64-1)^2 + 2 (2^64-1) = 2^128 - 1.
[[gnu::always_inline]] constexpr std::uint64_t mac(std::uint64_t acc, std::uint64_t a, std::uint64_t b,
                                                   std::uint64_t& carry) noexcept {
#if defined(ASSAY_FIELD_ASM)
  if (!std::is_constant_evaluated()) {  // spares the zero registers that compilers add carries with
    const u128 product = static_cast<u128>(a) * b;
    std::uint64_t lo = static_cast<std::uint64_t>(product), hi = static_cast<std::uint64_t>(product >> 64);
    __asm__("addq %[acc], %[lo]\n\tadcq $0, %[hi]\n\taddq %[carry], %[lo]\n\tadcq $0, %[hi]"
            : [lo] "+&r"(lo), [hi] "+&r"(hi)
            : [acc] "r"(acc), [carry] "r"(carry)
            : "cc");
    carry = hi;
    return lo;
  }
#endif
  const u128 t = static_cast<u128>(a) * b + acc + carry;
  carry = static_cast<std::uint64_t>(t >> 64);
  return static_cast<std::uint64_t>(t);
}

ASSAY_ISA_END
