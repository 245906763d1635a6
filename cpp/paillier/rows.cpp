#include "paillier/rows.h"

#include <cstring>

#include "base/random.h"

namespace assay::paillier {
namespace {

// 1 <= a < b, without a branch on the words.
bool in_range(const std::uint64_t* a, const std::uint64_t* b, std::size_t n) noexcept {
  std::uint64_t borrow = 0, any = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const unsigned __int128 d = static_cast<unsigned __int128>(a[i]) - b[i] - borrow;
    borrow = static_cast<std::uint64_t>(d >> 64) & 1;
    any |= a[i];
  }
  return borrow == 1 && any != 0;
}

}  // namespace

Status random_units(const Modulus& modulus, std::size_t count, std::size_t row_words, std::uint64_t* out) noexcept {
  const std::size_t n = modulus.size();
  if (n == 0) return Status::out_of_range;
  if (row_words < n) return Status::invalid_length;
  const unsigned spare = static_cast<unsigned>(64 * n) - modulus.bits();
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t* row = out + i * row_words;
    std::memset(row + n, 0, 8 * (row_words - n));
    do {
      ASSAY_TRY(random_bytes(row, 8 * n));
      row[n - 1] &= ~std::uint64_t{0} >> spare;
    } while (!in_range(row, modulus.words(), n));
  }
  return Status::ok;
}

}  // namespace assay::paillier
