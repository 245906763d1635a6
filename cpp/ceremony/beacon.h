// The delay function of a beacon: SHA-256 iterated 2^log times over public bytes, the seed of a generator.
//
// Source: Bowe, Gabizon, Miers, "Scalable multi-party computation for zk-SNARK parameters in the random beacon model",
// 2017, section 3, in the form of snarkjs (misc.js): the first iteration hashes the beacon itself, of any length.
// Polls `control` every 2^16 iterations. Cost: 2^log compressions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "parallel/pool.h"

namespace assay {

inline constexpr unsigned kBeaconMaxLog = 63;

// seed: 32 bytes. out_of_range for log above 63.
Status beacon_seed(const std::uint8_t* beacon, std::size_t bytes, unsigned log, std::uint8_t* seed,
                   JobControl* control) noexcept;

}  // namespace assay
