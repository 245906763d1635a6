// Miller's test to given bases, many numbers or many bases at once.
//
//   n odd, n - 1 = 2^s d with odd d: n passes to base b if b^d = 1, or b^(2^r d) = -1 mod n for some r < s.
//
// Source: Miller, J. Comput. Syst. Sci. 13 (1976); Rabin, J. Number Theory 12 (1980): of the bases below a composite n
// at most a quarter pass, so t random ones err with probability at most 4^-t. All powers of a call go to one batch
// (bigint/power.h), which serves eight of them at once on levels with lanes. Cost: one power a row, and s squares.
//
// Numbers of fewer than 256 bits take part as well: a residue modulo n is found modulo a multiple of n.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/status.h"
#include "base/words.h"
#include "bigint/modulus.h"
#include "parallel/pool.h"

namespace assay {

// Odd numbers n > 1 made ready for arithmetic modulo each.
class Candidates {
 public:
  // Rows of `words` words, each odd and above 1, of at most 8192 bits; out_of_range for another.
  Status assign(const std::uint64_t* values, std::size_t count, std::size_t words) noexcept;

  std::size_t size() const noexcept { return count_; }
  // Words of a row of residues: enough for the modulus of every candidate
  std::size_t words() const noexcept { return words_; }
  // n_i, or an odd multiple of it where n_i has fewer than 256 bits
  const Modulus* moduli() const noexcept { return moduli_.get(); }
  // n_i, words() words
  const std::uint64_t* value(std::size_t i) const noexcept { return values_.data() + i * words_; }
  // Residue modulo moduli()[i], reduced modulo n_i. Variable time where n_i has fewer than 256 bits.
  Status reduce(std::size_t i, std::uint64_t* residue) const noexcept;

 private:
  std::size_t count_ = 0, words_ = 0;
  std::unique_ptr<Modulus[]> moduli_;
  Words values_;
};

enum class Timing { constant, variable };  // of the powers; whether a candidate passes is always told

// passed[i] <- whether candidate i passes to base bases[i], i < size(): rows of words() words, 1 < base < n - 1.
Status miller_rabin(const Candidates& candidates, const std::uint64_t* bases, Timing timing, std::uint8_t* passed,
                    JobControl* control) noexcept;

// passed[i] <- whether candidate i, above 4, passes to `rounds` independent uniform bases in [2, n - 2], drawn from the
// operating system for it alone.
Status miller_rabin_random(const Candidates& candidates, unsigned rounds, Timing timing, std::uint8_t* passed,
                           JobControl* control) noexcept;

}  // namespace assay
