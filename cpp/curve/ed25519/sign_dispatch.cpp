#include <cstdlib>
#include <cstring>

#include "base/bytes.h"
#include "base/declassify.h"
#include "cpu/known_answer.h"
#include "curve/ed25519/base_table.h"
#include "curve/ed25519/scalar.h"
#include "curve/ed25519/sign.h"
#include "hash/sha512.h"

namespace assay::ed25519 {
namespace {

struct Known {
  std::uint64_t scalar[4], encoded[4];
};
// B; a multiple by digits of -8 and -7; one by SHA-256 of "assay/ed25519/known", halved (tests/support computes them)
constexpr Known kKnown[] = {
    {{1, 0, 0, 0}, {kBaseY[0], kBaseY[1], kBaseY[2], kBaseY[3]}},
    {{0x8888888888888888, 0x8888888888888888, 0x8888888888888888, 0x7888888888888888},
     {0xc19187d9946a058f, 0x995e5d184884c88c, 0xdf37bf4f4bd1bedb, 0x12891e1e2cdeb9d2}},
    {{0x23ba29fad832deed, 0x8b30f9805a7f2827, 0x2243f67e302e678e, 0x75b7eac6779370e8},
     {0xedc453e19ea96dac, 0x8bb336d563fe2b15, 0xb1bebbdf385cdbe6, 0x1dd000be11cdb5b3}},
};

bool known_answer(const SignKernel& kernel, const std::uint64_t* comb) noexcept {
  bool right = true;
  for (const Known& known : kKnown) {
    std::uint8_t encoded[kPublicKeyBytes];
    kernel.multiply_base(comb, known.scalar, encoded);
    for (std::size_t i = 0; i < 4; ++i) right &= load_le64(encoded + 8 * i) == known.encoded[i];
  }
  return right;
}

const SignKernel& kernel(const std::uint64_t* comb) noexcept {
  static KnownAnswer answer;
  const auto usable = [&](IsaLevel level, const SignKernel& kernel) noexcept {
    return isa_level() >= level && answer.holds(level, "Ed25519 signing", [&] { return known_answer(kernel, comb); });
  };
#if defined(ASSAY_X86)
  if (usable(IsaLevel::adx, kSignAdx)) return kSignAdx;
#endif
  if (usable(IsaLevel::portable, kSignPortable)) return kSignPortable;
  std::abort();  // no level gives known multiples: a signature could give the key away
}

// r + k a mod L for numbers of 256 bits
Limbs<4> response(const Limbs<4>& r, const Limbs<4>& k, const std::uint64_t* a) noexcept {
  Fl s = Fl::from_limbs_unchecked(r) + Fl::from_limbs_unchecked(k) * Fl::from_limbs_reduce(a);
  const ZeroizeGuard wipe(s);
  Limbs<4> words;
  s.to_limbs(words.data());
  return words;
}

}  // namespace

Status SecretKey::assign(const std::uint8_t* seed) noexcept {
  const std::uint64_t* comb = comb_table();
  if (comb == nullptr) return Status::out_of_memory;
  std::uint8_t hash[kDigestBytes];
  const ZeroizeGuard wipe(hash);
  Sha512().update(seed, kSeedBytes).finish(hash);
  hash[0] &= 0xf8;
  hash[31] = static_cast<std::uint8_t>((hash[31] & 0x7f) | 0x40);
  for (std::size_t i = 0; i < 4; ++i) scalar_[i] = load_le64(hash + 8 * i);
  std::memcpy(prefix_, hash + 32, sizeof prefix_);
  kernel(comb).multiply_base(comb, scalar_, public_);
  for (std::uint8_t& byte : public_) byte = static_cast<std::uint8_t>(declassify(byte));
  return Status::ok;
}

void SecretKey::sign(const std::uint8_t* message, std::size_t bytes, std::uint8_t* signature) const noexcept {
  const std::uint64_t* comb = comb_table();  // made by assign()
  std::uint8_t hash[kDigestBytes];
  const ZeroizeGuard wipe_hash(hash);
  Sha512().update(prefix_, sizeof prefix_).update(message, bytes).finish(hash);
  Limbs<4> r = reduce_digest(hash);
  const ZeroizeGuard wipe_r(r);
  kernel(comb).multiply_base(comb, r.data(), signature);
  for (std::size_t i = 0; i < 32; ++i) signature[i] = static_cast<std::uint8_t>(declassify(signature[i]));
  Sha512().update(signature, 32).update(public_, sizeof public_).update(message, bytes).finish(hash);
  const Limbs<4> s = response(r, reduce_digest(hash), scalar_);
  for (std::size_t i = 0; i < 4; ++i) store_le64(signature + 32 + 8 * i, s[i]);
}

}  // namespace assay::ed25519
