#include "hash/sha256_batch.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "cpu/known_answer.h"

namespace assay {
namespace {

constexpr std::size_t kMaxLanes = 32;

// Fewer messages than this are hashed one by one: all lanes together take about the time of three.
constexpr std::size_t kFewest = 3, kLongestCopied = 256;
constexpr std::size_t kLongestGathered = std::size_t{1} << 16;
constexpr std::size_t kChunkBytes = std::size_t{1} << 18;  // of a task in the pool: about a tenth of a millisecond

KnownAnswer answers;

// Distinct messages of three lengths against the portable compression, which has known answers of its own (FIPS 180-2);
// a tree of four leaves in each lane against pairs.
bool known_answer(const Sha256Lanes& kernel) noexcept {
  std::uint8_t in[kMaxLanes * 130], out[kMaxLanes * 32], expected[32], left[32], right[32], both[64];
  std::uint32_t x = 1;
  for (std::uint8_t& byte : in) byte = static_cast<std::uint8_t>((x = 1664525 * x + 1013904223) >> 24);
  const auto digest = [](const std::uint8_t* data, std::size_t bytes, std::uint8_t* to) {
    Sha256(sha256_compress_portable).update(data, bytes).finish(to);
  };
  if (kernel.lanes > kMaxLanes || !sha256_known_answer(sha256_compress_portable)) return false;
  for (const std::size_t length : {std::size_t{3}, std::size_t{64}, std::size_t{130}}) {
    kernel.messages(in, length, 1, out);
    for (std::size_t i = 0; i < kernel.lanes; ++i) {
      digest(in + length * i, length, expected);
      if (std::memcmp(out + 32 * i, expected, 32) != 0) return false;
    }
  }
  kernel.pairs(in, 1, out);
  for (std::size_t i = 0; i < kernel.lanes; ++i) {
    digest(in + 64 * i, 64, expected);
    if (std::memcmp(out + 32 * i, expected, 32) != 0) return false;
  }
  kernel.roots(in, 4, out);
  for (std::size_t i = 0; i < kernel.lanes; ++i) {
    digest(in + 128 * i, 64, left);
    digest(in + 128 * i + 64, 64, right);
    std::memcpy(both, left, 32);
    std::memcpy(both + 32, right, 32);
    digest(both, 64, expected);
    if (std::memcmp(out + 32 * i, expected, 32) != 0) return false;
  }
  return true;
}

[[maybe_unused]] const Sha256Lanes* usable(IsaLevel level, const Sha256Lanes& kernel) noexcept {
  return answers.holds(level, "SHA-256 in lanes", [&] { return known_answer(kernel); }) ? &kernel : nullptr;
}

// hash(in, groups, out) takes groups x lanes messages. What is left over is completed by copies of the last message, or
// goes one by one.
template <class Hash>
void in_lanes(const Sha256Lanes& kernel, const std::uint8_t* in, std::size_t length, std::size_t n, std::uint8_t* out,
              const Hash& hash) noexcept {
  const std::size_t groups = n / kernel.lanes, rest = n % kernel.lanes;
  if (groups > 0) hash(in, groups, out);
  in += length * kernel.lanes * groups;
  out += 32 * kernel.lanes * groups;
  if (rest >= kFewest && length <= kLongestCopied) {
    std::uint8_t rows[kMaxLanes * kLongestCopied], digests[kMaxLanes * 32];
    for (std::size_t i = 0; i < kernel.lanes; ++i)
      std::memcpy(rows + length * i, in + length * std::min(i, rest - 1), length);
    hash(rows, 1, digests);
    std::memcpy(out, digests, 32 * rest);
    zeroize(rows, kernel.lanes * length);
  } else {
    for (std::size_t i = 0; i < rest; ++i) sha256(in + length * i, length, out + 32 * i);
  }
}

}  // namespace

const Sha256Lanes* sha256_lanes() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::avx512)
    if (const Sha256Lanes* kernel = usable(IsaLevel::avx512, kSha256Avx512)) return kernel;
  if (isa_level() >= IsaLevel::adx && cpu_features().avx2 && !cpu_features().sha_ni)
    return usable(IsaLevel::adx, kSha256Avx2);
