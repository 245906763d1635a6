#include "base/words.h"
#include "bigint/power.h"
#include "capi/arguments.h"
#include "capi/error.h"
#include "paillier/ciphertext.h"
#include "paillier/private_key.h"
#include "paillier/public_key.h"
#include "primes/lucas.h"
#include "primes/primality.h"

namespace {

using namespace assay;
using namespace assay::capi;

// Bytes of N fix the widths of rows: a plaintext has as many, a ciphertext twice as many.
struct Public {
  paillier::PublicKey key;
  std::size_t bytes = 0;

  std::size_t cipher_bytes() const noexcept { return 2 * bytes; }
  std::size_t cipher_words() const noexcept { return key.cipher_words(); }
};

void load_public(const std::uint8_t* n, std::size_t bytes, Public& out) {
  require_pointer(n, "n");
  if (bytes == 0 || bytes > paillier::kMaxBits / 8 || n[0] == 0)
    throw Refusal(ASSAY_INVALID_LENGTH, "n: %zu bytes; it must have %u to %u bits, without leading zero bytes", bytes,
                  paillier::kMinBits, paillier::kMaxBits);
  Words words;
  require_ok(words.allocate(words_of(bytes)), "n");
  load_number(n, bytes, words.data(), words.size());
  if (const Status status = out.key.assign(words.data(), words.size()); status == Status::out_of_range)
    throw Refusal(ASSAY_OUT_OF_RANGE, "n must be odd and have %u to %u bits", paillier::kMinBits, paillier::kMaxBits);
  else
    require_ok(status, "n");
  out.bytes = bytes;
}

// An n under which anybody could decrypt. A prime passes every test of primality, so that no random bases are needed.
void require_composite(const Public& key) {
  const Modulus& n = key.key.modulus();
  std::uint8_t prime = 1;
  bool square = true;
  require_ok(is_prime_var(n.words(), 1, n.size(), 0, &prime, nullptr), "n");
  require_ok(is_square_var(n.words(), n.size(), &square), "n");
  if (prime != 0 || square)
    throw Refusal(ASSAY_OUT_OF_RANGE, "n is %s: it must be the product of two large primes",
                  prime != 0 ? "prime" : "a square");
}

// Rows below N become what the kernel takes: k words in two's complement, m - N where m has bit 64 k - 1. Constant time
// in those that are below N.
void load_plaintexts(const Rows& rows, const Public& to, Words& out) {
  const std::size_t k = to.key.words();
  rows.require_row_bytes_at_most(to.bytes);
  load_rows(rows, k, out);
  const std::uint64_t* n = to.key.modulus().words();
  for (std::size_t i = 0; i < rows.count(); ++i) {
    std::uint64_t *m = out.data() + k * i, borrow = 0;
    const std::uint64_t top = 0 - (m[k - 1] >> 63);
    for (std::size_t j = 0; j < k; ++j) borrow = (static_cast<unsigned __int128>(m[j]) - n[j] - borrow) >> 127 & 1;
    if (borrow == 0) throw Refusal(ASSAY_NON_CANONICAL, "%s: row %zu is not below n", rows.name(), i);
    borrow = 0;
    for (std::size_t j = 0; j < k; ++j) {
      const unsigned __int128 difference = static_cast<unsigned __int128>(m[j]) - (n[j] & top) - borrow;
      m[j] = static_cast<std::uint64_t>(difference);
      borrow = static_cast<std::uint64_t>(difference >> 127);
    }
  }
}

void load_ciphertexts(const Rows& rows, const Public& key, Words& out) {
  load_rows(rows, key.cipher_words(), out);
  paillier::Flaw flaw = paillier::Flaw::none;
  std::size_t first = 0;
  require_ok(paillier::check_var(key.key, rows.count(), out.data(), flaw, first, nullptr), rows.name());
  switch (flaw) {
    case paillier::Flaw::none:
      return;
    case paillier::Flaw::zero:
      throw Refusal(ASSAY_NOT_INVERTIBLE, "%s: row %zu is zero", rows.name(), first);
    case paillier::Flaw::too_large:
      throw Refusal(ASSAY_NON_CANONICAL, "%s: row %zu is not below the square of n", rows.name(), first);
    case paillier::Flaw::shares_factor:
      throw Refusal(ASSAY_NOT_INVERTIBLE, "%s: row %zu shares a factor with n", rows.name(), first);
  }
}

void store_ciphertexts(const Words& rows, const Public& key, std::size_t count, std::uint8_t* out) {
  store_rows(rows.data(), key.cipher_words(), count, key.cipher_bytes(), out);
}

}  // namespace

