// Multiples of Base8 for fixed-base multiplication: entry (w, j) is j 16^w Base8, w < 63, j < 16, as (x, y, d x y).
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::babyjubjub {

constexpr std::size_t kBaseWindows = 63, kBaseWindowSize = 16, kBaseEntryLimbs = 12;

// [63, 16, 12] limbs in Montgomery form (95 KiB), made at the first call. Null if memory ran out.
const std::uint64_t* base_table() noexcept;

}  // namespace assay::babyjubjub
