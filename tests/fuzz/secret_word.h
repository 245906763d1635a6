// Eight 64-bit words that know whether they are secret: field/lanes/word_model.h with a flag that every operation hands
// on. What is loaded from memory is secret, what is broadcast is not. There is no way from a word to a branch, an index
// or a shift count but these, which a test watches:
//   gather   a secret index stops the program
//   ==       of masks, for branches: one that is of a secret stops the program
//   store    counted: a result that leaves the lanes
// A LaneMask converts to nothing, and nothing divides. Secrets lie in pages that only load() can read: anything else
// that touches them is killed by the system. Operations are counted: those on words and halves of products, as level
// ifma executes them.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/isa.h"

ASSAY_ISA_BEGIN

namespace lanes {

inline constexpr std::size_t kLanes = 8;
#define ASSAY_LANES_INLINE inline

struct Watch {
  unsigned char* pages = nullptr;  // the locked ones
  std::size_t bytes = 0, secret_stores = 0;
  std::size_t halves = 0, operations = 0;  // of products; on words
  bool holds(const void* p) const noexcept {
    const auto* at = static_cast<const unsigned char*>(p);
    return at >= pages && at < pages + bytes;
  }
  void lock(bool locked) const noexcept {
    if (mprotect(pages, bytes, locked ? PROT_NONE : PROT_READ | PROT_WRITE) != 0) std::abort();
  }
};
inline Watch watch;

[[noreturn]] inline void stop(const char* what) noexcept {
  std::fprintf(stderr, "%s follows a secret\n", what);
  std::abort();
}

struct LaneMask {
  unsigned bits;
  bool secret;
  explicit LaneMask(unsigned mask, bool of_secret = false) noexcept : bits(mask), secret(of_secret) {}
  bool operator==(unsigned mask) const noexcept {
    if (secret) stop("a branch");
    return bits == mask;
  }
};

class Word {
 public:
  Word() noexcept = default;
  template <class Lane>
  static Word each(bool secret, const Lane& lane) noexcept {
    Word r;
    r.secret_ = secret;
    for (std::size_t i = 0; i < kLanes; ++i) r.v_[i] = lane(i);
    return r;
  }
  bool secret() const noexcept { return secret_; }

