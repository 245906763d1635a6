// Field arithmetic of every level against every other: `field_levels [--cases N] [--seed S] [--level NAME]`.
//
// A case is one operation on one element. Limbs are random, or zero, or all ones, or those of multiples of p, or one
// off them, up to the bounds each operation allows. Lanes levels must agree in every bit with the plain C++ model; the
// model, reduced, and each scalar level with the portable scalar one; and results must keep their bounds. Exit status 1
// and the case on the first difference. The seed is printed; the same seed gives the same cases.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/isa.h"
#include "cpu/features.h"
#include "field/params.h"
#include "lanes_cases.h"

namespace assay::fuzz {
namespace {

__extension__ using u128 = unsigned __int128;
constexpr std::uint64_t kMask = (std::uint64_t{1} << 52) - 1;
constexpr std::size_t kBatch = 256;

// xoshiro256**, D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021)
struct Random {
  std::array<std::uint64_t, 4> s;
  explicit Random(std::uint64_t seed) noexcept {
    for (auto& word : s) {  // splitmix64
      seed += 0x9e3779b97f4a7c15;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }
  std::uint64_t operator()() noexcept {
    const auto rotate = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
    const std::uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
  }
};

using Value = std::array<std::uint64_t, kLimbs>;

Value multiple(Field field, std::uint64_t k) noexcept {
  const auto& p = field == Field::fp ? Bn254FpParams::modulus : Bn254FrParams::modulus;
  const std::uint64_t limbs[kLimbs] = {p[0] & kMask, (p[0] >> 52 | p[1] << 12) & kMask,
                                       (p[1] >> 40 | p[2] << 24) & kMask, (p[2] >> 28 | p[3] << 36) & kMask,
                                       p[3] >> 16};
  Value r;
  u128 carry = 0;
  for (std::size_t j = 0; j < kLimbs; ++j) {
    carry += static_cast<u128>(k) * limbs[j];
    r[j] = static_cast<std::uint64_t>(carry) & kMask;
    carry >>= 52;
  }
  return r;
}

bool less(const Value& a, const Value& b) noexcept {
  for (std::size_t j = kLimbs; j-- > 0;)
    if (a[j] != b[j]) return a[j] < b[j];
  return false;
}

Value subtract(const Value& a, const Value& b) noexcept {
  Value r;
  std::uint64_t borrow = 0;
  for (std::size_t j = 0; j < kLimbs; ++j) {
    const std::uint64_t t = a[j] - b[j] - borrow;
    r[j] = t & kMask;
    borrow = t >> 63;
  }
  return r;
}

// A value below `bound` p.
Value value(Random& random, Field field, unsigned bound) noexcept {
  const Value top = multiple(field, bound);
  Value v;
  const std::uint64_t choice = random();
  switch (choice % 4) {
    case 0: {  // around a multiple of p
      v = multiple(field, (choice >> 8) % (bound + 1));
      Value small{(choice >> 32) % 3};
      if ((choice >> 40) & 1) {
        v = subtract(v, small);  // may wrap for 0: cut below
      } else {
        v[0] = std::min(v[0] + small[0], kMask);
      }
      break;
    }
    case 1:  // limbs of zeros and ones
      for (std::size_t j = 0; j < kLimbs; ++j) {
        const std::uint64_t kind = (choice >> (8 + 4 * j)) & 7;
        v[j] = kind == 0   ? 0
               : kind == 1 ? kMask
               : kind == 2 ? 1
               : kind == 3 ? kMask - 1
               : kind == 4 ? kMask / 2
                           : random() & kMask;
      }
      break;
    default:
      for (auto& limb : v) limb = random() & kMask;
  }
  if (!less(v, top)) {
    v[kLimbs - 1] = top[kLimbs - 1] == 0 ? 0 : v[kLimbs - 1] % (top[kLimbs - 1] + 1);
    if (!less(v, top)) v = subtract(top, {1});
  }
  return v;
}

void fill(Random& random, Field field, const Bounds& bounds, Case* cases) noexcept {
  const unsigned bound[kOperands] = {bounds.a, bounds.b, bounds.c, bounds.d};
  for (std::size_t i = 0; i < kBatch; ++i)
    for (std::size_t k = 0; k < kOperands && bound[k] != 0; ++k)
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const Value v = value(random, field, bound[k]);
        for (std::size_t j = 0; j < kLimbs; ++j) cases[i].limb[k][j][lane] = v[j];
      }
}

// The results must stay below this many p (field/lanes/lanes.h).
unsigned result_bound(Operation operation) noexcept {
  switch (operation) {
    case Operation::chord:
      return 11;
    case Operation::sum:
      return 80;
    case Operation::difference:
      return 60;
    case Operation::reduce:
      return 1;
    case Operation::rows:
      return 5;
    case Operation::constant:
      return 7;
    case Operation::shrink:
    case Operation::divide:
      return 2;
    default:
      return 3;
  }
}

void print(const char* name, const Value& v) noexcept {
  std::printf("  %-10s", name);
  for (const std::uint64_t limb : v) std::printf(" %013" PRIx64, limb);
  std::printf("\n");
}

std::vector<const Level*> levels(const std::string& only) {
  std::vector<const Level*> found = {&kModel};
#if defined(ASSAY_X86)
  if (isa_available(IsaLevel::adx)) found.push_back(&kAdx);
  if (isa_available(IsaLevel::avx512)) found.push_back(&kAvx512);
  if (isa_available(IsaLevel::ifma)) found.push_back(&kIfma);
#endif
  if (!only.empty()) std::erase_if(found, [&](const Level* level) { return only != level->name && level != &kModel; });
  return found;
}

// One batch of one operation; false on a difference, which is printed.
bool check(Field field, Operation operation, const Case* cases, const std::vector<const Level*>& all) {
  static thread_local std::vector<Outcome> want(kBatch), model(kBatch), got(kBatch);
  kPortable.run(field, operation, cases, want.data(), kBatch);
  for (const Level* level : all) {
    level->run(field, operation, cases, got.data(), kBatch);
    if (level == &kModel) model = got;
    for (std::size_t i = 0; i < kBatch; ++i)
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        Value w, g, m;
        for (std::size_t j = 0; j < kLimbs; ++j) {
          w[j] = want[i].limb[j][lane];
          g[j] = got[i].limb[j][lane];
          m[j] = model[i].limb[j][lane];
        }
        bool same = g == (level->lanes ? m : w);
        if (level == &kModel) {
          same = less(g, multiple(field, result_bound(operation)));
          Value reduced = g;
          for (std::uint64_t k = 64; k > 0; k /= 2)
            if (const Value step = multiple(field, k); !less(reduced, step)) reduced = subtract(reduced, step);
          same = same && reduced == w;
        }
        if (same) continue;
        std::printf("%s over %s: level %s differs\n", kNames[static_cast<int>(operation)],
                    field == Field::fp ? "Fp" : "Fr", level->name);
        for (std::size_t k = 0; k < kOperands; ++k) {
          Value v;
          for (std::size_t j = 0; j < kLimbs; ++j) v[j] = cases[i].limb[k][j][lane];
          print("operand", v);
        }
        print("portable", w);
        print("model", m);
        print(level->name, g);
        return false;
      }
  }
  return true;
}

int fuzz(std::uint64_t target, std::uint64_t seed, const std::string& only) {
  const std::vector<const Level*> all = levels(only);
  std::printf("seed %" PRIu64 ", portable against", seed);
  for (const Level* level : all) std::printf(" %s", level->name);
  std::printf("\n");
  std::fflush(stdout);
  constexpr std::uint64_t kRound = kBatch * kLanes * kOperations * 2;  // the inversions of some rounds come on top
  const std::uint64_t rounds = (target + kRound - 1) / kRound;
  std::atomic<std::uint64_t> next{0}, done{0};
  std::atomic<bool> failed{false};
  const auto started = std::chrono::steady_clock::now();
  const auto work = [&] {
    std::vector<Case> cases(kBatch);
    for (std::uint64_t round; !failed && (round = next++) < rounds;) {
      Random random(seed + round);
      for (const Field field : {Field::fp, Field::fr}) {
        for (int k = 0; k <= kOperations; ++k) {
          const bool skew = k == kOperations;
          if (k == static_cast<int>(Operation::inverse) && round % 16 != 0) continue;  // costs a hundred others
          const auto operation = skew ? Operation::mul : static_cast<Operation>(k);
          fill(random, field, skew ? kSkewBounds : kBounds[k], cases.data());
          if (!check(field, operation, cases.data(), all)) failed = true;
        }
      }
      done += kRound;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = std::max(1U, std::thread::hardware_concurrency()); i > 0; --i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  std::printf("%s: %" PRIu64 " cases in %.0f s\n", failed ? "FAILED" : "passed", done.load(), seconds.count());
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace assay::fuzz

int main(int argc, char** argv) {
  std::uint64_t cases = 1'000'000'000, seed = std::random_device{}();
  std::string only;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 < argc && name == "--cases") {
      cases = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (i + 1 < argc && name == "--seed") {
      seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (i + 1 < argc && name == "--level") {
      only = argv[i + 1];
    } else {
      std::fprintf(stderr, "usage: field_levels [--cases N] [--seed S] [--level adx|avx512|ifma]\n");
      return 2;
    }
  }
  return assay::fuzz::fuzz(cases, seed, only);
}
