#include "bigint/batch_inverse.h"

#include <algorithm>
#include <atomic>

#include "base/words.h"
#include "bigint/inverse.h"
#include "bigint/montgomery.h"

namespace assay {
namespace {

constexpr std::size_t kMostTogether = 256, kLeastTogether = 16;

using Invert = Status (*)(const InverseBatch&, std::size_t*, JobControl*) noexcept;

struct Chunk {
  const Modulus& modulus;
  const std::uint64_t* values;
  std::size_t count, words;
  std::uint64_t* out;
  Invert invert;
};

// One by one, from the residues: which have no inverse
Status one_by_one(Montgomery& m, const Chunk& chunk, std::uint64_t* residues, std::size_t* bad) noexcept {
  const std::size_t n = m.size();
  for (std::size_t i = 0; i < chunk.count; ++i) m.leave(residues + i * n, residues + i * n);
  const Status status = chunk.invert({chunk.count, n, chunk.modulus.words(), 0, residues, residues}, bad, nullptr);
  for (std::size_t i = 0; i < chunk.count; ++i) {
    std::copy_n(residues + i * n, n, chunk.out + i * chunk.words);
    std::fill_n(chunk.out + i * chunk.words + n, chunk.words - n, 0);
  }
  return status;
}

Status invert_chunk(const Chunk& chunk, std::size_t* bad) noexcept {
  Montgomery m;
  ASSAY_TRY(m.assign(chunk.modulus));
  const std::size_t n = m.size();
  Words memory;
  ASSAY_TRY(memory.allocate((2 * chunk.count + 2) * n));
  std::uint64_t *residues = memory.data(), *prefix = residues + chunk.count * n, *rest = prefix + chunk.count * n,
                *one = rest + n;
  for (std::size_t i = 0; i < chunk.count; ++i) {
    m.enter(residues + i * n, chunk.values + i * chunk.words, chunk.words);
    if (i == 0) {
      std::copy_n(residues, n, prefix);
    } else {
      m.mul(prefix + i * n, prefix + (i - 1) * n, residues + i * n);
    }
  }
  m.leave(rest, prefix + (chunk.count - 1) * n);
  const Status status = chunk.invert({1, n, chunk.modulus.words(), 0, rest, rest}, bad, nullptr);
  if (status == Status::not_invertible) return one_by_one(m, chunk, residues, bad);
  ASSAY_TRY(status);
  m.enter(rest, rest, n);
  for (std::size_t i = chunk.count; i-- > 0;) {
    if (i > 0) {
      m.mul(one, rest, prefix + (i - 1) * n);
      m.mul(rest, rest, residues + i * n);
    } else {
      std::copy_n(rest, n, one);
    }
    m.leave(chunk.out + i * chunk.words, one);
    std::fill_n(chunk.out + i * chunk.words + n, chunk.words - n, 0);
  }
  return Status::ok;
}

Status invert_batch(Invert invert, const Modulus& modulus, const std::uint64_t* values, std::size_t count,
                    std::size_t words, std::uint64_t* out, std::size_t* first_bad, JobControl* control) noexcept {
  if (modulus.size() == 0) return Status::out_of_range;
  if (words < modulus.size()) return Status::invalid_length;
  std::atomic<std::size_t> least{count};
  std::atomic<int> failed{static_cast<int>(Status::ok)};
  const std::size_t share = count / num_threads() + 1;
  ASSAY_TRY(parallel_for(
      count, std::clamp(share, kLeastTogether, kMostTogether),
      [&](std::size_t begin, std::size_t end) noexcept {
        std::size_t bad = 0;
        const Chunk chunk = {modulus, values + begin * words, end - begin, words, out + begin * words, invert};
        const Status status = invert_chunk(chunk, &bad);
        if (status == Status::ok) return;
        if (status != Status::not_invertible) {
          failed.store(static_cast<int>(status), std::memory_order_relaxed);
          return;
        }
        std::size_t known = least.load(std::memory_order_relaxed);
        while (begin + bad < known && !least.compare_exchange_weak(known, begin + bad, std::memory_order_relaxed)) {
        }
      },
      control));
  ASSAY_TRY(static_cast<Status>(failed.load()));
  *first_bad = least.load();
  return *first_bad < count ? Status::not_invertible : Status::ok;
}

}  // namespace

Status batch_inverse(const Modulus& modulus, const std::uint64_t* values, std::size_t count, std::size_t words,
                     std::uint64_t* out, std::size_t* first_bad, JobControl* control) noexcept {
  return invert_batch(inverse, modulus, values, count, words, out, first_bad, control);
}

Status batch_inverse_var(const Modulus& modulus, const std::uint64_t* values, std::size_t count, std::size_t words,
                         std::uint64_t* out, std::size_t* first_bad, JobControl* control) noexcept {
  return invert_batch(inverse_var, modulus, values, count, words, out, first_bad, control);
}

}  // namespace assay
