#include <cstdlib>

#include "cpu/known_answer.h"
#include "curve/babyjubjub/eddsa.h"
#include "parallel/pool.h"

namespace assay::babyjubjub {
namespace {

// EdDSAPoseidon by circomlibjs 0.1.7: private key 00 01 .. 1f, message 1234567890.
constexpr std::uint64_t kKnownKey[8] = {0xcacbbc6dc3c17945, 0x3ff4581440460334, 0xc57a5be30283ab7c, 0x027a55901857fd48,
                                        0x4a377c0df890ca56, 0xacd447cc9b5e48e7, 0xebaea68d94609439, 0x2ca7257909119389};
constexpr std::uint64_t kKnownSignature[12] = {0x6ff49984e8f7522a, 0x49c0e4deca126b18, 0x32e68afee176e043,
                                               0x0d96713678feb6a7, 0xf88b139a76126075, 0xc0f61ffc3b260a4a,
                                               0x4fc4e10403a1898a, 0x20cda70cef6028d8, 0xfc9d3f157a4cd58f,
                                               0x42de5e0cdc3418f4, 0x156e76ed1e0831c0, 0x055d8186531ae39b};
constexpr std::uint64_t kKnownMessage = 1234567890;

// The signature verifies for its message and for no other; R8 is the packed and unpacked R8.
bool known_answer(const EddsaKernel& kernel) noexcept {
  const std::uint64_t message[4] = {kKnownMessage}, other[4] = {kKnownMessage + 1};
  std::uint8_t packed[kPointBytes];
  std::uint64_t point[8];
  bool right = kernel.verify(kKnownKey, message, kKnownSignature, false) == Status::ok &&
               kernel.verify(kKnownKey, other, kKnownSignature, false) == Status::invalid_signature &&
               kernel.pack(kKnownSignature, packed) == Status::ok && kernel.unpack(packed, point) == Status::ok;
  for (int i = 0; i < 8; ++i) right = right && point[i] == kKnownSignature[i];
  return right;
}

bool usable(IsaLevel level, const EddsaKernel& kernel) noexcept {
  static KnownAnswer answer;
  return answer.holds(level, "EdDSA", [&] { return known_answer(kernel); });
}

const EddsaKernel& kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx && usable(IsaLevel::adx, kEddsaAdx)) return kEddsaAdx;
#endif
  if (usable(IsaLevel::portable, kEddsaPortable)) return kEddsaPortable;
  std::abort();  // no level verifies a known signature: nothing that this process says could be trusted
}

}  // namespace

Status eddsa_derive(SigningKey& key, const std::uint8_t* seed) noexcept { return kernel().derive(key, seed); }

Status eddsa_sign(const SigningKey& key, const std::uint64_t* message, const std::uint8_t* hedge,
                  std::uint64_t* signature) noexcept {
  return kernel().sign(key, message, hedge, signature);
}

Status eddsa_verify(const std::uint64_t* keys, const std::uint64_t* messages, const std::uint64_t* signatures,
                    std::size_t n, bool keys_checked, std::uint8_t* statuses) noexcept {
  const EddsaKernel& k = kernel();
  return parallel_for(n, 1, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i)
      statuses[i] =
          static_cast<std::uint8_t>(k.verify(keys + 8 * i, messages + 4 * i, signatures + 12 * i, keys_checked));
  });
}

Status check_point(const std::uint64_t* point) noexcept { return kernel().check(point); }
Status pack_point(const std::uint64_t* point, std::uint8_t* out) noexcept { return kernel().pack(point, out); }
Status unpack_point(const std::uint8_t* bytes, std::uint64_t* point) noexcept { return kernel().unpack(bytes, point); }
Status add_points(const std::uint64_t* p, const std::uint64_t* q, std::uint64_t* out) noexcept {
  return kernel().add(p, q, out);
}
Status multiply_point(const std::uint64_t* k, const std::uint64_t* p, std::uint64_t* out) noexcept {
  return kernel().multiply(k, p, out);
}
Status multiply_base(const std::uint64_t* k, std::uint64_t* out) noexcept { return kernel().multiply_base(k, out); }

}  // namespace assay::babyjubjub
