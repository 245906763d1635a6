// Prints one JSON object: the 64-bit products of each kernel at the portable level, on one thread and fixed inputs.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "curve/bn254/g2.h"
#include "curve/bn254/pairing.h"
#include "hash/poseidon.h"
#include "msm/fixed_base.h"
#include "msm/msm.h"
#include "ntt/ntt.h"
#include "parallel/pool.h"

namespace {

using namespace assay;
using Words = std::vector<std::uint64_t>;

void require(Status status) {
  if (status == Status::ok) return;
  std::fprintf(stderr, "a kernel failed with status %d\n", static_cast<int>(status));
  std::exit(1);
}

// n elements below 2^253 < r, by splitmix64 (Steele, Lea, Flood, OOPSLA 2014); of every `one_in` the others are 0
Words elements(std::size_t n, std::uint64_t seed, std::size_t one_in = 1) {
  Words out(4 * n);
  for (std::size_t i = 0; i < 4 * n; ++i) {
    std::uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    out[i] = (i / 4) % one_in != 0 ? 0 : (i % 4 == 3 ? z >> 3 : z);
  }
  return out;
}

bool first = true;

template <class Run>
void count(const char* name, Run&& run) {
  word_products = 0;
  run();
  std::printf("%s\n  \"%s\": %llu", first ? "{" : ",", name, static_cast<unsigned long long>(word_products));
  first = false;
}

template <class Base>
void sums(const char* fixed, const char* full, const char* sparse, const Base& generator, std::size_t n) {
  constexpr bool g1 = sizeof(Base) == sizeof(bn254::G1Affine);
  const auto* base = reinterpret_cast<const std::uint64_t*>(&generator);
  Words points(sizeof(Base) / 8 * n), out(sizeof(Base) / 8);
  const auto sum = [&](const Words& k) {
    require(g1 ? msm_g1(points.data(), k.data(), n, out.data(), nullptr)
               : msm_g2(points.data(), k.data(), n, out.data(), nullptr));
  };
  count(fixed, [&] {
    const Words k = elements(n, 1);
    const FixedBaseList list{k.data(), n, points.data()};
    require(g1 ? fixed_base_g1(base, &list, 1, nullptr) : fixed_base_g2(base, &list, 1, nullptr));
  });
  count(full, [&] { sum(elements(n, 2)); });
  count(sparse, [&] { sum(elements(n, 3, 8)); });
}

void transforms() {
  constexpr std::size_t n = 4096;
  Words values = elements(n, 4);
  const Words shift = elements(1, 5);
  require(ntt_forward_natural(values.data(), n, nullptr, nullptr));  // the roots
  count("ntt 2^12", [&] { require(ntt_forward_natural(values.data(), n, nullptr, nullptr)); });
  count("ntt 2^12 on a coset", [&] { require(ntt_forward_natural(values.data(), n, shift.data(), nullptr)); });
  count("inverse ntt 2^12", [&] { require(ntt_inverse_natural(values.data(), n, nullptr, nullptr)); });
}

void pairings() {
  const std::vector<bn254::G1Affine> p(8, bn254::kG1Generator);
  const std::vector<bn254::G2Affine> q(8, bn254::kG2Generator);
  count("pairing", [&] { (void)bn254::pairing_var(p[0], q[0]); });
  for (const std::size_t n : {std::size_t{1}, std::size_t{8}}) {
    count(n == 1 ? "Miller loop" : "Miller loop of 8 pairs",
          [&] { (void)bn254::miller_loop_var(p.data(), q.data(), n); });
  }
}

}  // namespace

int main() {
  require(set_num_threads(1));
  sums("fixed base 2^10, G1", "msm 2^10, G1", "msm 2^10 sparse, G1", bn254::kG1Generator, 1024);
  sums("fixed base 2^9, G2", "msm 2^9, G2", "msm 2^9 sparse, G2", bn254::kG2Generator, 512);
  transforms();
  pairings();
  const Words tag = elements(1, 6);
  for (const std::size_t k : {std::size_t{2}, std::size_t{4}}) {
    Words out(4);
    const Words inputs = elements(k, 7);
    require(poseidon_hash(inputs.data(), 1, k, tag.data(), out.data()));  // its self-test
    count(k == 2 ? "Poseidon of 2" : "Poseidon of 4",
          [&] { require(poseidon_hash(inputs.data(), 1, k, tag.data(), out.data())); });
  }
  std::printf("\n}\n");
}
