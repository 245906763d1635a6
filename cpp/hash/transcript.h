// A Fiat-Shamir transcript over SHA-256: everything the verifier has seen so far, in order, decides each challenge.
//
//   state  = SHA-256("assay/transcript/v1" || string(protocol))                       at the start
//   state <- SHA-256(1 || state || string(label) || kind || string(data))             absorb
//   state <- SHA-256(2 || state || string(label)), then for Fr                        challenge
//   c = (SHA-256(3 || state) || SHA-256(4 || state)), 512 bits little-endian, mod r
// with string(x) = length of x as 8 bytes little-endian, then x. Lengths and kinds are hashed, so that no two sequences
// of calls give one byte string; the bias of c is below 2^-256. Fiat, Shamir, CRYPTO 1986; absorb the whole statement
// before the first challenge, or the proof can be moved to another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "hash/sha256.h"

namespace assay {

class Transcript {
 public:
  explicit Transcript(std::string_view protocol) noexcept;

  void absorb(std::string_view label, const void* data, std::size_t bytes) noexcept;
  // n canonical elements [n, 4], as 32 bytes little-endian each; non_canonical (and nothing absorbed) for one that is
  // not below r.
  Status absorb_elements(std::string_view label, const std::uint64_t* elements, std::size_t n) noexcept;

  // An element of Fr, canonical limbs; or 32 bytes.
  void challenge(std::string_view label, std::uint64_t* element) noexcept;
  void challenge_bytes(std::string_view label, std::uint8_t* out) noexcept;

 private:
  enum class Kind : std::uint8_t { bytes = 0, elements = 1 };

  Sha256 step(std::uint8_t what, std::string_view label) const noexcept;
  void next(std::string_view label) noexcept;

  std::uint8_t state_[kSha256Bytes];
};

}  // namespace assay
