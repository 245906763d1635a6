// Field arithmetic of every level against every other: `field_levels [--cases N] [--seed S] [--level NAME]`.
//
// A case is one operation on one element of Fp or Fr of BN254 or, in some rounds, of a field of eight limbs. Limbs are
// random, or zero, or all ones, or those of multiples of p, or one off them, up to the bounds each operation allows.
// Lanes levels must agree in every bit with the plain C++ model; the model, reduced, and each scalar level with the
// portable scalar one; and results must keep their bounds. Exit status 1 and the case on the first difference. The seed
// is printed; the same seed gives the same cases.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/isa.h"
#include "cpu/features.h"
#include "lanes_cases.h"
#include "options.h"
#include "random.h"

namespace assay::fuzz {
namespace {

__extension__ using u128 = unsigned __int128;
constexpr std::size_t kBatch = 128;

template <class P>
using Value = std::array<std::uint64_t, kLimbs<P>>;

// k p, below 2^(52 K)
template <class P>
Value<P> multiple(std::uint64_t k) noexcept {
  constexpr Value<P> p = to_radix52<P>(P::modulus.data());
  Value<P> r;
  u128 carry = 0;
  for (std::size_t j = 0; j < r.size(); ++j) {
    carry += static_cast<u128>(k) * p[j];
    r[j] = static_cast<std::uint64_t>(carry) & kMask;
    carry >>= 52;
  }
  return r;
}

template <std::size_t K>
bool less(const std::array<std::uint64_t, K>& a, const std::array<std::uint64_t, K>& b) noexcept {
  for (std::size_t j = K; j-- > 0;)
    if (a[j] != b[j]) return a[j] < b[j];
  return false;
}

template <std::size_t K>
std::array<std::uint64_t, K> subtract(const std::array<std::uint64_t, K>& a,
                                      const std::array<std::uint64_t, K>& b) noexcept {
  std::array<std::uint64_t, K> r;
  std::uint64_t borrow = 0;
  for (std::size_t j = 0; j < K; ++j) {
    const std::uint64_t t = a[j] - b[j] - borrow;
    r[j] = t & kMask;
    borrow = t >> 63;
  }
  return r;
}

// A value below `bound` p.
template <class P>
Value<P> value(Random& random, std::uint64_t bound) noexcept {
  const Value<P> top = multiple<P>(bound);
  Value<P> v;
  const std::uint64_t choice = random();
  switch (choice % 4) {
    case 0: {  // around a multiple of p
      v = multiple<P>((choice >> 8) % (bound + 1));
      const std::uint64_t small = random();
      if ((small & 1) != 0) {
        v = subtract(v, {small % 3});  // may wrap for 0: cut below
      } else {
        v[0] = std::min(v[0] + small % 3, kMask);
      }
      break;
    }
    case 1:  // limbs of zeros and ones
      for (std::size_t j = 0; j < v.size(); ++j) {
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
    v.back() = top.back() == 0 ? 0 : v.back() % (top.back() + 1);
    if (!less(v, top)) v = subtract(top, {1});
  }
  return v;
}

template <class P>
void fill(Random& random, const Bounds& bounds, Case* cases) noexcept {
  const std::uint64_t bound[kOperands] = {bounds.a, bounds.b, bounds.c, bounds.d};
  for (std::size_t i = 0; i < kBatch; ++i)
    for (std::size_t k = 0; k < kOperands && bound[k] != 0; ++k)
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const Value<P> v = value<P>(random, bound[k]);
        for (std::size_t j = 0; j < v.size(); ++j) cases[i].limb[k][j][lane] = v[j];
      }
}

// The results must stay below this many p (field/lanes/lanes.h).
template <class P>
std::uint64_t result_bound(Operation operation) noexcept {
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
      return kLimbs<P> + 2;
    case Operation::shrink:
    case Operation::tidy:
    case Operation::divide:
      return 2;
    default:
      return 3;
  }
}

template <std::size_t K>
void print(const char* name, const std::array<std::uint64_t, K>& v) noexcept {
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

template <std::size_t K>
std::array<std::uint64_t, K> lane_of(const std::uint64_t (&limbs)[kMaxLimbs][kLanes], std::size_t lane) noexcept {
  std::array<std::uint64_t, K> v;
  for (std::size_t j = 0; j < K; ++j) v[j] = limbs[j][lane];
  return v;
}

// One batch of one operation; false on a difference, which is printed.
template <class P>
bool check(Field field, Operation operation, const Case* cases, const std::vector<const Level*>& all) {
  constexpr std::size_t K = kLimbs<P>;
  static thread_local std::vector<Outcome> want(kBatch), model(kBatch), got(kBatch);
  kPortable.run(field, operation, cases, want.data(), kBatch);
  for (const Level* level : all) {
    level->run(field, operation, cases, got.data(), kBatch);
    if (level == &kModel) model = got;
    for (std::size_t i = 0; i < kBatch; ++i)
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const auto w = lane_of<K>(want[i].limb, lane), g = lane_of<K>(got[i].limb, lane),
                   m = lane_of<K>(model[i].limb, lane);
        bool same = g == (level->lanes ? m : w);
        if (level == &kModel) {
          same = less(g, multiple<P>(result_bound<P>(operation)));
          Value<P> reduced = g;
          for (std::uint64_t k = 64; k > 0; k /= 2)
            if (const Value<P> step = multiple<P>(k); !less(reduced, step)) reduced = subtract(reduced, step);
          same = same && reduced == w;
        }
        if (same) continue;
        std::printf("%s over %s: level %s differs\n", kNames[static_cast<int>(operation)],
                    kFieldNames[static_cast<int>(field)], level->name);
        for (std::size_t k = 0; k < kOperands; ++k) print("operand", lane_of<K>(cases[i].limb[k], lane));
        print("portable", w);
        print("model", m);
        print(level->name, g);
        return false;
      }
  }
  return true;
}

// All operations over one field, a batch each; the number of cases, 0 after a difference.
template <class P>
std::uint64_t check_field(Field field, std::uint64_t round, Random& random, std::vector<Case>& cases,
                          const std::vector<const Level*>& all) {
  std::uint64_t done = 0;
  for (int k = 0; k <= kOperations; ++k) {
    const bool skew = k == kOperations;
    if (k == static_cast<int>(Operation::inverse) && round % 16 != 0) continue;  // costs a hundred others
    const auto operation = skew ? Operation::mul : static_cast<Operation>(k);
    fill<P>(random, skew ? kSkewBounds<P> : bounds_of<P>(operation), cases.data());
    if (!check<P>(field, operation, cases.data(), all)) return 0;
    done += kBatch * kLanes;
  }
  return done;
}

int fuzz(std::uint64_t target, std::uint64_t seed, const std::string& only) {
  const std::vector<const Level*> all = levels(only);
  std::printf("seed %" PRIu64 ", portable against", seed);
  for (const Level* level : all) std::printf(" %s", level->name);
  std::printf("\n");
  std::fflush(stdout);
  // inversions, and the field of eight limbs, come on top in some rounds
  constexpr std::uint64_t kRound = kBatch * kLanes * kOperations * 2;
  const std::uint64_t rounds = (target + kRound - 1) / kRound;
  std::atomic<std::uint64_t> next{0}, done{0};
  std::atomic<bool> failed{false};
  const auto started = std::chrono::steady_clock::now();
  const auto work = [&] {
    std::vector<Case> cases(kBatch);
    for (std::uint64_t round; !failed && (round = next++) < rounds;) {
      Random random(seed + round);
      for (const Field field : kFields) {
        if (field == Field::wide && round % 8 != 0) continue;
        const std::uint64_t passed =
            with_params(field, [&]<class P>() { return check_field<P>(field, round, random, cases, all); });
        if (passed == 0) failed = true;
        done += passed;
      }
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
  const auto options = assay::fuzz::parse_options(argc, argv, 1'000'000'000, "adx|avx512|ifma");
  return assay::fuzz::fuzz(options.cases, options.seed, options.level);
}
