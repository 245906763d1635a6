#include <cstdio>
#include <cstring>

#include "cpu/features.h"
#include "hash/sha256.h"

namespace assay {
namespace {

constexpr Sha256Implementation kPortable = {"portable", sha256_compress_portable};

// The implementation if the processor has what it needs and its known answers come out; else null.
[[maybe_unused]] const Sha256Implementation* usable(bool available,
                                                    const Sha256Implementation& implementation) noexcept {
  if (!available) return nullptr;
  if (sha256_known_answer(implementation.compress)) return &implementation;
  std::fprintf(stderr, "assay: SHA-256 (%s) fails its known answer; another one runs\n", implementation.name);
  return nullptr;
}

struct Usable {
  const Sha256Implementation *avx2 = nullptr, *sha_ni = nullptr;
};

const Usable& found() noexcept {
#if defined(ASSAY_X86)
  static constexpr Sha256Implementation kAvx2 = {"avx2", sha256_compress_avx2};
  static constexpr Sha256Implementation kShaNi = {"sha_ni", sha256_compress_shani};
  static const Usable usable_here = {usable(cpu_features().avx2 && cpu_features().bmi2, kAvx2),
                                     usable(cpu_features().sha_ni, kShaNi)};
#else
  static const Usable usable_here;
#endif
  return usable_here;
}

bool digest_is(Sha256Compress compress, const char* message, const std::uint8_t (&expected)[32]) noexcept {
  std::uint8_t digest[32];
  Sha256(compress).update(message, std::strlen(message)).finish(digest);
  return std::memcmp(digest, expected, 32) == 0;
}

}  // namespace

bool sha256_known_answer(Sha256Compress compress) noexcept {
  static constexpr std::uint8_t one[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                           0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                           0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
  static constexpr std::uint8_t two[32] = {0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8, 0xe5, 0xc0, 0x26,
                                           0x93, 0x0c, 0x3e, 0x60, 0x39, 0xa3, 0x3c, 0xe4, 0x59, 0x64, 0xff,
                                           0x21, 0x67, 0xf6, 0xec, 0xed, 0xd4, 0x19, 0xdb, 0x06, 0xc1};
  return digest_is(compress, "abc", one) &&
         digest_is(compress, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", two);
}

const Sha256Implementation& sha256_in_force() noexcept {
  if (isa_level() == IsaLevel::portable) return kPortable;
  if (found().sha_ni != nullptr) return *found().sha_ni;
  if (found().avx2 != nullptr) return *found().avx2;
  return kPortable;
}

const Sha256Implementation* sha256_named(std::string_view name) noexcept {
  for (const Sha256Implementation* implementation : {&kPortable, found().avx2, found().sha_ni})
    if (implementation != nullptr && implementation->name == name) return implementation;
  return nullptr;
}

}  // namespace assay
