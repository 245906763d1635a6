#include <algorithm>
#include <cstring>

#include "cpu/known_answer.h"
#include "hash/lthash.h"

namespace assay {
namespace {

constexpr std::size_t kWindow = 256;                 // elements that are put in order of length together
[[maybe_unused]] constexpr std::size_t kFewest = 2;  // for which lanes pay

// The first bytes of SHAKE-128 of the empty message (NIST, examples of FIPS 202).
constexpr std::uint8_t kOfNothing[32] = {0x7f, 0x9c, 0x2b, 0xa4, 0xe8, 0x8f, 0x82, 0x7d, 0x61, 0x60, 0x45,
                                         0x50, 0x76, 0x05, 0x85, 0x3e, 0xd7, 0x3b, 0x80, 0x93, 0xf6, 0xef,
                                         0xbc, 0x88, 0xeb, 0x1a, 0x6e, 0xac, 0xfa, 0x66, 0xef, 0x26};

[[maybe_unused]] bool known_answer(LtHashKernel kernel) noexcept {
  constexpr std::size_t kElements = 11;
  std::uint8_t data[40 * kElements], lanes[kLtHashBytes] = {}, expected[kLtHashBytes] = {};
  std::uint32_t x = 1;
  for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>((x = 1664525 * x + 1013904223) >> 24);
  LtHashElement elements[kElements];
  const LtHashElement* pointers[kElements];
  for (std::size_t i = 0; i < kElements; ++i) {
    elements[i] = {data, 40 * i, i % 3 == 1};
    pointers[i] = elements + i;
  }
  kernel(pointers, 1, lanes);
  if (std::memcmp(lanes, kOfNothing, sizeof kOfNothing) != 0) return false;
  kernel(pointers, kElements, lanes);
  lthash_portable(pointers, 1, expected);
  lthash_portable(pointers, kElements, expected);
  return std::memcmp(lanes, expected, sizeof lanes) == 0;
}

LtHashKernel in_force([[maybe_unused]] std::size_t n) noexcept {
#if defined(ASSAY_X86)
  static KnownAnswer answers;
  if (n >= kFewest && isa_level() >= IsaLevel::avx512 &&
      answers.holds(IsaLevel::avx512, "LtHash", [] { return known_answer(lthash_avx512); }))
    return lthash_avx512;
#endif
  return lthash_portable;
}

}  // namespace

void lthash_move(const LtHashElement* elements, std::size_t n, std::uint8_t* lanes) noexcept {
  const LtHashKernel kernel = in_force(n);
  const LtHashElement* ordered[kWindow];
  for (std::size_t at = 0; at < n; at += kWindow) {
    const std::size_t count = std::min(kWindow, n - at);
    for (std::size_t i = 0; i < count; ++i) ordered[i] = elements + at + i;
    std::sort(ordered, ordered + count,
              [](const LtHashElement* a, const LtHashElement* b) { return a->bytes < b->bytes; });
    kernel(ordered, count, lanes);
  }
}

}  // namespace assay