#endif
  return nullptr;
}

const char* sha256_batch_implementation() noexcept {
  const Sha256Lanes* kernel = sha256_lanes();
  return kernel != nullptr ? kernel->name : sha256_in_force().name;
}

void sha256_pairs(const std::uint8_t* in, std::size_t n, std::uint8_t* out) noexcept {
  if (const Sha256Lanes* kernel = sha256_lanes())
    return in_lanes(*kernel, in, 64, n, out,
                    [&](const std::uint8_t* from, std::size_t groups, std::uint8_t* to) noexcept {
                      kernel->pairs(from, groups, to);
                    });
  for (std::size_t i = 0; i < n; ++i) sha256(in + 64 * i, 64, out + 32 * i);
}

void sha256_messages(const std::uint8_t* in, std::size_t length, std::size_t n, std::uint8_t* out) noexcept {
  if (const Sha256Lanes* kernel = sha256_lanes())
    return in_lanes(*kernel, in, length, n, out,
                    [&](const std::uint8_t* from, std::size_t groups, std::uint8_t* to) noexcept {
                      kernel->messages(from, length, groups, to);
                    });
  for (std::size_t i = 0; i < n; ++i) sha256(in + length * i, length, out + 32 * i);
}

Status sha256_messages(const std::uint8_t* in, std::size_t length, std::size_t n, std::uint8_t* out,
                       JobControl* control) noexcept {
  const std::size_t grain = std::max(std::size_t{1}, kChunkBytes / (length + 64) / kMaxLanes) * kMaxLanes;
  return parallel_for(
      n, grain,
      [&](std::size_t begin, std::size_t end) noexcept {
        sha256_messages(in + length * begin, length, end - begin, out + 32 * begin);
      },
      control);
}

Status sha256_prefixed(const std::uint8_t* prefix, std::size_t prefix_length, const std::uint8_t* const* in,
                       const std::size_t* lengths, std::size_t n, std::uint8_t* out) noexcept {
  const auto one = [&](std::size_t i) noexcept {
    Sha256().update(prefix, prefix_length).update(in[i], lengths[i]).finish(out + 32 * i);
  };
  const Sha256Lanes* kernel = sha256_lanes();
  if (kernel == nullptr || n < kFewest) {
    for (std::size_t i = 0; i < n; ++i) one(i);
    return Status::ok;
  }
  try {
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return lengths[a] != lengths[b] ? lengths[a] < lengths[b] : a < b; });
    std::vector<std::uint8_t> rows;
    for (std::size_t begin = 0, end; begin < n; begin = end) {
      const std::size_t bytes = lengths[order[begin]], length = prefix_length + bytes;
      for (end = begin + 1; end < n && end - begin < kernel->lanes && lengths[order[end]] == bytes;) ++end;
      if (end - begin < kFewest || bytes > kLongestGathered) {
        for (std::size_t k = begin; k < end; ++k) one(order[k]);
        continue;
      }
      // Lanes without a message hash what the buffer holds there, and nobody reads their digests.
      if (rows.size() < kernel->lanes * length) rows.resize(kernel->lanes * length);
      for (std::size_t k = begin; k < end; ++k) {
        std::uint8_t* const row = rows.data() + length * (k - begin);
        std::copy_n(prefix, prefix_length, row);
        std::copy_n(in[order[k]], bytes, row + prefix_length);
      }
      std::uint8_t digests[kMaxLanes * 32];
      kernel->messages(rows.data(), length, 1, digests);
      for (std::size_t k = begin; k < end; ++k) std::memcpy(out + 32 * order[k], digests + 32 * (k - begin), 32);
    }
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  }
  return Status::ok;
}

}  // namespace assay
