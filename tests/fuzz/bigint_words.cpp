// The rows of words of level adx against those of level portable, function by function: `bigint_words [--cases N]
// [--seed S]`. A case is one length and one set of operands for all functions of the table; words are random, or zero,
// or all ones, or just below. Exit status 1 and the case on the first difference; the same seed gives the same cases.
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "bigint/word_kernel.h"
#include "cpu/features.h"
#include "options.h"
#include "random.h"

namespace assay::fuzz {
namespace {

using u64 = std::uint64_t;
using Row = std::vector<u64>;

Row row(Random& random, std::size_t n) {
  Row words(n);
  const u64 kind = random() % 4;
  for (u64& word : words) {
    const u64 x = random();
    word = kind == 0 ? x : kind == 1 ? (x % 3 == 0 ? 0 : x % 3 == 1 ? ~u64{0} : x) : ~u64{0} - (kind == 2 ? 0 : x % 3);
  }
  return words;
}

// What every function of one level makes of the same operands, one after the other.
Row outcome(const WordKernel& k, Random random) {
  const std::size_t n = 1 + random() % (random() % 4 == 0 ? 130 : 40), m = 1 + random() % n;
  const Row a = row(random, n), b = row(random, n), c = row(random, n);
  Row all, r(2 * n, 7);
  const auto keep = [&](u64 returned) {
    all.push_back(returned);
    all.insert(all.end(), r.begin(), r.end());
  };
  keep(k.add(r.data(), a.data(), b.data(), n));
  keep(k.sub(r.data(), a.data(), b.data(), n));
  keep(k.add3(r.data(), a.data(), b.data(), c.data(), n, random() % 2));
  keep(k.difference(r.data(), a.data(), b.data(), n));
  keep(k.add_mul_row(r.data(), c.data(), n, random() % 3 == 0 ? ~u64{0} : random()));
  k.mul(r.data(), a.data(), n, b.data(), m);
  keep(0);
  k.sqr(r.data(), a.data(), n);
  keep(0);
  Row t = row(random, 2 * n), modulus = c;
  modulus[0] |= 1;
  u64 inverse = modulus[0];
  for (int i = 0; i < 5; ++i) inverse *= 2 - inverse * modulus[0];
  k.reduce(r.data(), t.data(), modulus.data(), n, -inverse);
  keep(0);
  return all;
}

int run(int argc, char** argv) {
  const Options options = parse_options(argc, argv, 1'000'000, nullptr);
  const u64 cases = options.cases, seed = options.seed;
#if defined(ASSAY_X86)
  if (isa_available(IsaLevel::adx)) {
    for (u64 i = 0; i < cases; ++i) {
      const Random random(seed + i);
      if (outcome(kWordKernelPortable, random) == outcome(kWordKernelAdx, random)) continue;
      std::printf("bigint_words: portable and adx differ at --seed %" PRIu64 " --cases 1\n", seed + i);
      return 1;
    }
    std::printf("bigint_words: %" PRIu64 " cases, portable and adx agree\n", cases);
    return 0;
  }
#endif
  std::puts("bigint_words: this machine has one level only, nothing to compare");
  return 0;
}

}  // namespace
}  // namespace assay::fuzz

int main(int argc, char** argv) { return assay::fuzz::run(argc, argv); }
