#include "ceremony/beacon.h"

#include <cstring>

#include "hash/sha256.h"

namespace assay {

Status beacon_seed(const std::uint8_t* beacon, std::size_t bytes, unsigned log, std::uint8_t* seed,
                   JobControl* control) noexcept {
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 16;
  if (log > kBeaconMaxLog) return Status::out_of_range;
  const std::uint64_t rounds = std::uint64_t{1} << log;
  sha256(beacon, bytes, seed);
  for (std::uint64_t done = 1; done < rounds; ++done) {
    std::uint8_t previous[kSha256Bytes];
    std::memcpy(previous, seed, sizeof previous);
    sha256(previous, sizeof previous, seed);
    if (control != nullptr && done % kPiece == 0) {
      if (!control->check()) return Status::cancelled;
      control->report("beacon", static_cast<std::size_t>(done / kPiece), static_cast<std::size_t>(rounds / kPiece));
    }
  }
  return Status::ok;
}

}  // namespace assay
