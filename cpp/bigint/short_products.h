// Products of powers with short exponents, in constant time, eight products at once on levels with lanes:
//
//   out_i = head_i^(2^(w (digits - 1))) prod_j base_ij^e_ij mod N,   0 <= e_ij < 2^(w digits)
//
// Source: Straus, Amer. Math. Monthly 71 (1964), with windows of w bits and all 2^w powers of a base in its table. The
// head serves signed exponents, e = s + 2^(w (digits - 1)) with head = (prod_j base_j)^-1. For long exponents of one
// base see bigint/power.h, for many public terms bigint/multi_power.h.
//
// short_products() is constant time in bases, exponents, heads and modulus: time and addresses depend on sizes alone.
// short_products_var() reads the entries that it needs and skips zeros: for public exponents. Cost of an item: 2^w
// products a term for its tables (one for items in a row with the very same bases, outside the lanes), then digits
// products a term and w digits squarings.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "bigint/modulus.h"
#include "parallel/pool.h"

namespace assay {

constexpr unsigned kShortProductsMaxWindow = 6;

struct ShortProduct {
  const std::uint64_t* bases;      // `terms` rows of `words` words
  const std::uint64_t* exponents;  // `terms` rows of exponent_words words
  std::size_t terms;
  const std::uint64_t* head;  // a row
  std::uint64_t* out;         // a row, which overlaps no operand of any item
};

struct ShortProductsBatch {
  const ShortProduct* items = nullptr;
  std::size_t count = 0;
  std::size_t words = 0;  // of a row, >= the modulus' size (invalid_length)
  const Modulus* modulus = nullptr;
  std::size_t exponent_words = 0;  // >= 1 (invalid_length)
  unsigned window = 0;             // w, 1 to 6 (out_of_range)
  std::size_t digits = 0;          // >= 1; bits of exponents above w digits are not looked at
};

Status short_products(const ShortProductsBatch& batch, JobControl* control) noexcept;
Status short_products_var(const ShortProductsBatch& batch, JobControl* control) noexcept;

// The window that costs least for `count` items with exponents of so many bits, `shared` of them in a row with the same
// bases.
unsigned short_products_window(unsigned modulus_bits, std::size_t exponent_bits, std::size_t count, std::size_t shared,
                               bool variable) noexcept;
// Terms of an item whose tables stay in the second-level cache: longer products are better cut.
std::size_t short_products_terms(unsigned modulus_bits, unsigned window, std::size_t count, bool variable) noexcept;

}  // namespace assay
