// Sums of the bases of each class of equal scalars. Contract: msm/classes.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "msm/bucket_sums.h"
#include "msm/pippenger.h"
#include "msm/scratch.h"

ASSAY_ISA_BEGIN

namespace msm {

// Chunks of at most `limit` entries that cover the classes; a longer class is cut into pieces, numbered in `buckets`.
inline std::size_t cut_classes(const std::uint32_t* start, std::size_t classes, std::uint32_t limit,
                               std::vector<Chunk>& chunks) {
  std::uint32_t pieces = 0;
  for (std::size_t j = 0; j < classes;) {
    const std::uint32_t begin = start[j], id = static_cast<std::uint32_t>(j);
    if (start[j + 1] - begin > limit) {
      for (std::uint32_t at = begin; at < start[j + 1]; at += limit)
        chunks.push_back({id, pieces++, at, std::min(at + limit, start[j + 1]), true});
      ++j;
      continue;
    }
    while (j < classes && start[j + 1] - begin <= limit) ++j;
    chunks.push_back({id, static_cast<std::uint32_t>(j) - id, begin, start[j], false});
  }
  return pieces;
}

// out[j] <- the signed sum of class j. No class is empty.
template <class F>
Status merge(const std::uint64_t* base_words, const std::uint32_t* start, const std::uint32_t* entries,
             std::size_t classes, std::uint64_t* out_words, JobControl* control) noexcept {
  const auto* bases = reinterpret_cast<const Affine<F>*>(base_words);
  auto* const out = reinterpret_cast<Affine<F>*>(out_words);
  const auto limit = static_cast<std::uint32_t>(chunk_limit<F>(start[classes], num_threads()));
  ScratchPool<BucketSummer<F>> summers;
  std::vector<Chunk> chunks;
  std::unique_ptr<Affine<F>[]> pieces;
  try {
    pieces.reset(new Affine<F>[cut_classes(start, classes, limit, chunks)]);
  } catch (...) {
    return Status::out_of_memory;
  }
  if (!summers.build([limit](BucketSummer<F>& s) noexcept { return s.allocate(limit); })) return Status::out_of_memory;
  ASSAY_TRY(parallel_for(
      chunks.size(), 1,
      [&](std::size_t begin, std::size_t end) noexcept {
        const typename ScratchPool<BucketSummer<F>>::Lease summer(summers);
        for (std::size_t i = begin; i < end; ++i)
          (*summer).run(chunks[i], i + 1 < end ? &chunks[i + 1] : nullptr, start, entries, bases,
                        chunks[i].piece ? pieces.get() + chunks[i].buckets : out);
      },
      control));
  for (std::size_t i = 0; i < chunks.size();) {
    if (!chunks[i].piece) {
      ++i;
      continue;
    }
    const std::uint32_t id = chunks[i].bucket;
    XYZZ<F> total = XYZZ<F>::infinity();
    for (; i < chunks.size() && chunks[i].piece && chunks[i].bucket == id; ++i)
      total = add(total, pieces[chunks[i].buckets]);
    out[id] = to_affine_var(total);
  }
  return Status::ok;
}

}  // namespace msm

ASSAY_ISA_END
