// Secret random primes, and safe primes p = 2 q + 1 with prime q.
//
//   start: uniform bits from the operating system, the top one or two bits set, the lowest one or two bits set
//   candidates start + 2 i (or 4 i), i < window, sieved by the small primes (primes/sieve.h), in order;
//   the first that passes primes/primality.h is the answer; a window without one is replaced by a fresh start
//
// For safe primes q is searched so, and sieved together with 2 q + 1. Two primes with their two top bits set multiply
// to exactly twice the bits. Taking the next prime after a random start prefers primes after long gaps: the entropy
// lost is below one bit (Brandt, Damgard, CRYPTO 92). Powers are constant time in the candidates, the sieve is not (see
// there); the number of candidates tested is told by the time. All that held a candidate is wiped.
//
// Cost: primes have density 2.885 / bits among odd numbers, of which sieving by the primes below 2^20 leaves 8.1 %:
// about 0.0281 bits powers a prime; safe primes about 0.00079 bits^2. Eight candidates are tested at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "parallel/pool.h"

namespace assay {

constexpr unsigned kPrimeMinBits = 256, kPrimeMaxBits = 4096;

struct PrimeRequest {
  unsigned bits = 0;            // of the prime, 256 to 4096
  bool safe = false;            // p = 2 q + 1
  bool top_two = true;          // the two top bits set; else the top one
  bool three_mod_four = false;  // p = 3 mod 4; safe primes always are
};

// out: (bits + 63) / 64 words. out_of_range for bits outside the range. `control` is told how many candidates were
// tested of those expected (the search may take several times as many), and may cancel it; out is then wiped.
Status generate_prime(const PrimeRequest& request, std::uint64_t* out, JobControl* control) noexcept;

// Powers that a request takes on average: candidates that outlive the sieve.
double expected_tests(const PrimeRequest& request) noexcept;

}  // namespace assay
