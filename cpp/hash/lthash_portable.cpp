#include "base/bytes.h"
#include "hash/lthash.h"
#include "hash/shake128.h"

ASSAY_ISA_BEGIN
namespace {

struct Word {
  std::uint64_t v;
};

inline Word parity(Word a, Word b, Word c) noexcept { return {a.v ^ b.v ^ c.v}; }
inline Word chi(Word a, Word b, Word c) noexcept { return {a.v ^ (~b.v & c.v)}; }
inline Word mix(Word a, Word b) noexcept { return {a.v ^ b.v}; }
inline Word mix(Word a, std::uint64_t constant) noexcept { return {a.v ^ constant}; }
template <int n>
inline Word rol(Word a) noexcept {
  return {a.v << n | a.v >> (64 - n) % 64};
}

}  // namespace
ASSAY_ISA_END

namespace assay {
namespace {

// Four numbers of 16 bits in a word; their top bits are kept from carrying into the next number.
constexpr std::uint64_t kTop = 0x8000800080008000;
std::uint64_t add(std::uint64_t a, std::uint64_t b) noexcept { return ((a & ~kTop) + (b & ~kTop)) ^ ((a ^ b) & kTop); }
std::uint64_t subtract(std::uint64_t a, std::uint64_t b) noexcept {
  return ((a | kTop) - (b & ~kTop)) ^ ((a ^ ~b) & kTop);
}

}  // namespace

void lthash_portable(const LtHashElement* const* elements, std::size_t n, std::uint8_t* lanes) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const LtHashElement& element = *elements[i];
    Word state[25] = {};
    std::uint64_t words[shake128::kRateWords];
    for (std::size_t block = 0; block < shake128::blocks_of(element.bytes); ++block) {
      shake128::load_block(element.data, element.bytes, block, words);
      for (std::size_t w = 0; w < shake128::kRateWords; ++w) state[w].v ^= words[w];
      shake128::permute(state);
    }
    for (std::size_t at = 0; at < kLtHashBytes; shake128::permute(state)) {
      for (std::size_t w = 0; w < shake128::kRateWords && at < kLtHashBytes; ++w, at += 8) {
        const std::uint64_t before = load_le64(lanes + at);
        store_le64(lanes + at, element.goes ? subtract(before, state[w].v) : add(before, state[w].v));
      }
    }
  }
}

}  // namespace assay
