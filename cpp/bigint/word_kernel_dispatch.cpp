#include <cstdlib>
#include <cstring>

#include "bigint/word_kernel.h"
#include "cpu/known_answer.h"

namespace assay {
namespace {

KnownAnswer answers;

// With a = R - 1, R = 2^(64 n), all carries run: a^2 = R^2 - 2 R + 1; its lower half and a sum to R; and reducing
// t = R^2 - 1 modulo N = a gives m = a and (t + a^2) / R = 2 a, which is not below R. The lengths pass through every
// tail of the loops.
bool known_answer(const WordKernel& kernel) noexcept {
  constexpr std::size_t kMost = 41;
  std::uint64_t ones[kMost], product[2 * kMost], square[2 * kMost], reduced[kMost];
  std::memset(ones, 0xff, sizeof ones);
  for (std::size_t n = 1; n <= kMost; ++n) {
    kernel.mul(product, ones, n, ones, n);
    kernel.sqr(square, ones, n);
    for (std::size_t i = 0; i < 2 * n; ++i) {
      const std::uint64_t expected = i == 0 ? 1 : i < n ? 0 : i == n ? ~std::uint64_t{1} : ~std::uint64_t{0};
      if (product[i] != expected || square[i] != expected) return false;
    }
    if (kernel.add(product, product, ones, n) != 1) return false;
    if (kernel.sub(reduced, product, ones, n) != 1) return false;
    for (std::size_t i = 0; i < n; ++i)
      if (product[i] != 0 || reduced[i] != (i == 0)) return false;
    // 3 a + 1 = 2 R + (R - 2), and |0 - a| = a
    if (kernel.add3(reduced, ones, ones, ones, n, 1) != 2 || reduced[0] != ~std::uint64_t{1}) return false;
    if (kernel.difference(reduced, product, ones, n) != ~std::uint64_t{0}) return false;
    if (std::memcmp(reduced, ones, 8 * n) != 0) return false;
    std::memset(product, 0xff, 16 * n);
    kernel.reduce(reduced, product, ones, n, 1);
    if (std::memcmp(reduced, ones, 8 * n) != 0) return false;
    // with a carry, 2 a + 1 = R + a; the quotient stays
    std::memset(product, 0xff, 16 * n);
    if (kernel.reduce_quotients(product, ones, n, 1, 1) != 1 || std::memcmp(product, ones, 8 * n) != 0) return false;
    if (std::memcmp(product + n, ones, 8 * n) != 0) return false;
    kernel.subtract_masked(reduced, product, ones, n, ~std::uint64_t{0});
    for (std::size_t i = 0; i < n; ++i)
      if (reduced[i] != 0) return false;
  }
  return true;
}

bool usable(IsaLevel level, const WordKernel& kernel) noexcept {
  return answers.holds(level, "arithmetic of words", [&] { return known_answer(kernel); });
}

}  // namespace

const WordKernel& word_kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx && usable(IsaLevel::adx, kWordKernelAdx)) return kWordKernelAdx;
#endif
  if (usable(IsaLevel::portable, kWordKernelPortable)) return kWordKernelPortable;
  std::abort();  // no level multiplies: nothing that this process says could be trusted
}

}  // namespace assay
