// Weighted sums under encryption: out[g][i] = prod_j c[g][j]^w[i][j] mod N^2, which holds sum_j w[i][j] m[g][j].
//
// Source: Straus, Amer. Math. Monthly 71 (1964), with signed digits of s bits, so that w and -w cost the same:
//   w + sum_t 2^(s - 1) 2^(s t) = sum_t e_t 2^(s t),  0 <= e_t < 2^s,   w = sum_t (e_t - 2^(s - 1)) 2^(s t)
// and entry e of a ciphertext's table is c^(e - 2^(s - 1)).
//
// Weights are signed rows (two's complement) of weight_words words with |w| <= 2^weight_bits. weighted() is constant
// time in them: time and addresses depend on the sizes and weight_bits alone. weighted_var() skips zeros: public
// weights only. Both take ciphertexts in variable time. Cost a group: 2^s products a term for its table, which all
// outputs share; an output: weight_bits squarings and weight_bits / s products a term.
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
