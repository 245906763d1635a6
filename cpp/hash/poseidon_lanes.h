// Poseidon with eight permutations side by side, in groups of one or two so that one hides the latency of the other;
// the same rounds as hash/poseidon_permutation.h. Compiled for the levels with eight lanes (poseidon_avx512.cpp,
// poseidon_ifma.cpp); one or two hashes go to the scalar level below. Elements between rounds are <5 p>
// (field/lanes/lanes.h).
#pragma once

#include <algorithm>

#include "field/lanes/pack.h"
#include "hash/poseidon.h"

ASSAY_ISA_BEGIN
namespace poseidon::side_by_side {

using P = Bn254FrParams;
using L = lanes::Lanes<P>;
inline constexpr std::size_t kLimbs = L::K, kWidth = lanes::kLanes;

template <std::size_t G>
struct Element {
  L group[G];
};

inline L constant(const std::uint64_t* limbs) noexcept {
  L r;
  for (std::size_t j = 0; j < kLimbs; ++j) r.limb[j] = lanes::broadcast(limbs[j]);
  return r;
}

template <std::size_t G>
inline Element<G> add(const Element<G>& a, const std::uint64_t* limbs) noexcept {
  Element<G> r;
  for (std::size_t g = 0; g < G; ++g) r.group[g] = carry(a.group[g] + constant(limbs));
  return r;
}

template <std::size_t G>
inline Element<G> power5(const Element<G>& x) noexcept {
  Element<G> x2, x4, r;
  for (std::size_t g = 0; g < G; ++g) x2.group[g] = sqr(x.group[g]);
  for (std::size_t g = 0; g < G; ++g) x4.group[g] = sqr(x2.group[g]);
  for (std::size_t g = 0; g < G; ++g) r.group[g] = mul(x4.group[g], x.group[g]);
  return r;
}

// sum coefficients_k x_k with one reduction: 2 t - 1 <= 33 terms of <5 p> give at most 5 * 33 / 84 + 2 < 4 p
template <std::size_t G>
[[gnu::noinline]] Element<G> dot(const std::uint64_t* coefficients, const Element<G>* x, std::size_t n) noexcept {
  Element<G> r;
  for (std::size_t g = 0; g < G; ++g) {
    lanes::Word t[2 * kLimbs];
    lanes::detail::start_columns<kLimbs>(t, static_cast<unsigned>(n));
    for (std::size_t k = 0; k < n; ++k) {
      const lanes::detail::Factors<P> y(constant(coefficients + kLimbs * k));
      const lanes::detail::Factors<P> z(x[k].group[g]);
#pragma GCC unroll 8
      for (std::size_t i = 0; i < kLimbs; ++i) lanes::detail::add_row<kLimbs>(t, i, z.limb[i], y.limb);
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kLimbs; ++i) lanes::detail::clear_column<P>(t, i);
    r.group[g] = lanes::detail::upper_half<P>(t);
  }
  return r;
}

template <std::size_t G>
inline void full_round(Element<G>* s, std::size_t t, const std::uint64_t* constants,
                       const std::uint64_t* matrix) noexcept {
  Element<G> x[kPoseidonMaxWidth];
  for (std::size_t i = 0; i < t; ++i) x[i] = power5(add(s[i], constants + kLimbs * i));
  for (std::size_t i = 0; i < t; ++i) s[i] = dot(matrix + kLimbs * t * i, x, t);
}

template <std::size_t G>
inline void partial_rounds(Element<G>* s, const PoseidonTables& p) noexcept {
  const std::size_t n = p.t - 1;
  const std::uint64_t *recurrence = p.lanes.recurrence.data(), *constants = p.lanes.partial_constant.data();
  Element<G> past[2 * (kPoseidonMaxWidth + kPoseidonMaxPartialRounds)];
  for (std::size_t i = 0; i < n; ++i) {
    for (L& zero : past[2 * i].group) zero = L::zero();
    past[2 * i + 1] = s[n - i];
  }
  Element<G> x = s[0];
  Element<G>* window = past;
  for (std::size_t r = 0; r < p.partial_rounds; ++r, window += 2) {
    window[2 * n] = add(power5(x), constants + kLimbs * r);
    x = dot(recurrence, window, 2 * n + 1);
    window[2 * n + 1] = x;
  }
  s[0] = x;
  for (std::size_t i = 0; i < n; ++i) s[i + 1] = dot(p.lanes.exit.data() + kLimbs * 2 * n * i, window, 2 * n);
}

template <std::size_t G>
inline void permute(Element<G>* s, const PoseidonTables& p) noexcept {
  const std::size_t t = p.t;
  constexpr std::size_t half = kPoseidonFullRounds / 2;
  const PoseidonConstants& c = p.lanes;
  const std::uint64_t *constants = c.round_constants.data(), *mds = c.mds.data();
  for (std::size_t r = 0; r + 1 < half; ++r) full_round(s, t, constants + kLimbs * t * r, mds);
  full_round(s, t, constants + kLimbs * t * (half - 1), c.entry.data());
  for (std::size_t i = 0; i < t; ++i) s[i] = add(s[i], c.entry_constant.data() + kLimbs * i);
  partial_rounds(s, p);
  for (std::size_t r = 0; r < half; ++r) full_round(s, t, constants + kLimbs * t * (half + p.partial_rounds + r), mds);
}

// How elements in memory enter and leave.
struct Canonical {
  static bool load(L& out, const std::uint64_t* rows) noexcept { return lanes::load_canonical(out, rows); }
  static void store(std::uint64_t* rows, const L& a) noexcept { lanes::store_canonical(rows, a); }
};
struct Montgomery {
  static bool load(L& out, const std::uint64_t* rows) noexcept {
    out = mul(lanes::load_rows<P>(rows), L::raw(lanes::Radix52<P>::enter));
    return true;
  }
  static void store(std::uint64_t* rows, const L& a) noexcept {
    store_rows(rows, reduce(mul(a, L::raw(lanes::Radix52<P>::leave))));
  }
};

// n <= 8 G hashes; rows beyond n repeat the last.
template <class Form, std::size_t G>
bool hash_groups(const PoseidonTables& tables, const std::uint64_t* tag, const std::uint64_t* inputs, std::size_t n,
                 std::uint64_t* out) noexcept {
  const std::size_t k = tables.t - 1;
  Element<G> s[kPoseidonMaxWidth];
  std::uint64_t rows[4 * kWidth];
  for (std::size_t i = 0; i <= k; ++i) {
    for (std::size_t g = 0; g < G; ++g) {
      for (std::size_t lane = 0; lane < kWidth; ++lane) {
        const std::size_t h = std::min(kWidth * g + lane, n - 1);
        std::copy_n(i == 0 ? tag : inputs + 4 * (k * h + i - 1), 4, rows + 4 * lane);
      }
      if (!Form::load(s[i].group[g], rows)) return false;
    }
  }
  permute(s, tables);
  for (std::size_t g = 0; g < G; ++g) {
    Form::store(rows, s[0].group[g]);
    const std::size_t begin = std::min(kWidth * g, n), end = std::min(begin + kWidth, n);
    std::copy_n(rows, 4 * (end - begin), out + 4 * begin);
  }
  return true;
}

constexpr std::size_t kFewHashes = 3;  // where eight lanes, some of them idle, begin to win

template <class Form, class One>
bool hash_all(const PoseidonTables& tables, const std::uint64_t* tag, const std::uint64_t* inputs, std::size_t n,
              std::uint64_t* out, One&& scalar) noexcept {
  const std::size_t k = tables.t - 1;
  while (n > 0) {
    const std::size_t count = std::min(n, 2 * kWidth);
    const bool good = count < kFewHashes ? scalar(inputs, count, out)
                      : count > kWidth   ? hash_groups<Form, 2>(tables, tag, inputs, count, out)
                                         : hash_groups<Form, 1>(tables, tag, inputs, count, out);
    if (!good) return false;
    inputs += 4 * k * count;
    out += 4 * count;
    n -= count;
  }
  return true;
}

inline void hash_montgomery(const PoseidonTables& tables, const std::uint64_t* tag, const std::uint64_t* inputs,
                            std::size_t n, std::uint64_t* out) noexcept {
  hash_all<Montgomery>(tables, tag, inputs, n, out, [&](const std::uint64_t* in, std::size_t count, std::uint64_t* to) {
    kPoseidonAdx.hash_montgomery(tables, tag, in, count, to);
    return true;
  });
}

inline Status hash_canonical(const PoseidonTables& tables, const std::uint64_t* tag, const std::uint64_t* inputs,
                             std::size_t n, std::uint64_t* out) noexcept {
  const bool good = hash_all<Canonical>(tables, tag, inputs, n, out,
                                        [&](const std::uint64_t* in, std::size_t count, std::uint64_t* to) {
                                          return kPoseidonAdx.hash_canonical(tables, tag, in, count, to) == Status::ok;
                                        });
  return good ? Status::ok : Status::non_canonical;
}

inline Status permute_canonical(const PoseidonTables& tables, std::uint64_t* states, std::size_t n,
                                bool plain) noexcept {
  return kPoseidonAdx.permute_canonical(tables, states, n, plain);
}

}  // namespace poseidon::side_by_side
ASSAY_ISA_END
