// Hashing to primes: the first prime among SHA-256(tag, fields, counter) with top and bottom bit set.
//
//   string(x)    = length of x in bytes as 8 bytes little-endian, then x
//   seed         = SHA-256(string("assay/hash-to-prime/v1") || string(tag) || number of fields as 8 bytes little-endian
//                          || string(field_1) || string(field_2) || ...)                              32 bytes
//   block(c, j)  = SHA-256(seed || bits as 4 bytes || c as 8 bytes || j as 4 bytes, all little-endian)
//   x(c)         = the last `bits` bits of block(c, 0) || block(c, 1) || ... || block(c, ceil(bits / 256) - 1) as a
//                  big-endian number, with bits `bits` - 1 and 0 set
//   result       = x(c) for the least c = 0, 1, 2, ... that makes it prime, and c
//
// No two sequences of tag and fields give one message, and each candidate is one compression at 256 bits. On average c
// is 0.347 bits; a verifier that is told c may check that one number alone only if it trusts that no smaller counter
// gives a prime, so verify() searches again. Primes: Baillie-PSW and 2 random bases (primes/primality.h). Variable
// time: for public values. Cost at 256 bits: 89 compressions, 12 powers in batches across all seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "hash/sha256.h"
#include "parallel/pool.h"

namespace assay {

constexpr unsigned kHashToPrimeMinBits = 64, kHashToPrimeMaxBits = 2048;

// One message, field by field: HashToPrimeSeed(tag, 2).field(a).field(b).finish(seed)
class HashToPrimeSeed {
 public:
  HashToPrimeSeed(std::string_view tag, std::size_t fields) noexcept;
  HashToPrimeSeed& field(const void* data, std::size_t bytes) noexcept;
  void finish(std::uint8_t* seed) noexcept { hash_.finish(seed); }

 private:
  Sha256 hash_;
};

// x(counter): (bits + 63) / 64 words
void hash_to_prime_candidate(const std::uint8_t* seed, unsigned bits, std::uint64_t counter,
                             std::uint64_t* out) noexcept;

// primes: rows of (bits + 63) / 64 words; counters: one each. seeds: 32 bytes each. out_of_range for bits outside the
// range. `control` is told how many are found.
Status hash_to_prime_var(const std::uint8_t* seeds, std::size_t count, unsigned bits, std::uint64_t* primes,
                         std::uint64_t* counters, JobControl* control) noexcept;

}  // namespace assay
