#include "paillier/weighted.h"

#include <algorithm>
#include <memory>
#include <new>

#include "base/words.h"
#include "bigint/power.h"
#include "bigint/short_products.h"
#include "paillier/ciphertext.h"

namespace assay::paillier {
namespace {

// out[g] <- (prod_j c[g][j])^-1: a tree of products over the terms, all groups at once.
Status inverse_products(const PublicKey& key, const WeightedBatch& batch, std::uint64_t* out,
                        JobControl* control) noexcept {
  const std::size_t width = key.cipher_words(), groups = batch.groups;
  Words a, b, rows;  // rows: [terms left][groups]
  ASSAY_TRY(rows.allocate(batch.terms * groups * width));
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t j = 0; j < batch.terms; ++j)
      std::copy_n(batch.ciphertexts + (g * batch.terms + j) * width, width, rows.data() + (j * groups + g) * width);
  for (std::size_t left = batch.terms; left > 1; left = (left + 1) / 2) {
    const std::size_t pairs = left / 2;
    ASSAY_TRY(multiply({.count = pairs * groups,
                        .words = width,
                        .moduli = &key.square(),
                        .a = rows.data(),
                        .b = rows.data() + (left - pairs) * groups * width,
                        .out = rows.data()},
                       control));
  }
  return invert_var(key, groups, rows.data(), out, control);
}

// exponent <- w + 2^at, never negative.
void lift(const std::uint64_t* weight, std::size_t weight_words, std::size_t at, std::uint64_t* exponent,
          std::size_t words) noexcept {
  const std::uint64_t sign = 0 - (weight[weight_words - 1] >> 63);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < words; ++i) {
    const unsigned __int128 sum = static_cast<unsigned __int128>(i < weight_words ? weight[i] : sign) + carry +
                                  (i == at / 64 ? std::uint64_t{1} << at % 64 : 0);
    exponent[i] = static_cast<std::uint64_t>(sum);
    carry = static_cast<std::uint64_t>(sum >> 64);
  }
}

using RunFunction = Status (*)(const ShortProductsBatch&, JobControl*) noexcept;

Status run(const PublicKey& key, const WeightedBatch& batch, bool variable, RunFunction products,
           JobControl* control) noexcept {
  if (key.words() == 0) return Status::out_of_range;
  if (batch.terms == 0 || batch.weight_words == 0 || batch.weight_bits >= 64 * batch.weight_words)
    return Status::invalid_length;
  const std::size_t width = key.cipher_words(), total = batch.groups * batch.outputs;
  if (total == 0) return Status::ok;
  const unsigned bits = key.square().bits();

  // Exponents of B + 2 bits, B = window (digits - 1): w = 2^B gives 2^(B + 1).
  const std::size_t shared = batch.outputs;
  const unsigned window = std::max(2u, short_products_window(bits, batch.weight_bits + 2, total, shared, variable));
  const std::size_t digits = (batch.weight_bits + window - 1) / window + 1, at = window * (digits - 1);
  const std::size_t exponent_words = (at + 2 + 63) / 64;
  const std::size_t rows = batch.outputs * batch.terms * (batch.weights_each ? batch.groups : 1);
  Words exponents, heads, partial, one;
  ASSAY_TRY(exponents.allocate(rows * exponent_words));
  for (std::size_t i = 0; i < rows; ++i)
    lift(batch.weights + i * batch.weight_words, batch.weight_words, at, exponents.data() + i * exponent_words,
         exponent_words);
  ASSAY_TRY(heads.allocate(batch.groups * width));
  ASSAY_TRY(inverse_products(key, batch, heads.data(), control));
  ASSAY_TRY(one.allocate(width));
  std::fill_n(one.data(), width, 0);
  one.data()[0] = 1;

  // Long sums are cut into blocks of terms of nearly equal length: [block][group][output]. The first has the head.
  const std::size_t most = short_products_terms(bits, window, total, variable);
  const std::size_t blocks = (batch.terms + most - 1) / most, step = (batch.terms + blocks - 1) / blocks;
  ASSAY_TRY(partial.allocate(blocks > 1 ? blocks * total * width : 1));
  std::uint64_t* results = blocks > 1 ? partial.data() : batch.out;
  const std::unique_ptr<ShortProduct[]> items(new (std::nothrow) ShortProduct[blocks * total]);
  if (items == nullptr) return Status::out_of_memory;
  for (std::size_t block = 0; block < blocks; ++block)
    for (std::size_t i = 0; i < total; ++i) {
      const std::size_t group = i / batch.outputs, first = std::min(block * step, batch.terms);
      const std::size_t output = batch.weights_each ? i : i % batch.outputs;
      items[block * total + i] = {.bases = batch.ciphertexts + (group * batch.terms + first) * width,
                                  .exponents = exponents.data() + (output * batch.terms + first) * exponent_words,
                                  .terms = std::min(step, batch.terms - first),
                                  .head = block == 0 ? heads.data() + group * width : one.data(),
                                  .out = results + (block * total + i) * width};
    }
  ASSAY_TRY(products({.items = items.get(),
                      .count = blocks * total,
                      .words = width,
                      .modulus = &key.square(),
                      .exponent_words = exponent_words,
                      .window = window,
                      .digits = digits},
                     control));
  for (std::size_t block = 1; block < blocks; ++block)
    ASSAY_TRY(multiply({.count = total,
                        .words = width,
                        .moduli = &key.square(),
                        .a = block == 1 ? results : batch.out,
                        .b = results + block * total * width,
                        .out = batch.out},
                       control));
  return Status::ok;
}

}  // namespace

Status weighted(const PublicKey& key, const WeightedBatch& batch, JobControl* control) noexcept {
  return run(key, batch, false, short_products, control);
}

Status weighted_var(const PublicKey& key, const WeightedBatch& batch, JobControl* control) noexcept {
  return run(key, batch, true, short_products_var, control);
}

}  // namespace assay::paillier
