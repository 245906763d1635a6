// Multiples of a key's points, kept from proof to proof: sums of the prover over msm/precomputed.h.
//
// H, whose scalars are of full size, always gains. L, A, B1 and B2 are multiplied by the witness: their tables hold the
// points of the private wires and serve a witness whose values mostly differ; where equal values are many, merging them
// is faster (msm/classes.h), and the prover merges. Memory: memory_factor times the points at most, 64 bytes each in G1
// and 128 in G2. Cost: about 254 doublings a point, once.
#pragma once

#include <array>
#include <cstddef>

#include "base/status.h"
#include "groth16/key.h"
#include "msm/precomputed.h"
#include "parallel/pool.h"

namespace assay {

enum class Groth16Section : unsigned { h, l, a, b1, b2 };
constexpr std::size_t kGroth16Sections = 5;

class Groth16Tables {
 public:
  // sections: bit s for Groth16Section s, of those that get a table. mapped: the key is a read-only mapped file, whose
  // pages are given back. Errors of PrecomputedBases::build.
  Status build(const Groth16KeyView<const std::uint64_t>& key, unsigned sections, unsigned memory_factor, bool mapped,
               JobControl* control) noexcept;

  // nullptr: the section has none
  const PrecomputedBases* table(Groth16Section section) const noexcept {
    const auto i = static_cast<std::size_t>(section);
    return (sections_ >> i & 1) != 0 ? &tables_[i] : nullptr;
  }
  const Groth16Sizes& sizes() const noexcept { return sizes_; }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::array<PrecomputedBases, kGroth16Sections> tables_;
  Groth16Sizes sizes_{};
  std::size_t bytes_ = 0;
  unsigned sections_ = 0;
};

}  // namespace assay
