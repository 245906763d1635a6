#include <atomic>
#include <cstdlib>
#include <cstring>

#include "cpu/known_answer.h"
#include "hash/poseidon.h"
#include "parallel/pool.h"

namespace assay {
namespace {

KnownAnswer answers[kPoseidonMaxWidth + 1];  // by width

// Alone, and as often as the widest kernel hashes at once.
bool known_answer(const PoseidonKernel& kernel, const PoseidonTables& tables) noexcept {
  constexpr std::size_t kTogether = 16;
  std::uint64_t tag[4] = {}, inputs[kTogether * 4 * kPoseidonMaxWidth] = {}, out[kTogether * 4];
  const std::size_t k = tables.t - 1;
  for (std::size_t i = 0; i < kTogether * k; ++i) inputs[4 * i] = i % k + 1;
  for (const std::size_t n : {std::size_t{1}, kTogether}) {
    if (kernel.hash_canonical(tables, tag, inputs, n, out) != Status::ok) return false;
    for (std::size_t h = 0; h < n; ++h)
      if (std::memcmp(out + 4 * h, poseidon_known_answer(tables.t), 32) != 0) return false;
  }
  return true;
}

bool usable(IsaLevel level, const PoseidonKernel& kernel, std::size_t t) noexcept {
  return answers[t].holds(level, "Poseidon", [&] {
    const PoseidonTables* tables = poseidon_tables(t);
    return tables != nullptr && known_answer(kernel, *tables);
  });
}

}  // namespace

const PoseidonKernel& poseidon_kernel(std::size_t t) noexcept {
#if defined(ASSAY_X86)
  if (isa_level() == IsaLevel::ifma && usable(IsaLevel::ifma, kPoseidonIfma, t)) return kPoseidonIfma;
  if (isa_level() >= IsaLevel::avx512 && usable(IsaLevel::avx512, kPoseidonAvx512, t)) return kPoseidonAvx512;
  if (isa_level() >= IsaLevel::adx && usable(IsaLevel::adx, kPoseidonAdx, t)) return kPoseidonAdx;
#endif
  if (usable(IsaLevel::portable, kPoseidonPortable, t)) return kPoseidonPortable;
  std::abort();  // no level computes Poseidon: nothing that this process says could be trusted
}

Status poseidon_hash(const std::uint64_t* inputs, std::size_t n, std::size_t k, const std::uint64_t* tag,
                     std::uint64_t* out) noexcept {
  const std::size_t t = k + 1;
  if (t < kPoseidonMinWidth || t > kPoseidonMaxWidth) return Status::out_of_range;
  const PoseidonTables* tables = poseidon_tables(t);
  if (tables == nullptr) return Status::out_of_memory;
  const PoseidonKernel& kernel = poseidon_kernel(t);
  std::atomic<int> bad{static_cast<int>(Status::ok)};
  ASSAY_TRY(parallel_for(n, 64, [&](std::size_t begin, std::size_t end) noexcept {
    const Status status = kernel.hash_canonical(*tables, tag, inputs + 4 * k * begin, end - begin, out + 4 * begin);
    if (status != Status::ok) bad.store(static_cast<int>(status), std::memory_order_relaxed);
  }));
  return static_cast<Status>(bad.load());
}

Status poseidon_permute(std::uint64_t* states, std::size_t n, std::size_t t, bool plain) noexcept {
  if (t < kPoseidonMinWidth || t > kPoseidonMaxWidth) return Status::out_of_range;
  const PoseidonTables* tables = poseidon_tables(t);
  if (tables == nullptr) return Status::out_of_memory;
  return poseidon_kernel(t).permute_canonical(*tables, states, n, plain);
}

}  // namespace assay
