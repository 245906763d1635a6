// The SHA-256 compression (FIPS 180-4, section 6.2.2) on words of several lanes: lane i belongs to message i.
//
// A Word is a row of 32-bit integers. The including file (sha256_lanes_avx512.cpp, sha256_lanes_avx2.cpp) gives it
//   fetch(w)                     a word of the message schedule, which lies in memory
//   a + b, plus_constant(a, k)   sums modulo 2^32; k points to an integer that all lanes share
//   rotate<n>(a), shift<n>(a)    to the right
//   xor3(a, b, c)                exclusive or
//   choose(e, f, g)              e ? f : g, bit by bit
//   majority(a, b, c)            of each bit
//
// Bounds: none, every word is a value modulo 2^32. Constant time: no branch and no address depends on data.
// Cost, where each of these is one instruction (AVX-512): 17 a round, 16 if the message is a constant, and 11 for a
// word of the message schedule. The order of the source is the order that keeps two vector ports busy: rotations, which
// have one port, stand between sums and logic, and what is ready last is added last. A round depends on the one before
// by four instructions: where they take long or four ports wait for work, a Word should hold two rows that know nothing
// of each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/isa.h"

ASSAY_ISA_BEGIN
namespace sha256_rounds {

// Rounds t + i for i in 0 .. 15; the letters move down by one a round, so letter l lies in s[(l - i) mod 8].
//   T = h + kw + S1(e) + choose(e, f, g),  d <- d + T,  h <- T + S0(a) + majority(a, b, c)
// hkw = h + kw.
template <std::size_t i, class Word>
[[gnu::always_inline]] inline void round(Word (&s)[8], Word hkw) noexcept {
  constexpr auto at = [](std::size_t letter) { return (letter - i) & 7; };
  const Word &a = s[at(0)], &b = s[at(1)], &c = s[at(2)], &e = s[at(4)], &f = s[at(5)], &g = s[at(6)];
  const Word e6 = rotate<6>(e), e11 = rotate<11>(e), e25 = rotate<25>(e);
  const Word chosen = choose(e, f, g), sum1 = xor3(e6, e11, e25);
  const Word t = hkw + chosen + sum1;
  s[at(3)] = s[at(3)] + t;
  const Word a2 = rotate<2>(a), a13 = rotate<13>(a), a22 = rotate<22>(a);
  const Word most = majority(a, b, c), sum0 = xor3(a2, a13, a22);
  s[at(7)] = (sum0 + most) + t;
}

enum class Schedule { extend, keep };

// Round t + i, where w points to W(t) and k to its constant. With `extend` sets
//   W(t + i + 16) = W(t + i) + s1(W(t + i + 14)) + W(t + i + 9) + s0(W(t + i + 1))
template <std::size_t i, Schedule schedule, class Word>
[[gnu::always_inline]] inline void message_round(Word (&s)[8], Word* w, const std::uint32_t* k) noexcept {
  round<i>(s, plus_constant(s[(7 - i) & 7], k + i) + fetch(w + i));
  if constexpr (schedule == Schedule::extend) {
    const Word late = fetch(w + i + 14);
    const Word l17 = rotate<17>(late), l19 = rotate<19>(late), l10 = shift<10>(late);
    const Word part = xor3(l17, l19, l10) + fetch(w + i) + fetch(w + i + 9);
    const Word next = fetch(w + i + 1);
    const Word n7 = rotate<7>(next), n18 = rotate<18>(next), n3 = shift<3>(next);
    w[i + 16] = part + xor3(n7, n18, n3);
  }
}

template <Schedule schedule, class Word>
[[gnu::always_inline]] inline void eight_rounds(Word (&s)[8], Word* w, const std::uint32_t* k) noexcept {
  [&]<std::size_t... i>(std::index_sequence<i...>)
      __attribute__((always_inline)) { (message_round<i, schedule>(s, w, k), ...); }(std::make_index_sequence<8>{});
}

template <class Word>
[[gnu::always_inline]] inline void add(Word (&s)[8], const Word (&before)[8]) noexcept {
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) s[i] = s[i] + before[i];
}

// s <- compression of the block W(0) .. W(15) into s; w has room for all 64. k: the round constants. Loops of eight
// rounds stay loops: unrolled they would not fit the processor's cache of decoded instructions.
template <class Word>
[[gnu::always_inline]] inline void compress(Word (&s)[8], Word* w, const std::uint32_t* k) noexcept {
  const Word before[8] = {s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]};
  const std::uint32_t *const last = k + 48, *const end = k + 64;
  for (; k != last; k += 8, w += 8) eight_rounds<Schedule::extend>(s, w, k);
  for (; k != end; k += 8, w += 8) eight_rounds<Schedule::keep>(s, w, k);
  add(s, before);
}

// s <- compression of a block that is the same for all. kw: round constants plus message schedule, 64.
template <class Word>
[[gnu::always_inline]] inline void compress_constant(Word (&s)[8], const std::uint32_t* kw) noexcept {
  const Word before[8] = {s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]};
  const std::uint32_t* const end = kw + 64;
  do {
    [&]<std::size_t... i>(std::index_sequence<i...>) __attribute__((always_inline)) {
      (round<i>(s, plus_constant(s[(7 - i) & 7], kw + i)), ...);
    }(std::make_index_sequence<8>{});
    kw += 8;
  } while (kw != end);
  add(s, before);
}

}  // namespace sha256_rounds
ASSAY_ISA_END
