#include "hash/transcript.h"

#include "base/bytes.h"
#include "field/fe.h"

namespace assay {
namespace {

enum Step : std::uint8_t { kAbsorb = 1, kChallenge = 2, kOutputLow = 3, kOutputHigh = 4 };

void put_length(Sha256& hash, std::size_t length) noexcept {
  std::uint8_t bytes[8];
  store_le64(bytes, length);
  hash.update(bytes, sizeof bytes);
}

void put_string(Sha256& hash, std::string_view text) noexcept {
  put_length(hash, text.size());
  hash.update(text.data(), text.size());
}

}  // namespace

Transcript::Transcript(std::string_view protocol) noexcept {
  static constexpr std::string_view kDomain = "assay/transcript/v1";
  Sha256 hash;
  hash.update(kDomain.data(), kDomain.size());
  put_string(hash, protocol);
  hash.finish(state_);
}

Sha256 Transcript::step(std::uint8_t what, std::string_view label) const noexcept {
  Sha256 hash;
  hash.update(&what, 1).update(state_, sizeof state_);
  put_string(hash, label);
  return hash;
}

void Transcript::absorb(std::string_view label, const void* data, std::size_t bytes) noexcept {
  Sha256 hash = step(kAbsorb, label);
  const auto kind = static_cast<std::uint8_t>(Kind::bytes);
  hash.update(&kind, 1);
  put_length(hash, bytes);
  hash.update(data, bytes).finish(state_);
}

Status Transcript::absorb_elements(std::string_view label, const std::uint64_t* elements, std::size_t n) noexcept {
  Sha256 hash = step(kAbsorb, label);
  const auto kind = static_cast<std::uint8_t>(Kind::elements);
  hash.update(&kind, 1);
  put_length(hash, 32 * n);
  for (std::size_t i = 0; i < n; ++i) {
    Fr x;
    std::uint8_t bytes[32];
    ASSAY_TRY(Fr::from_limbs(x, elements + 4 * i));
    x.to_bytes_le(bytes);
    hash.update(bytes, sizeof bytes);
  }
  hash.finish(state_);
  return Status::ok;
}

void Transcript::next(std::string_view label) noexcept { step(kChallenge, label).finish(state_); }

void Transcript::challenge(std::string_view label, std::uint64_t* element) noexcept {
  next(label);
  std::uint64_t limbs[8];
  for (const std::uint8_t half : {0, 1}) {
    const std::uint8_t what = half == 0 ? kOutputLow : kOutputHigh;
    std::uint8_t digest[32];
    Sha256().update(&what, 1).update(state_, sizeof state_).finish(digest);
    for (int i = 0; i < 4; ++i) limbs[4 * half + i] = load_le64(digest + 8 * i);
  }
  const Fr shift = Fr::raw(Montgomery<Bn254FrParams>::r_squared);  // 2^256
  (Fr::from_limbs_reduce(limbs) + Fr::from_limbs_reduce(limbs + 4) * shift).to_limbs(element);
}

void Transcript::challenge_bytes(std::string_view label, std::uint8_t* out) noexcept {
  next(label);
  const std::uint8_t what = kOutputLow;
  Sha256().update(&what, 1).update(state_, sizeof state_).finish(out);
}

}  // namespace assay
