// Many powers of one base by a table: base^e with e = sum_t d_t 2^(w t) is the product of the entries base^(d_t 2^(w
// t)).
//
// Source: Brickell, Gordon, McCurley, Wilson, EUROCRYPT 92, with all digits in the table: no squarings. Cost of a
// power: bits / w products. Memory: bits / w windows of 2^w entries of the modulus' size, which window_bits() and
// table_bytes() tell before it is made; making it takes one product an entry.
//
// power() is constant time in base, exponents and modulus: every entry of a window is read for each exponent, in groups
// of exponents that share the reading. power_var() reads the entry it needs and skips zero digits, which allows wider
// windows: for public exponents. On levels with lanes power() takes eight exponents at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/words.h"
#include "bigint/modulus.h"
#include "parallel/pool.h"

namespace assay {

constexpr unsigned kFixedBaseMaxWindow = 12;
constexpr std::size_t kFixedBaseMaxExponentBits = 16384;

// Bytes of a table with windows of w bits
std::size_t fixed_base_table_bytes(unsigned modulus_bits, std::size_t exponent_bits, unsigned window) noexcept;
// The w that makes powers fastest within so many bytes, 1 at least: entries read cost a fraction of a product.
unsigned fixed_base_window(unsigned modulus_bits, std::size_t exponent_bits, bool variable_time,
                           std::size_t most_bytes) noexcept;

class FixedBase {
 public:
  // base: `words` words, reduced first; exponents of up to exponent_bits bits, 1 to 16384; window: 1 to 12
  // (out_of_range). The modulus must outlive this.
  Status assign(const Modulus& modulus, const std::uint64_t* base, std::size_t words, std::size_t exponent_bits,
                unsigned window, JobControl* control) noexcept;

  unsigned window() const noexcept { return window_; }
  std::size_t exponent_bits() const noexcept { return bits_; }
  std::size_t bytes() const noexcept { return 8 * table_.size(); }

  // out_i = base^e_i: rows of modulus.size() words, for exponents in rows of exponent_words words. out_of_range if one
  // has more than exponent_bits bits (power tells no more than that); out overlaps nothing.
  Status power(const std::uint64_t* exponents, std::size_t count, std::size_t exponent_words, std::uint64_t* out,
               JobControl* control) const noexcept;
  Status power_var(const std::uint64_t* exponents, std::size_t count, std::size_t exponent_words, std::uint64_t* out,
                   JobControl* control) const noexcept;

 private:
  bool fit(const std::uint64_t* exponents, std::size_t count, std::size_t exponent_words) const noexcept;
  Status find_correction() noexcept;

  const Modulus* modulus_ = nullptr;
  std::size_t bits_ = 0, windows_ = 0;
  unsigned window_ = 0;
  Words table_;       // [window][digit][n]: residues of base^(digit 2^(w window)), below N
  Words correction_;  // for the lanes (bigint/lanes_products.h), [n]
};

}  // namespace assay
