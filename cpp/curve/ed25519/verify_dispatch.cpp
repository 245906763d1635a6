#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "cpu/known_answer.h"
#include "curve/ed25519/base_table.h"
#include "curve/ed25519/verify.h"
#include "hash/sha512.h"
#include "parallel/pool.h"

namespace assay::ed25519 {
namespace {

struct Known {
  std::uint64_t public_key[4], signature[8], digest[8];
};
// RFC 8032, section 7.1, tests 1 to 3, with SHA-512 of R || A || M; words little-endian
constexpr Known kKnown[] = {
    {{0xb70ab18201985ad7, 0x3a0764c9d3fe4bd5, 0x2523a6daf372e10e, 0x1a5107f7681a02af},
     {0x72ac60c3004356e5, 0x8a826e80cce28690, 0x74d9e5b81e7f8784, 0x5501492265e073d8, 0xac3ba3901582b85f,
      0x6bb4f91c70391ec6, 0x24be5b59f0f55bd2, 0x0b107a8e43415165},
     {0xe76f536b2b067127, 0x7b82c32003dabdff, 0xf0f34d280df15d03, 0xc2a4a7bc4df02282, 0xc7228a98dc5bf10e,
      0xacf2337c37117420, 0x283462046ae8b109, 0x9f0e3ca07bee6837}},
    {{0x5a8943e8c317403d, 0xbc7e1b4da70ab792, 0x8c96c42ecf2c989c, 0x0c66f42af155cdc0},
     {0xb8cad4f0a909a092, 0x4025645f0b820e72, 0x8f3f5016547bb2a2, 0xda69dbeb232276b3, 0x6e99153ee4c15a08,
      0x8c1df1d013368f45, 0xee2a30b4ae2e7b38, 0x000cbb1216290db0},
     {0xbd030d2b0ddf71a2, 0xdffd6a4b9aedb417, 0xa1f130d67f28732e, 0xcc91a573e87cd837, 0xddb5982a85ddb631,
      0x2728823d99fe2612, 0x95fcb8801fa2eb8c, 0xaf3fdf1ed7706a98}},
    {{0xa3a118628ecd51fc, 0x58f03002d07ea48d, 0xac0333ba13ed1608, 0x258090481591eb5d},
     {0x0224ecde57d69162, 0xa301be3a9ce62748, 0x443a7484a248e50c, 0xacc35adbd780365e, 0x90f2168d539bff18,
      0x59c64d9860f767ae, 0x8dd26e71e9157c4a, 0x0ac41eeacebe27c0},
     {0x8ff39319ffb4bf09, 0x648b4a939956f62e, 0x9b0558f8675832c0, 0x9ec08df799a1bc95, 0xc6ddabb4ae574854,
      0x59ab6728da6056e3, 0x2d240df6fe5f1363, 0xbf62c3fb850acebf}},
};

// Two groups of eight and one signature more: each valid as given, wrong with a bit of its key, R, s or digest changed.
bool known_answer(const Kernel& kernel, const std::uint64_t* base) noexcept {
  constexpr std::size_t n = 17;
  std::uint8_t keys[n][kPublicKeyBytes], signatures[n][kSignatureBytes], digests[n][kDigestBytes], verdicts[n];
  for (std::size_t i = 0; i < n; ++i) {
    const Known& known = kKnown[i % 3];
    for (std::size_t j = 0; j < 4; ++j) store_le64(keys[i] + 8 * j, known.public_key[j]);
    for (std::size_t j = 0; j < 8; ++j) store_le64(signatures[i] + 8 * j, known.signature[j]);
    for (std::size_t j = 0; j < 8; ++j) store_le64(digests[i] + 8 * j, known.digest[j]);
    if (i % 5 == 1) keys[i][i] ^= 4;
    if (i % 5 == 2) signatures[i][i] ^= 8;
    if (i % 5 == 3) signatures[i][32 + i] ^= 16;
    if (i % 5 == 4) digests[i][3 * i] ^= 32;
  }
  kernel.verify(base, keys[0], digests[0], signatures[0], n, verdicts);
  bool right = true;
  for (std::size_t i = 0; i < n; ++i) right &= verdicts[i] == (i % 5 == 0);
  return right;
}

const Kernel& kernel([[maybe_unused]] std::size_t n, const std::uint64_t* base) noexcept {
  static KnownAnswer answer;
  const auto usable = [&](IsaLevel level, const Kernel& kernel) noexcept {
    return isa_level() >= level && answer.holds(level, "Ed25519", [&] { return known_answer(kernel, base); });
  };
#if defined(ASSAY_X86)
  // Eight in lanes take the time of 2.8 single ones at avx512 (measured), of one by count at ifma.
  constexpr std::size_t kFewestAvx512 = 3, kFewestIfma = 2;
  if (n >= kFewestIfma && usable(IsaLevel::ifma, kIfma)) return kIfma;
  if (n >= kFewestAvx512 && usable(IsaLevel::avx512, kAvx512)) return kAvx512;
  if (usable(IsaLevel::adx, kAdx)) return kAdx;
#endif
  if (usable(IsaLevel::portable, kPortable)) return kPortable;
  std::abort();  // no level verifies known signatures: nothing that this process says could be trusted
}

}  // namespace

Status verify(const std::uint8_t* public_keys, const std::uint8_t* messages, const std::uint64_t* offsets,
              const std::uint8_t* signatures, std::size_t n, std::uint8_t* verdicts) noexcept {
  const std::uint64_t* base = base_table();
  if (base == nullptr) return Status::out_of_memory;
  // Whole groups of eight for each thread, up to what shares an inversion.
  constexpr std::size_t kGroup = 8, kMost = 32;
  const std::size_t share = (n + num_threads() - 1) / num_threads();
  const std::size_t grain = std::clamp((share + kGroup - 1) / kGroup * kGroup, kGroup, kMost);
  return parallel_for(n, grain, [&](std::size_t begin, std::size_t end) noexcept {
    std::uint8_t digests[kMost][kDigestBytes];
    const std::uint8_t *keys = public_keys + kPublicKeyBytes * begin, *marks = signatures + kSignatureBytes * begin;
    for (std::size_t i = 0; i < end - begin; ++i) {
      const std::uint64_t* at = offsets + begin + i;
      Sha512 hash;
      hash.update(marks + kSignatureBytes * i, 32).update(keys + kPublicKeyBytes * i, kPublicKeyBytes);
      hash.update(messages + at[0], at[1] - at[0]).finish(digests[i]);
    }
    kernel(end - begin, base).verify(base, keys, digests[0], marks, end - begin, verdicts + begin);
  });
}

}  // namespace assay::ed25519
