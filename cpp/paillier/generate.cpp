#include "paillier/generate.h"

#include <algorithm>

#include "base/words.h"
#include "bigint/gcd.h"
#include "bigint/natural.h"
#include "primes/generate.h"
#include "primes/primality.h"

namespace assay::paillier {
namespace {

constexpr unsigned kRounds = 64, kFarApartBits = 100;

// good <- gcd(p - 1, q - 1) = 2 and |p - q| >= 2^(bits - 100) for p, q = 3 mod 4 of `bits` bits.
Status fit_together(const std::uint64_t* p, const std::uint64_t* q, std::size_t words, unsigned bits,
                    bool& good) noexcept {
  Words memory;
  ASSAY_TRY(memory.allocate(2 * words));
  std::uint64_t *a = memory.data(), *b = a + words;
  const std::uint64_t* larger = natural_compare_var(p, q, words) < 0 ? q : p;
  const std::uint64_t* smaller = larger == p ? q : p;
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < words; ++i) {
    const unsigned __int128 d = static_cast<unsigned __int128>(larger[i]) - smaller[i] - borrow;
    a[i] = static_cast<std::uint64_t>(d);
    borrow = static_cast<std::uint64_t>(d >> 64) & 1;
  }
  good = natural_bits_var(a, words) > bits - kFarApartBits;
  if (!good) return Status::ok;
  // (p - 1) / 2 and (q - 1) / 2 are odd.
  for (std::size_t i = 0; i < words; ++i) {
    a[i] = (p[i] >> 1) | (i + 1 < words ? p[i + 1] << 63 : 0);
    b[i] = (q[i] >> 1) | (i + 1 < words ? q[i + 1] << 63 : 0);
  }
  std::size_t first_bad = 0;
  ASSAY_TRY(gcd({.count = 1, .words = words, .a = a, .b = b, .b_step = 0}, a, &first_bad, nullptr));
  std::uint64_t rest = a[0] ^ 1;
  for (std::size_t i = 1; i < words; ++i) rest |= a[i];
  good = rest == 0;
  return Status::ok;
}

}  // namespace

Status generate(unsigned bits, PrivateKey& key, JobControl* control) noexcept {
  if (bits % 2 != 0 || bits < kMinBits || bits > kMaxBits) return Status::out_of_range;
  const PrimeRequest request{.bits = bits / 2, .safe = false, .top_two = true, .three_mod_four = true};
  const std::size_t words = (request.bits + 63) / 64;
  Words memory;
  ASSAY_TRY(memory.allocate(2 * words));
  std::uint64_t *p = memory.data(), *q = p + words;
  ASSAY_TRY(generate_prime(request, p, control));
  for (bool good = false; !good;) {
    ASSAY_TRY(generate_prime(request, q, control));
    ASSAY_TRY(fit_together(p, q, words, request.bits, good));
  }
  return key.assign(p, q, words);
}

Status are_prime(const std::uint64_t* p, const std::uint64_t* q, std::size_t words, bool& prime,
                 JobControl* control) noexcept {
  prime = false;
  if (words == 0 || p[0] % 2 == 0 || q[0] % 2 == 0) return Status::ok;
  Words memory;
  ASSAY_TRY(memory.allocate(2 * words));
  std::copy_n(p, words, memory.data());
  std::copy_n(q, words, memory.data() + words);
  Candidates candidates;
  ASSAY_TRY(candidates.assign(memory.data(), 2, words));
  std::uint8_t passed[2] = {0, 0};
  ASSAY_TRY(base_two_test(candidates, Timing::constant, passed, control));
  if (passed[0] == 0 || passed[1] == 0) return Status::ok;
  ASSAY_TRY(confirm_primes(candidates, kRounds, Timing::constant, passed, control));
  prime = passed[0] == 1 && passed[1] == 1;
  return Status::ok;
}

}  // namespace assay::paillier
