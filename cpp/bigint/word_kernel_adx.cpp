// Rows of words with mulx, adcx and adox: blocks of eight by eight words, and row by row what is left over.
#include <algorithm>

#include "bigint/blocks_adx.h"
#include "bigint/rows_adx.h"
#include "bigint/word_kernel.h"

namespace assay {
namespace {

using u64 = std::uint64_t;
using bigint_rows::add_mul_row;
constexpr std::size_t kBlock = 8;

// The part of both operands that is whole blocks, then the rows and columns beside it.
void mul(u64* r, const u64* a, std::size_t an, const u64* b, std::size_t bn) noexcept {
  if (an == 4 && bn == 4) return bigint_rows::mul_four(r, a, b);
  std::size_t ab = an / kBlock * kBlock, bb = bn / kBlock * kBlock;
  if (bb == 0) ab = an;  // rows alone, of full length
  std::fill_n(r, ab, 0);
  for (std::size_t j = 0; j < bb; j += kBlock) bigint_blocks::mul_run(r + j, b + j, a, ab / kBlock);
  for (std::size_t j = bb; j < bn; ++j) r[ab + j] = add_mul_row(r + j, a, ab, b[j]);
  for (std::size_t i = ab; i < an; ++i) r[bn + i] = add_mul_row(r + i, b, bn, a[i]);
}

// Each product above the diagonal once; the doubling and the squares on the diagonal in a pass of their own.
void sqr(u64* r, const u64* a, std::size_t n) noexcept {
  if (n == 4) return bigint_rows::mul_four(r, a, a);
  const std::size_t nb = n / kBlock * kBlock;
  std::fill_n(r, nb, 0);
  for (std::size_t i = 0; i < nb; i += kBlock) bigint_blocks::sqr_run(r + 2 * i, a + i, (nb - i) / kBlock);
  for (std::size_t i = nb; i < n; ++i) {
    r[2 * i] = add_mul_row(r + i, a, i, a[i]);
    r[2 * i + 1] = 0;
  }
  bigint_rows::double_and_square(r, a, n);
}

u64 reduce_quotients(u64* t, const u64* modulus, std::size_t n, u64 neg_inverse, u64 carry) noexcept {
  if (n % kBlock == 0) {
    for (std::size_t i = 0; i < n; i += kBlock)
      carry = bigint_blocks::reduce_run(t + i, modulus, n / kBlock, neg_inverse, carry);
    return carry;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const u64 quotient = t[i] * neg_inverse, row = add_mul_row(t + i, modulus, n, quotient);
    const unsigned __int128 sum = static_cast<unsigned __int128>(t[n + i]) + row + carry;
    t[i] = quotient;
    t[n + i] = static_cast<u64>(sum);
    carry = static_cast<u64>(sum >> 64);
  }
  return carry;
}

void reduce(u64* r, u64* t, const u64* modulus, std::size_t n, u64 neg_inverse) noexcept {
  const u64 top =
      n == 4 ? bigint_rows::reduce_four(t, modulus, neg_inverse) : reduce_quotients(t, modulus, n, neg_inverse, 0);
  bigint_rows::subtract_masked(r, t + n, modulus, n, -top);
}

}  // namespace

const WordKernel kWordKernelAdx = {bigint_rows::add,
                                   bigint_rows::sub,
                                   bigint_rows::add3,
                                   bigint_rows::difference,
                                   add_mul_row,
                                   mul,
                                   sqr,
                                   reduce,
                                   reduce_quotients,
                                   bigint_rows::subtract_masked,
                                   40,
                                   72};

}  // namespace assay
