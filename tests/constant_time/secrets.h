// Marking words as secret for memcheck, and what the programs of this folder share. A secret is memory that memcheck
// takes for undefined: it reports each branch and each address that depends on it.
#pragma once

#include <valgrind/memcheck.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

using Row = std::vector<std::uint64_t>;

inline void hide(const std::uint64_t* words, std::size_t count) {
  (void)VALGRIND_MAKE_MEM_UNDEFINED(words, sizeof *words * count);
}
// Any array that tells its data and its size.
template <class Array>
void hide(const Array& words) {
  hide(words.data(), words.size());
}
inline void show(const Row& row) { (void)VALGRIND_MAKE_MEM_DEFINED(row.data(), sizeof row[0] * row.size()); }

inline void require(bool good, const char* what) {
  if (good) return;
  std::printf("wrong: %s\n", what);
  std::exit(1);
}

// Words of a xorshift generator; some are 0 or all ones, so that carries and borrows run both ways.
inline Row numbers(std::size_t count) {
  static std::uint64_t state = 0x9e3779b97f4a7c15;
  Row row(count);
  for (std::uint64_t& word : row) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    word = state % 5 == 0 ? 0 : state % 5 == 1 ? ~std::uint64_t{0} : state;
  }
  return row;
}
