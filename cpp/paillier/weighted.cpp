#include "paillier/weighted.h"

#include <algorithm>
#include <atomic>

#include "base/words.h"
#include "bigint/montgomery.h"
#include "paillier/ciphertext.h"
#include "paillier/rows.h"
#include "paillier/select.h"

namespace assay::paillier {
namespace {

constexpr std::size_t kTerms = 32;    // of a block: its tables stay in the second-level cache
constexpr std::size_t kOutputs = 16;  // that share a block's tables
constexpr unsigned kMinWindow = 2, kMaxWindow = 6;

// The window that costs least in products; a scan of 64 entries is reckoned as one.
unsigned best_window(std::size_t outputs, unsigned bits, bool secret) noexcept {
  unsigned best = kMinWindow;
  double least = 0;
  for (unsigned s = kMinWindow; s <= kMaxWindow; ++s) {
    const double entries = static_cast<double>(1u << s), digits = (bits + 2 + s - 1) / s;
    const double cost =
        entries + static_cast<double>(std::min(outputs, kOutputs)) * digits * (1 + (secret ? entries / 64 : 0));
    if (s == kMinWindow || cost < least) {
      best = s;
      least = cost;
    }
  }
  return best;
}

struct Plan {
  const WeightedBatch& batch;
  std::size_t n;       // words of a residue
  unsigned window;     // s
  std::size_t digits;  // of a weight
  std::size_t words;   // of a recoded weight
  std::size_t blocks;  // of terms
  std::size_t chunks;  // of outputs
};

// row <- w + sum_t 2^(s - 1) 2^(s t), never negative.
void recode(const Plan& plan, const std::uint64_t* weight, std::uint64_t* row) noexcept {
  const std::size_t given = plan.batch.weight_words;
  const std::uint64_t sign = 0 - (weight[given - 1] >> 63);
  for (std::size_t i = 0; i < plan.words; ++i) row[i] = i < given ? weight[i] : sign;
  for (std::size_t t = 0; t < plan.digits; ++t) {
    const std::size_t at = plan.window * t + plan.window - 1;
    std::uint64_t carry = std::uint64_t{1} << (at % 64);
    for (std::size_t i = at / 64; i < plan.words; ++i) {
      row[i] += carry;
      carry = static_cast<std::uint64_t>(row[i] < carry);
    }
  }
}

// table[e] <- residue of c^(e - 2^(s - 1)), e < 2^s, from the residues of c and c^-1.
void fill_table(Montgomery& m, unsigned s, const std::uint64_t* c, const std::uint64_t* inverse,
                std::uint64_t* table) noexcept {
  const std::size_t n = m.size(), middle = std::size_t{1} << (s - 1);
  std::copy_n(m.one(), n, table + middle * n);
  std::copy_n(inverse, n, table + (middle - 1) * n);
  std::copy_n(c, n, table + (middle + 1) * n);
  for (std::size_t e = 2; e < middle; ++e) m.mul(table + (middle + e) * n, table + (middle + e - 1) * n, c);
  for (std::size_t e = 2; e <= middle; ++e) m.mul(table + (middle - e) * n, table + (middle - e + 1) * n, inverse);
}

// product <- residue of prod_j entry[digit_j]; `entry` has n words.
template <bool kSecret>
void one_output(Montgomery& m, const Plan& plan, std::size_t terms, const std::uint64_t* tables,
                const std::uint64_t* recoded, std::uint64_t* product, std::uint64_t* entry) noexcept {
  const std::size_t n = plan.n, entries = std::size_t{1} << plan.window;
  bool started = kSecret;
  std::copy_n(m.one(), n, product);
  for (std::size_t t = plan.digits; t-- > 0;) {
    if (started && t + 1 < plan.digits)
      for (unsigned i = 0; i < plan.window; ++i) m.sqr(product, product);
    for (std::size_t j = 0; j < terms; ++j) {
      const std::uint64_t digit =
          assay::paillier::window(recoded + j * plan.words, plan.words, t * plan.window, plan.window);
      const std::uint64_t* table = tables + j * entries * n;
      if constexpr (kSecret) {
        select(table, entries, n, digit, entry);
        m.mul(product, product, entry);
      } else if (digit != entries / 2) {
        m.mul(product, product, table + digit * n);
        started = true;
      }
    }
  }
}

template <bool kSecret>
Status run(const PublicKey& key, const WeightedBatch& batch, JobControl* control) noexcept {
  if (key.words() == 0) return Status::out_of_range;
  if (batch.terms == 0 || batch.weight_words == 0 || batch.weight_bits >= 64 * batch.weight_words)
    return Status::invalid_length;
  const unsigned s = best_window(batch.outputs, batch.weight_bits, kSecret);
  const std::size_t digits = (batch.weight_bits + 2 + s - 1) / s;
  const Plan plan{.batch = batch,
                  .n = key.square().size(),
                  .window = s,
                  .digits = digits,
                  .words = (s * digits + 63) / 64,
                  .blocks = (batch.terms + kTerms - 1) / kTerms,
                  .chunks = (batch.outputs + kOutputs - 1) / kOutputs};
  const std::size_t n = plan.n, width = key.cipher_words(), total = batch.groups * batch.outputs;
  const std::size_t entries = std::size_t{1} << s, most = std::min(kTerms, batch.terms);
  Words inverses, partial;  // partial: [block][group][output] residues
  ASSAY_TRY(inverses.allocate(batch.groups * batch.terms * width));
  ASSAY_TRY(invert_var(key, batch.groups * batch.terms, batch.ciphertexts, inverses.data(), control));
  ASSAY_TRY(partial.allocate(plan.blocks * total * n));

  ASSAY_TRY(for_rows(
      batch.groups * plan.blocks * plan.chunks, 1, key.square(), (most * entries + 3) * n + most * plan.words,
      [&](std::size_t job, Montgomery& m, std::uint64_t* scratch) noexcept {
        const std::size_t chunk = job % plan.chunks, block = job / plan.chunks % plan.blocks,
                          group = job / plan.chunks / plan.blocks;
        const std::size_t first = block * kTerms, terms = std::min(kTerms, batch.terms - first);
        std::uint64_t *tables = scratch, *entry = tables + most * entries * n, *c = entry + n, *inverse = c + n,
                      *recoded = inverse + n;
        for (std::size_t j = 0; j < terms; ++j) {
          const std::size_t row = (group * batch.terms + first + j) * width;
          m.enter(c, batch.ciphertexts + row, width);
          m.enter(inverse, inverses.data() + row, width);
          fill_table(m, s, c, inverse, tables + j * entries * n);
        }
        for (std::size_t i = chunk * kOutputs; i < std::min(batch.outputs, (chunk + 1) * kOutputs); ++i) {
          const std::size_t output = (batch.weights_each ? group * batch.outputs : 0) + i;
          const std::uint64_t* weights = batch.weights + (output * batch.terms + first) * batch.weight_words;
          for (std::size_t j = 0; j < terms; ++j)
            recode(plan, weights + j * batch.weight_words, recoded + j * plan.words);
          std::uint64_t* product = partial.data() + (block * total + group * batch.outputs + i) * n;
          one_output<kSecret>(m, plan, terms, tables, recoded, product, entry);
        }
      },
      control));

  return for_rows(
      total, 16, key.square(), 0,
      [&](std::size_t i, Montgomery& m, std::uint64_t*) noexcept {
        std::uint64_t *product = partial.data() + i * n, *row = batch.out + i * width;
        for (std::size_t block = 1; block < plan.blocks; ++block)
          m.mul(product, product, partial.data() + (block * total + i) * n);
        m.leave(row, product);
        std::fill_n(row + n, width - n, 0);
      },
      control);
}

}  // namespace

Status weighted(const PublicKey& key, const WeightedBatch& batch, JobControl* control) noexcept {
  return run<true>(key, batch, control);
}

Status weighted_var(const PublicKey& key, const WeightedBatch& batch, JobControl* control) noexcept {
  return run<false>(key, batch, control);
}

}  // namespace assay::paillier
