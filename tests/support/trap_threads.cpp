// Threads that run into the same instructions at the same moment: under the trap each is replaced by a jump while the
// others run there. Prints "agree" if all find what the definition gives.
#include <immintrin.h>

#include <barrier>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

constexpr int kThreads = 16, kRounds = 4, kSteps = 256;
constexpr std::uint64_t kLow52 = (std::uint64_t{1} << 52) - 1;

std::uint64_t madd(std::uint64_t c, std::uint64_t a, std::uint64_t b, bool high) {
  const auto product = static_cast<unsigned __int128>(a & kLow52) * (b & kLow52);
  return c + (static_cast<std::uint64_t>(product >> (high ? 52 : 0)) & kLow52);
}

std::uint64_t expected(std::uint64_t x) {
  for (int i = 0; i < kSteps; ++i) x = madd(madd(x, x, x + 1, false), x, x + 1, true);
  return x;
}

// kSteps copies of the step: as many places to replace
template <int steps>
__attribute__((always_inline)) inline __m512i unrolled(__m512i x) {
  if constexpr (steps == 1) {
    const __m512i y = _mm512_add_epi64(x, _mm512_set1_epi64(1));
    return _mm512_madd52hi_epu64(_mm512_madd52lo_epu64(x, x, y), x, y);
  } else {
    return unrolled<steps / 2>(unrolled<steps / 2>(x));
  }
}

}  // namespace

int main() {
  std::barrier start(kThreads);
  std::vector<int> wrong(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int round = 0; round < kRounds; ++round) {
        const std::uint64_t x = 0x9e3779b97f4a7c15u * (kRounds * t + round + 1);
        alignas(64) std::uint64_t got[8];
        _mm512_store_si512(got, unrolled<kSteps>(_mm512_set1_epi64(static_cast<long long>(x))));
        for (const std::uint64_t lane : got) wrong[t] += lane != expected(x);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int count : wrong)
    if (count != 0) return 1;
  std::puts("agree");
}