 private:
  std::uint64_t v_[kLanes];
  bool secret_;
  friend std::uint64_t reveal(const Word& a, std::size_t lane) noexcept;  // for the functions of this file only
};
inline std::uint64_t reveal(const Word& a, std::size_t lane) noexcept { return a.v_[lane]; }

namespace detail {
template <class Op>
inline Word map(const Word& a, const Op& op) noexcept {
  ++watch.operations;
  return Word::each(a.secret(), [&](std::size_t i) { return op(reveal(a, i)); });
}
template <class Op>
inline Word map(const Word& a, const Word& b, const Op& op) noexcept {
  ++watch.operations;
  return Word::each(a.secret() || b.secret(), [&](std::size_t i) { return op(reveal(a, i), reveal(b, i)); });
}
template <class Test>
inline LaneMask mask_of(bool secret, const Test& test) noexcept {
  ++watch.operations;
  unsigned mask = 0;
  for (std::size_t i = 0; i < kLanes; ++i) mask |= static_cast<unsigned>(test(i)) << i;
  return LaneMask(mask, secret);
}
}  // namespace detail

inline Word broadcast(std::uint64_t x) noexcept {
  return Word::each(false, [&](std::size_t) { return x; });
}
inline Word load(const std::uint64_t* p) noexcept {
  const bool locked = watch.holds(p);
  if (locked) watch.lock(false);
  const Word r = Word::each(true, [&](std::size_t i) { return p[i]; });
  if (locked) watch.lock(true);
  return r;
}
inline void store(std::uint64_t* p, const Word& a) noexcept {
  watch.secret_stores += a.secret();
  for (std::size_t i = 0; i < kLanes; ++i) p[i] = reveal(a, i);
}
inline Word gather(const std::uint64_t* table, const Word& index) noexcept {
  if (index.secret()) stop("an address");
  return Word::each(true, [&](std::size_t i) { return table[reveal(index, i)]; });
}

#define ASSAY_WORD_OPERATION(op)                                                      \
  inline Word operator op(const Word& a, const Word& b) noexcept {                    \
    return detail::map(a, b, [](auto x, auto y) -> std::uint64_t { return x op y; }); \
  }
ASSAY_WORD_OPERATION(+)
ASSAY_WORD_OPERATION(-)
ASSAY_WORD_OPERATION(&)
ASSAY_WORD_OPERATION(|)
ASSAY_WORD_OPERATION(^)
#undef ASSAY_WORD_OPERATION

inline Word shift_left(const Word& a, unsigned count) noexcept {
  return detail::map(a, [&](std::uint64_t x) { return x << count; });
}
inline Word shift_right(const Word& a, unsigned count) noexcept {
  return detail::map(a, [&](std::uint64_t x) { return x >> count; });
}
template <unsigned Bits>
inline Word shift_left(const Word& a) noexcept {
  return shift_left(a, Bits);
}
template <unsigned Bits>
inline Word shift_right(const Word& a) noexcept {
  return shift_right(a, Bits);
}
template <unsigned Bits>
inline Word shift_right_signed(const Word& a) noexcept {
  return detail::map(a,
                     [](std::uint64_t x) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(x) >> Bits); });
}
inline LaneMask equal_mask(const Word& a, const Word& b) noexcept {
  return detail::mask_of(a.secret() || b.secret(), [&](std::size_t i) { return reveal(a, i) == reveal(b, i); });
}
inline LaneMask zero_mask(const Word& a) noexcept {
  return detail::mask_of(a.secret(), [&](std::size_t i) { return reveal(a, i) == 0; });
}
inline LaneMask negative_mask(const Word& a) noexcept {
  return detail::mask_of(a.secret(), [&](std::size_t i) { return (reveal(a, i) >> 63) != 0; });
}
inline Word select(const Word& a, const Word& b, const LaneMask& mask) noexcept {
  ++watch.operations;
  return Word::each(a.secret() || b.secret() || mask.secret,
                    [&](std::size_t i) { return reveal((mask.bits >> i & 1) != 0 ? b : a, i); });
}
inline void transpose(Word (&row)[8]) noexcept {
  Word r[8];
  bool secret = false;
  for (const Word& word : row) secret = secret || word.secret();
  for (std::size_t i = 0; i < 8; ++i) r[i] = Word::each(secret, [&](std::size_t j) { return reveal(row[j], i); });
  for (std::size_t i = 0; i < 8; ++i) row[i] = r[i];
}

// Products: see field/lanes/product.h.
__extension__ using Product = unsigned __int128;
using Factor = Word;
inline Word low_factor(const Word& a) noexcept {  // none: level ifma reads 52 bits
  return Word::each(a.secret(), [&](std::size_t i) { return reveal(a, i) & ((std::uint64_t{1} << 52) - 1); });
}
inline Word factor(const Word& a) noexcept { return a; }
inline Word bits(const Word& a) noexcept { return a; }
inline Word from_bits(const Word& a) noexcept { return a; }
inline Word number(const Word& a) noexcept { return a; }
constexpr std::uint64_t column_start(unsigned, unsigned) noexcept { return 0; }
inline Word low_factor(const Word& a, const Word& b) noexcept {
  ++watch.halves;
  return low_factor(Word::each(a.secret() || b.secret(), [&](std::size_t i) { return reveal(a, i) * reveal(b, i); }));
}
inline void multiply_add(Word& lo, Word& hi, const Word& a, const Word& b) noexcept {
  watch.halves += 2;
  const bool secret = a.secret() || b.secret();
  const auto product = [&](std::size_t i) { return static_cast<Product>(reveal(a, i)) * reveal(b, i); };
  lo = Word::each(lo.secret() || secret, [&](std::size_t i) {
    return reveal(lo, i) + (static_cast<std::uint64_t>(product(i)) & ((std::uint64_t{1} << 52) - 1));
  });
  hi = Word::each(hi.secret() || secret,
                  [&](std::size_t i) { return reveal(hi, i) + static_cast<std::uint64_t>(product(i) >> 52); });
}

}  // namespace lanes

ASSAY_ISA_END
