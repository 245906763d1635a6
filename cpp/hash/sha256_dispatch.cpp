#include <cstdio>
#include <cstring>

#include "cpu/features.h"
#include "hash/sha256.h"

namespace assay {
namespace {

bool digest_is(Sha256Compress compress, const char* message, const std::uint8_t (&expected)[32]) noexcept {
  std::uint8_t digest[32];
  Sha256(compress).update(message, std::strlen(message)).finish(digest);
  return std::memcmp(digest, expected, 32) == 0;
}

Sha256Compress choose() noexcept {
#if defined(ASSAY_X86)
  if (cpu_features().sha_ni && isa_level() != IsaLevel::portable) {
    if (sha256_known_answer(sha256_compress_shani)) return sha256_compress_shani;
    std::fprintf(stderr, "assay: SHA-256 with the SHA extensions fails its known answer; the portable one runs\n");
  }
#endif
  return sha256_compress_portable;
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

Sha256Compress sha256_compress() noexcept {
  static const Sha256Compress chosen = choose();
  return chosen;
}

const char* sha256_implementation() noexcept {
  return sha256_compress() == sha256_compress_portable ? "portable" : "sha_ni";
}

}  // namespace assay
