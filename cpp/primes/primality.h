// Whether numbers are prime: trial division, Baillie-PSW, and Miller's test to random bases.
//
// Numbers below 2^20 are looked up. Above, what has a factor among the first odd primes, fails Miller's test to base 2
// (primes/miller_rabin.h), the strong Lucas test (primes/lucas.h) or Miller's test to one of `rounds` random bases is
// composite, for certain. What passes all is prime but for an error that nobody has seen: below 2^64 Baillie-PSW is
// exact, above no composite is known to pass it, and any composite, however it was chosen, passes the random bases with
// probability at most 4^-rounds (Rabin 1980), since they are drawn after it. 0, 1 and even numbers but 2 are composite.
//
// is_prime_var takes its time from the numbers: public ones only. Its first powers go in batches over all candidates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "parallel/pool.h"
#include "primes/miller_rabin.h"

namespace assay {

// prime[i] <- 1 or 0 for rows of `words` words, of at most 8192 bits (out_of_range); rounds <= 256.
Status is_prime_var(const std::uint64_t* values, std::size_t count, std::size_t words, unsigned rounds,
                    std::uint8_t* prime, JobControl* control) noexcept;

// prime[i] <- what is left to ask of candidate i, above 2^20, once it has passed to base 2: the strong Lucas test and
// `rounds` random bases.
Status confirm_primes(const Candidates& candidates, unsigned rounds, Timing timing, std::uint8_t* prime,
                      JobControl* control) noexcept;

// passed[i] <- whether candidate i passes Miller's test to base 2
Status base_two_test(const Candidates& candidates, Timing timing, std::uint8_t* passed, JobControl* control) noexcept;

// Random bases after which a random number of so many bits that passed Baillie-PSW is composite with probability below
// 2^-128 by Damgard, Landrock, Pomerance (Math. Comp. 61 (1993), theorem 2: k^1.5 2^t t^-0.5 4^(2 - sqrt(t k)) at t k =
// 8192), Baillie-PSW aside. For random numbers only: chosen ones take 64.
unsigned rounds_of_random(unsigned bits) noexcept;

}  // namespace assay
