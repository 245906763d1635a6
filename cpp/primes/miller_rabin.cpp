#include "primes/miller_rabin.h"

#include <algorithm>
#include <atomic>
#include <new>

#include "base/random.h"
#include "bigint/montgomery.h"
#include "bigint/natural.h"
#include "bigint/power.h"

namespace assay {
namespace {

constexpr std::size_t kMinWords = kModulusMinBits / 64, kMultipleWords = kMinWords + 1, kLanes = 8;

bool is_one(const std::uint64_t* a, std::size_t words) noexcept {
  std::uint64_t any = a[0] ^ 1;
  for (std::size_t i = 1; i < words; ++i) any |= a[i];
  return any == 0;
}

// a = n - 1 for odd n
bool is_minus_one(const std::uint64_t* a, const std::uint64_t* n, std::size_t words) noexcept {
  std::uint64_t any = a[0] ^ n[0] ^ 1;
  for (std::size_t i = 1; i < words; ++i) any |= a[i] ^ n[i];
  return any == 0;
}

// d <- the odd part of n - 1; returns s.
std::size_t odd_part(std::uint64_t* d, const std::uint64_t* n, std::size_t words) noexcept {
  const auto word = [&](std::size_t i) noexcept { return i >= words ? 0 : i == 0 ? n[0] & ~std::uint64_t{1} : n[i]; };
  std::size_t skip = 0;
  while (word(skip) == 0) ++skip;  // n > 1
  const unsigned shift = static_cast<unsigned>(__builtin_ctzll(word(skip)));
  for (std::size_t i = 0; i < words; ++i)
    d[i] = shift == 0 ? word(i + skip) : word(i + skip) >> shift | word(i + skip + 1) << (64 - shift);
  return 64 * skip + shift;
}

// n (2^k + 1) of 319 or 320 bits, for n of `bits` < 256 bits
void multiple_var(std::uint64_t* multiple, const std::uint64_t* n, std::size_t bits) noexcept {
  const std::size_t k = 64 * kMultipleWords - 1 - bits, skip = k / 64, offset = k % 64;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < kMultipleWords; ++i) {
    const std::uint64_t here = i >= skip ? n[i - skip] : 0, below = i > skip ? n[i - skip - 1] : 0;
    const std::uint64_t shifted = offset == 0 ? here : here << offset | below >> (64 - offset);
    const std::uint64_t sum = n[i] + shifted, total = sum + carry;
    carry = static_cast<std::uint64_t>(sum < shifted) | static_cast<std::uint64_t>(total < carry);
    multiple[i] = total;
  }
}

// Uniform in [2, n - 2], n > 4: drawn below 2^bits until it fits, at most 2 draws on average and a few for small n.
Status random_base(std::uint64_t* base, const std::uint64_t* n, std::size_t words) noexcept {
  const std::size_t bits = natural_bits_var(n, words), used = (bits + 63) / 64;
  std::fill_n(base, words, 0);
  for (;;) {
    ASSAY_TRY(random_bytes(base, 8 * used));
    if (bits % 64 != 0) base[used - 1] &= (std::uint64_t{1} << (bits % 64)) - 1;
    if (natural_size_var(base, used) == 0 || is_one(base, words) || is_minus_one(base, n, words)) continue;
    if (natural_compare_var(base, n, used) < 0) return Status::ok;
  }
}

// The rows of a test: residues modulo one modulus each, or all modulo the same.
struct Rows {
  std::size_t count, words;
  const Modulus* moduli;
  std::size_t step;
  std::size_t first;  // candidate of row 0
};

// passed <- whether the residue b^d is 1, or squared fewer than `twos` times gives -1.
Status decide(const Candidates& candidates, std::size_t i, std::size_t twos, std::uint64_t* residue,
              std::uint8_t* passed) noexcept {
  const std::size_t words = candidates.words();
  const std::uint64_t* n = candidates.value(i);
  ASSAY_TRY(candidates.reduce(i, residue));
  *passed = is_one(residue, words) || is_minus_one(residue, n, words) ? 1 : 0;
  if (*passed != 0 || twos < 2) return Status::ok;
  Montgomery m;
  Words square;
  ASSAY_TRY(m.assign(candidates.moduli()[i]));
  ASSAY_TRY(square.allocate(m.size()));
  m.enter(square.data(), residue, words);
  for (std::size_t r = 1; r < twos && *passed == 0; ++r) {
    m.sqr(square.data(), square.data());
    m.leave(residue, square.data());
    std::fill(residue + m.size(), residue + words, 0);
    ASSAY_TRY(candidates.reduce(i, residue));
    *passed = is_minus_one(residue, n, words) ? 1 : 0;
  }
  return Status::ok;
}

// passed[i] <- verdict of row i; residues and exponents are scratch of count rows, residues hold the bases.
Status test(const Candidates& candidates, const Rows& rows, Timing timing, std::uint64_t* residues,
            std::uint64_t* exponents, std::uint8_t* passed, JobControl* control) noexcept {
  const std::size_t words = rows.words;
  const auto candidate = [&](std::size_t i) noexcept { return rows.first + i * rows.step; };
  std::unique_ptr<std::size_t[]> twos(new (std::nothrow) std::size_t[rows.count]);
  if (!twos) return Status::out_of_memory;
  for (std::size_t i = 0; i < rows.count; ++i) {
    if (i == 0 || rows.step != 0) {
      twos[i] = odd_part(exponents + i * words, candidates.value(candidate(i)), words);
    } else {
      twos[i] = twos[0];
    }
  }
  PowerBatch powers;
  powers.count = rows.count;
  powers.words = powers.exponent_words = words;
  powers.moduli = rows.moduli;
  powers.modulus_step = powers.exponent_step = rows.step;
  powers.bases = powers.out = residues;
  powers.exponents = exponents;
  ASSAY_TRY(timing == Timing::constant ? power(powers, control) : power_var(powers, control));
  std::atomic<int> failed{static_cast<int>(Status::ok)};
  ASSAY_TRY(parallel_for(
      rows.count, 16,
      [&](std::size_t begin, std::size_t end) noexcept {
        for (std::size_t i = begin; i < end; ++i) {
          const Status status = decide(candidates, candidate(i), twos[i], residues + i * words, passed + i);
          if (status != Status::ok) failed.store(static_cast<int>(status), std::memory_order_relaxed);
        }
      },
      control));
  return static_cast<Status>(failed.load());
}

}  // namespace

