// The field of Ed25519 at every level against integers: `ed25519_levels [--cases N] [--seed S] [--level NAME]`.
//
// A case is one operation on eight elements. Limbs are random, or zero, or the largest allowed, or those of p, or one
// off them. Results must be right modulo p, and as small as curve/ed25519/field51.h promises; canonical ones exact.
// Exit status 1 and the case on the first that is not. The seed is printed; the same seed gives the same cases.
#include <array>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "cpu/features.h"
#include "ed25519_level.h"
#include "options.h"
#include "random.h"

namespace assay::fuzz {
namespace {

__extension__ using u128 = unsigned __int128;
using Integer = std::array<std::uint64_t, 4>;  // below p
constexpr std::uint64_t kTight = (std::uint64_t{1} << 51) + (1 << 16) - 1, kMask51 = (std::uint64_t{1} << 51) - 1;
constexpr Integer kModulus = {0xffffffffffffffed, ~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0} >> 1};

bool at_least_modulus(const Integer& a) noexcept {
  for (std::size_t i = 4; i-- > 0;)
    if (a[i] != kModulus[i]) return a[i] > kModulus[i];
  return true;
}

// any a, and 2^256 times `high`, modulo p: 2^256 = 38
Integer reduce(Integer a, std::uint64_t high) noexcept {
  while (high != 0) {
    u128 carry = static_cast<u128>(38) * high;
    for (std::uint64_t& word : a) {
      carry += word;
      word = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    high = static_cast<std::uint64_t>(carry);
  }
  while (at_least_modulus(a)) {
    u128 borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const u128 t = static_cast<u128>(a[i]) - kModulus[i] - borrow;
      a[i] = static_cast<std::uint64_t>(t);
      borrow = (t >> 64) != 0;
    }
  }
  return a;
}

Integer add(const Integer& a, const Integer& b) noexcept {
  Integer r;
  u128 carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    carry += static_cast<u128>(a[i]) + b[i];
    r[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  return reduce(r, static_cast<std::uint64_t>(carry));
}

Integer times_word(const Integer& a, std::uint64_t b) noexcept {
  Integer r;
  u128 carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    carry += static_cast<u128>(a[i]) * b;
    r[i] = static_cast<std::uint64_t>(carry);
    carry >>= 64;
  }
  return reduce(r, static_cast<std::uint64_t>(carry));
}

Integer mul(const Integer& a, const Integer& b) noexcept {  // Horner's rule, word by word
  Integer r{};
  for (std::size_t i = 4; i-- > 0;) {
    r = reduce({0, r[0], r[1], r[2]}, r[3]);
    r = add(r, times_word(a, b[i]));
  }
  return r;
}
Integer neg(const Integer& a) noexcept { return mul(a, {kModulus[0] - 1, kModulus[1], kModulus[2], kModulus[3]}); }

Integer integer(const Elements& a, std::size_t element) noexcept {
  Integer r{};
  for (std::size_t j = kLimbs; j-- > 0;) {
    r = times_word(r, std::uint64_t{1} << 51);
    r = add(r, reduce({a[j][element], 0, 0, 0}, 0));
  }
  return r;
}

Integer expected(Ed25519Operation operation, const Integer& a, const Integer& b) noexcept {
  using Operation = Ed25519Operation;
  switch (operation) {
    case Operation::mul:
      return mul(a, b);
    case Operation::sqr:
      return mul(a, a);
    case Operation::add:
      return add(a, b);
    case Operation::sub:
      return add(a, neg(b));
    case Operation::canonical:
      return a;
    case Operation::loose:
      return mul(add(add(a, a), add(b, b)), add(a, neg(b)));
    default: {
      const Integer product = mul(a, b);
      return add(add(product, product), add(mul(a, a), neg(mul(b, b))));
    }
  }
}

void draw(Random& random, Elements& a) noexcept {
  for (std::size_t i = 0; i < kElements; ++i) {
    const std::uint64_t whole = random();
    for (std::size_t j = 0; j < kLimbs; ++j) {
      const std::uint64_t choice = random();
      const std::uint64_t modulus = j == 0 ? kMask51 - 18 : kMask51;
      std::uint64_t limb = (choice >> 8) % (kTight + 1);
      switch ((whole & 1) != 0 ? whole >> 8 & 7 : choice & 7) {  // one kind for the element, or for each limb
        case 0:
          limb = 0;
          break;
        case 1:
          limb = kTight;
          break;
        case 2:
          limb = modulus;
          break;
        case 3:
          limb = modulus + 1 - (choice >> 8) % 3;
          break;
        case 4:
          limb = (j == 0) ? (choice >> 8) % 40 : 0;
          break;
        case 5:
          limb = kMask51 + (choice >> 8) % 3;
          break;
        default:
          break;
      }
      a[j][i] = limb;
    }
  }
}

bool right(const Ed25519Level& level, Ed25519Operation operation, const Elements& a, const Elements& b) noexcept {
  Elements out;
  level.run(operation, a, b, out);
  const bool canonical = operation == Ed25519Operation::canonical;
  for (std::size_t i = 0; i < kElements; ++i) {
    const Integer want = expected(operation, integer(a, i), integer(b, i));
    bool good = integer(out, i) == want;
    for (std::size_t j = 0; j < kLimbs; ++j) good &= out[j][i] <= (canonical ? kMask51 : kTight);
    if (canonical) {
      Integer words{};
      for (std::size_t j = 0; j < kLimbs; ++j) {
        words[51 * j / 64] |= out[j][i] << (51 * j % 64);
        if (51 * j % 64 > 13) words[51 * j / 64 + 1] |= out[j][i] >> (64 - 51 * j % 64);
      }
      good &= words == want;
    }
    if (good) continue;
    std::printf("level %s, operation %d, element %zu is wrong\n", level.name, static_cast<int>(operation), i);
    for (std::size_t j = 0; j < kLimbs; ++j)
      std::printf("  limb %zu: a %013" PRIx64 " b %013" PRIx64 " gives %013" PRIx64 "\n", j, a[j][i], b[j][i],
                  out[j][i]);
    return false;
  }
  return true;
}

int main_(int argc, char** argv) {
  const Options options = parse_options(argc, argv, 1000000, "portable|model|adx|avx512|ifma");
  std::vector<const Ed25519Level*> levels = {&kEd25519Portable, &kEd25519Model};
#if defined(ASSAY_X86)
  if (isa_available(IsaLevel::adx)) levels.push_back(&kEd25519Adx);
  if (isa_available(IsaLevel::avx512)) levels.push_back(&kEd25519Avx512);
  if (isa_available(IsaLevel::ifma)) levels.push_back(&kEd25519Ifma);
#endif
  if (!options.level.empty()) std::erase_if(levels, [&](auto* level) { return options.level != level->name; });
  if (levels.empty()) {
    std::fprintf(stderr, "no level %s here\n", options.level.c_str());
    return 2;
  }
  std::printf("seed %" PRIu64 ", levels:", options.seed);
  for (const auto* level : levels) std::printf(" %s", level->name);
  std::printf("\n");
  Random random(options.seed);
  constexpr auto kOperations = static_cast<std::uint64_t>(Ed25519Operation::count);
  for (std::uint64_t done = 0; done < options.cases; done += kElements) {
    Elements a, b;
    draw(random, a);
    draw(random, b);
    const auto operation = static_cast<Ed25519Operation>(random() % kOperations);
    for (const auto* level : levels)
      if (!right(*level, operation, a, b)) return 1;
  }
  std::printf("%" PRIu64 " cases agree\n", options.cases);
  return 0;
}

}  // namespace
}  // namespace assay::fuzz

int main(int argc, char** argv) { return assay::fuzz::main_(argc, argv); }
