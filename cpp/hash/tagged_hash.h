// The tagged hash of BIP 340: SHA-256(SHA-256(tag) || SHA-256(tag) || data).
//
// The doubled prefix fills one block, so its midstate stands for the domain and is copied for each message. Ranges and
// constant time as of SHA-256 (hash/sha256.h). Cost: two compressions a tag, then those of the data and its padding.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "hash/sha256.h"

namespace assay {

// The state that has absorbed the doubled prefix: update it with the data, then finish.
inline Sha256 tagged_sha256(std::string_view tag) noexcept {
  std::uint8_t prefix[2 * kSha256Bytes];
  sha256(tag.data(), tag.size(), prefix);
  std::memcpy(prefix + kSha256Bytes, prefix, kSha256Bytes);
  Sha256 hash;
  hash.update(prefix, sizeof prefix);
  return hash;
}

}  // namespace assay
