#include "paillier/public_key.h"

#include <cstring>

#include "base/words.h"
#include "bigint/natural.h"
#include "bigint/power.h"
#include "paillier/rows.h"

namespace assay::paillier {

Status PublicKey::assign(const std::uint64_t* n, std::size_t words) noexcept {
  ASSAY_TRY(n_.assign(n, words));
  Status status = n_.bits() < kMinBits || n_.bits() > kMaxBits ? Status::out_of_range : Status::ok;
  if (status == Status::ok) status = square_.assign_square(n_.words(), n_.size());
  if (status != Status::ok) {
    constexpr std::uint64_t kNone = 0;
    (void)n_.assign(&kNone, 1);  // refused, which empties it
  }
  return status;
}

namespace {

// row <- m mod N of a signed m, |m| < N, in k words.
void residue(const Modulus& n, const std::uint64_t* m, std::size_t plain_words, std::uint64_t* row) noexcept {
  const std::uint64_t sign = 0 - (m[plain_words - 1] >> 63);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < n.size(); ++i) {
    const std::uint64_t word = i < plain_words ? m[i] : sign;
    const unsigned __int128 sum = static_cast<unsigned __int128>(word) + (n.words()[i] & sign) + carry;
    row[i] = static_cast<std::uint64_t>(sum);
    carry = static_cast<std::uint64_t>(sum >> 64);
  }
}

}  // namespace

Status embed(const PublicKey& key, std::size_t count, const std::uint64_t* plain, std::size_t plain_words,
             std::uint64_t* out) noexcept {
  const std::size_t k = key.words();
  if (k == 0) return Status::out_of_range;
  if (plain_words == 0 || plain_words > k) return Status::invalid_length;
  return for_rows(
      count, 64, key.modulus().view(), k + natural_scratch(k),
      [&](std::size_t i, Montgomery&, std::uint64_t* scratch) noexcept {
        std::uint64_t *row = scratch, *product = out + i * 2 * k;
        residue(key.modulus(), plain + i * plain_words, plain_words, row);
        natural_mul(product, row, k, key.modulus().words(), k, scratch + k);
        std::uint64_t carry = 1;
        for (std::size_t j = 0; j < 2 * k; ++j) {
          product[j] += carry;
          carry &= static_cast<std::uint64_t>(product[j] == 0);
        }
      },
      nullptr);
}

Status add_plain(const PublicKey& key, std::size_t count, const std::uint64_t* plain, std::size_t plain_words,
                 const std::uint64_t* factor, std::uint64_t* out, JobControl* control) noexcept {
  const std::size_t width = key.cipher_words();
  Words embedded;
  ASSAY_TRY(embedded.allocate(count * width));
  ASSAY_TRY(embed(key, count, plain, plain_words, embedded.data()));
  return multiply(
      {.count = count, .words = width, .moduli = &key.square(), .a = factor, .b = embedded.data(), .out = out},
      control);
}

Status blind_exact(const PublicKey& key, std::size_t count, std::uint64_t* out, JobControl* control) noexcept {
  if (key.words() == 0) return Status::out_of_range;
  const std::size_t width = key.cipher_words();
  ASSAY_TRY(random_units(key.modulus(), count, width, out));
  // The exponent N is public: power_var is constant time in the bases.
  return power_var({.count = count,
                    .words = width,
                    .moduli = &key.square(),
                    .bases = out,
                    .exponents = key.modulus().words(),
                    .exponent_words = key.words(),
                    .out = out},
                   control);
}

}  // namespace assay::paillier
