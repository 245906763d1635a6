// Weighted sums under encryption: out[g][i] = prod_j c[g][j]^w[i][j] mod N^2, which holds sum_j w[i][j] m[g][j].
//
// Weights are signed rows (two's complement) of weight_words words with |w| <= 2^weight_bits. A power of two that is
// not below any |w| makes them exponents that are not negative:
//   prod_j c_j^w_j = (prod_j c_j)^(-2^B) prod_j c_j^(w_j + 2^B),   2^B >= 2^weight_bits
// so that one inversion a group serves all its ciphertexts, and w and -w cost the same (bigint/short_products.h).
//
// weighted() is constant time in the weights: time and addresses depend on the sizes and weight_bits alone.
// weighted_var() skips zeros: public weights only. Both take the ciphertexts' inverse in variable time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "paillier/public_key.h"
#include "parallel/pool.h"

namespace assay::paillier {

struct WeightedBatch {
  std::size_t groups = 0, terms = 0, outputs = 0;
  const std::uint64_t* ciphertexts = nullptr;  // [groups][terms] rows of cipher_words
  const std::uint64_t* weights = nullptr;  // [outputs][terms] rows of weight_words; [groups][outputs][terms] if each
  bool weights_each = false;               // every group has weights of its own
  std::size_t weight_words = 0;
  unsigned weight_bits = 0;
  std::uint64_t* out = nullptr;  // [groups][outputs] rows of cipher_words; overlaps nothing
};

// invalid_length: terms or weight_words is 0, or weight_words has no room for weight_bits and a sign. not_invertible: a
// ciphertext shares a factor with N.
Status weighted(const PublicKey& key, const WeightedBatch& batch, JobControl* control) noexcept;
Status weighted_var(const PublicKey& key, const WeightedBatch& batch, JobControl* control) noexcept;

}  // namespace assay::paillier
