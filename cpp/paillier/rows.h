// Rows of words: the loop over a batch, each thread with scratch of its own, and uniform random rows.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/words.h"
#include "bigint/modulus.h"
#include "bigint/montgomery.h"
#include "parallel/pool.h"

namespace assay::paillier {

// Calls body(i, Montgomery& of `modulus`, scratch of `scratch_words` words) for each i in [0, count), `grain` rows a
// chunk, on the pool. Scratch is wiped. The body must not throw.
template <class Body>
Status for_rows(std::size_t count, std::size_t grain, const ModulusView& modulus, std::size_t scratch_words,
                Body&& body, JobControl* control) noexcept {
  std::atomic<Status> worst{Status::ok};
  ASSAY_TRY(parallel_for(
      count, grain,
      [&](std::size_t begin, std::size_t end) noexcept {
        Montgomery montgomery;
        Words scratch;
        Status status = montgomery.assign(modulus);
        if (status == Status::ok) status = scratch.allocate(scratch_words);
        if (status != Status::ok) return worst.store(status, std::memory_order_relaxed);
        for (std::size_t i = begin; i < end; ++i) body(i, montgomery, scratch.data());
      },
      control));
  return worst.load(std::memory_order_relaxed);
}

// out: `count` rows of `row_words` words, each uniform in [1, N), zeros above the words of N. By rejection: how many
// draws were thrown away tells nothing of those that were kept.
Status random_units(const Modulus& modulus, std::size_t count, std::size_t row_words, std::uint64_t* out) noexcept;

}  // namespace assay::paillier