extern "C" {

std::int32_t assay_paillier_encrypt(const std::uint8_t* n, std::size_t n_size, const assay_rows* plaintexts,
                                    std::uint8_t* out, std::size_t* out_size, assay_error* error) {
  return guarded(error, [&] {
    Public key;
    load_public(n, n_size, key);
    const Rows rows(plaintexts, "plaintexts");
    rows.require_row_bytes_at_most(key.bytes);
    if (!begin_output(out, out_size, checked_bytes(rows.count(), key.cipher_bytes(), "out"))) return;
    require_composite(key);
    Words plain, blindings, ciphertexts;
    load_plaintexts(rows, key, plain);
    require_ok(blindings.allocate(key.cipher_words() * rows.count()), "out");
    require_ok(ciphertexts.allocate(key.cipher_words() * rows.count()), "out");
    require_ok(paillier::blind_exact(key.key, rows.count(), blindings.data(), nullptr), "blindings");
    require_ok(paillier::add_plain(key.key, rows.count(), plain.data(), key.key.words(), blindings.data(),
                                   ciphertexts.data(), nullptr),
               "encryption");
    store_ciphertexts(ciphertexts, key, rows.count(), out);
  });
}

std::int32_t assay_paillier_decrypt(const std::uint8_t* p, const std::uint8_t* q, std::size_t prime_size,
                                    const assay_rows* ciphertexts, std::uint8_t* out, std::size_t* out_size,
                                    assay_error* error) {
  return guarded(error, [&] {
    require_pointer(p, "p");
    require_pointer(q, "q");
    if (prime_size == 0 || prime_size > paillier::kMaxBits / 8)
      throw Refusal(ASSAY_INVALID_LENGTH, "prime_size: %zu bytes", prime_size);
    const Rows rows(ciphertexts, "ciphertexts");
    Words primes, found, plain;
    const std::size_t words = words_of(prime_size);
    require_ok(primes.allocate(2 * words), "p and q");
    load_number(p, prime_size, primes.data(), words);
    load_number(q, prime_size, primes.data() + words, words);
    paillier::PrivateKey secret;
    require_ok(secret.assign(primes.data(), primes.data() + words, words), "p and q make no key");
    Public key;  // a copy of what anybody knows
    const Modulus& n = secret.public_key().modulus();
    require_ok(key.key.assign(n.words(), n.size()), "p and q");
    key.bytes = (n.bits() + 7) / 8;
    rows.require_row_bytes(key.cipher_bytes());
    if (!begin_output(out, out_size, checked_bytes(rows.count(), key.bytes, "out"))) return;
    load_ciphertexts(rows, key, found);
    require_ok(plain.allocate(key.key.words() * rows.count()), "out");
    require_ok(paillier::decrypt(secret, rows.count(), found.data(), false, plain.data(), nullptr), "decryption");
    store_rows(plain.data(), key.key.words(), rows.count(), key.bytes, out);
  });
}

std::int32_t assay_paillier_add(const std::uint8_t* n, std::size_t n_size, const assay_rows* a, const assay_rows* b,
                                std::uint8_t* out, std::size_t* out_size, assay_error* error) {
  return guarded(error, [&] {
    Public key;
    load_public(n, n_size, key);
    const Rows first(a, "a"), second(b, "b");
    first.require_row_bytes(key.cipher_bytes());
    second.require_row_bytes(key.cipher_bytes());
    second.require_count(first.count());
    if (!begin_output(out, out_size, checked_bytes(first.count(), key.cipher_bytes(), "out"))) return;
    Words x, y, sums;
    load_ciphertexts(first, key, x);
    load_ciphertexts(second, key, y);
    require_ok(sums.allocate(key.cipher_words() * first.count()), "out");
    MultiplyBatch batch;
    batch.count = first.count();
    batch.words = key.cipher_words();
    batch.moduli = &key.key.square();
    batch.a = x.data();
    batch.b = y.data();
    batch.out = sums.data();
    require_ok(multiply(batch, nullptr), "addition");
    store_ciphertexts(sums, key, first.count(), out);
  });
}

std::int32_t assay_paillier_multiply(const std::uint8_t* n, std::size_t n_size, const assay_rows* ciphertexts,
                                     const assay_rows* scalars, std::uint8_t* out, std::size_t* out_size,
                                     assay_error* error) {
  return guarded(error, [&] {
    Public key;
    load_public(n, n_size, key);
    const Rows rows(ciphertexts, "ciphertexts"), weights(scalars, "scalars");
    rows.require_row_bytes(key.cipher_bytes());
    weights.require_row_bytes_at_most(key.bytes);
    if (weights.count() != 1) weights.require_count(rows.count());
    if (!begin_output(out, out_size, checked_bytes(rows.count(), key.cipher_bytes(), "out"))) return;
    Words bases, exponents, products;
    PowerBatch batch;
    batch.count = rows.count();
    batch.words = key.cipher_words();
    batch.exponent_words = words_of(weights.row_bytes());
    batch.exponent_step = weights.count() == 1 ? 0 : 1;
    load_ciphertexts(rows, key, bases);
    load_rows(weights, batch.exponent_words, exponents);
    require_ok(products.allocate(key.cipher_words() * rows.count()), "out");
    batch.moduli = &key.key.square();
    batch.bases = bases.data();
    batch.exponents = exponents.data();
    batch.out = products.data();
    require_ok(power(batch, nullptr), "multiplication");
    store_ciphertexts(products, key, rows.count(), out);
  });
}

}  // extern "C"