Status Candidates::assign(const std::uint64_t* values, std::size_t count, std::size_t words) noexcept {
  count_ = 0;
  words_ = words;
  for (std::size_t i = 0; i < count; ++i)
    if (natural_bits_var(values + i * words, words) < kModulusMinBits) words_ = std::max(words, kMultipleWords);
  moduli_.reset(new (std::nothrow) Modulus[count]);
  if (!moduli_) return Status::out_of_memory;
  ASSAY_TRY(values_.allocate(count * words_));
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t* value = values_.data() + i * words_;
    std::copy_n(values + i * words, words, value);
    std::fill(value + words, value + words_, 0);
    const std::size_t bits = natural_bits_var(value, words_);
    if (bits < 2 || (value[0] & 1) == 0) return Status::out_of_range;
    if (bits >= kModulusMinBits) {
      ASSAY_TRY(moduli_[i].assign(value, words_));
      continue;
    }
    std::uint64_t multiple[kMultipleWords];
    multiple_var(multiple, value, bits);
    ASSAY_TRY(moduli_[i].assign(multiple, kMultipleWords));
  }
  count_ = count;
  return Status::ok;
}

Status Candidates::reduce(std::size_t i, std::uint64_t* residue) const noexcept {
  const std::size_t size = natural_size_var(value(i), words_);
  if (size >= kMinWords && moduli_[i].bits() == natural_bits_var(value(i), size)) return Status::ok;
  std::uint64_t rest[kMultipleWords] = {};
  ASSAY_TRY(natural_divrem_var(nullptr, rest, residue, kMultipleWords, value(i), size));
  std::copy_n(rest, kMultipleWords, residue);
  std::fill(residue + kMultipleWords, residue + words_, 0);
  return Status::ok;
}

Status miller_rabin(const Candidates& candidates, const std::uint64_t* bases, Timing timing, std::uint8_t* passed,
                    JobControl* control) noexcept {
  const std::size_t count = candidates.size(), words = candidates.words();
  if (count == 0) return Status::ok;
  Words space;
  ASSAY_TRY(space.allocate(2 * count * words));
  std::copy_n(bases, count * words, space.data());
  return test(candidates, {count, words, candidates.moduli(), 1, 0}, timing, space.data(), space.data() + count * words,
              passed, control);
}

Status miller_rabin_random(const Candidates& candidates, unsigned rounds, Timing timing, std::uint8_t* passed,
                           JobControl* control) noexcept {
  const std::size_t count = candidates.size(), words = candidates.words();
  std::fill_n(passed, count, std::uint8_t{1});
  if (count == 0 || rounds == 0) return Status::ok;
  // Batches over the candidates, or over the bases of one, whichever fills the lanes
  const bool across = count >= kLanes;
  const std::size_t batches = across ? rounds : count, rows = across ? count : rounds;
  Words space;
  ASSAY_TRY(space.allocate(2 * rows * words));
  std::unique_ptr<std::uint8_t[]> verdicts(new (std::nothrow) std::uint8_t[rows]);
  if (!verdicts) return Status::out_of_memory;
  for (std::size_t b = 0; b < batches; ++b) {
    const Rows batch =
        across ? Rows{rows, words, candidates.moduli(), 1, 0} : Rows{rows, words, candidates.moduli() + b, 0, b};
    for (std::size_t k = 0; k < rows; ++k)
      ASSAY_TRY(random_base(space.data() + k * words, candidates.value(across ? k : b), words));
    ASSAY_TRY(test(candidates, batch, timing, space.data(), space.data() + rows * words, verdicts.get(), control));
    for (std::size_t k = 0; k < rows; ++k) passed[across ? k : b] &= verdicts[k];
  }
  return Status::ok;
}

}  // namespace assay
