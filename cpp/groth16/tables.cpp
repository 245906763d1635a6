#include "groth16/tables.h"

#include <bit>

#include "base/pages.h"

namespace assay {

Status Groth16Tables::build(const Groth16KeyView<const std::uint64_t>& key, unsigned sections, unsigned memory_factor,
                            bool mapped, JobControl* control) noexcept {
  struct Points {
    const std::uint64_t* first;
    std::size_t count, words;
  };
  const std::size_t publics = key.sizes.num_public + 1, privates = key.sizes.num_private();
  const Points all[kGroth16Sections] = {{key.h, key.sizes.domain(), kG1Words},
                                        {key.l, privates, kG1Words},
                                        {key.a + kG1Words * publics, privates, kG1Words},
                                        {key.b1 + kG1Words * publics, privates, kG1Words},
                                        {key.b2 + kG2Words * publics, privates, kG2Words}};
  sizes_ = key.sizes;
  sections_ = 0;
  bytes_ = 0;
  const auto steps = static_cast<std::size_t>(std::popcount(sections));
  std::size_t step = 0;
  for (unsigned i = 0; i < kGroth16Sections; ++i) {
    if ((sections >> i & 1) == 0) continue;
    const Points& points = all[i];
    if (control != nullptr) control->report("multiples", step++, steps);
    const Status status = tables_[i].build(points.first, points.count, points.words, memory_factor, control);
    if (mapped) discard_pages(points.first, 8 * points.words * points.count);
    ASSAY_TRY(status);
    sections_ |= 1U << i;
    bytes_ += precomputed_memory_estimate(points.count, points.words, memory_factor).table;
  }
  if (control != nullptr) control->report("multiples", steps, steps);
  return Status::ok;
}

}  // namespace assay
