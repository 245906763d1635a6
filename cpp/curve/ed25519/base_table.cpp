#include "curve/ed25519/base_table.h"

#include <memory>
#include <mutex>

#include "curve/ed25519/point.h"
#include "curve/ed25519/scalar_field.h"

namespace assay::ed25519 {
namespace {

struct alignas(64) Entry {
  std::uint64_t words[kBaseEntryWords];
};
using Table = std::unique_ptr<Entry[]>;

Point<Fe1> base_point() noexcept {
  const Fe1 x = Fe1::everywhere(kBaseX), y = Fe1::everywhere(kBaseY);
  return {x, y, Fe1::small(1), mul(x, y)};
}

void store(const Point<Fe1>& point, Entry& entry) noexcept {
  const Fe1 inv = inverse(point.z), x = mul(point.x, inv), y = mul(point.y, inv);
  const Fe1 elements[3] = {add(y, x), sub(y, x), mul(mul(x, y), Fe1::everywhere(kTwiceD))};
  for (std::size_t e = 0; e < 3; ++e) {
    const Fe1 a = canonical(elements[e]);
    for (std::size_t i = 0; i < kLimbs51; ++i) entry.words[kLimbs51 * e + i] = a.limb[i];
  }
}

// entries[j] <- first + j step, 0 <= j < n
void multiples(Point<Fe1> first, const Point<Fe1>& step, std::size_t n, Entry* entries) noexcept {
  const Cached<Fe1> summand = cached(step);
  for (std::size_t j = 0; j < n; ++j) {
    store(first, entries[j]);
    first = add<true>(first, summand, 0);
  }
}

Table make_base() {
  auto table = std::make_unique<Entry[]>(kBaseEntries);
  multiples(identity<Fe1>(), base_point(), kBaseEntries, table.get());
  return table;
}

Table make_comb() {
  auto table = std::make_unique<Entry[]>(kCombRows * kCombEntries);
  Point<Fe1> row = base_point();
  for (std::size_t i = 0; i < kCombRows; ++i) {
    multiples(row, row, kCombEntries, &table[kCombEntries * i]);
    for (int k = 0; k < 8; ++k) row = dbl<true>(row);
  }
  return table;
}

// What `make` gives, once.
const std::uint64_t* made_once(std::once_flag& once, Table& table, Table (*make)()) noexcept {
  try {
    std::call_once(once, [&] { table = make(); });
  } catch (...) {  // out of memory; the next call tries again
    return nullptr;
  }
  return table[0].words;
}

std::once_flag base_once, comb_once;
Table base, comb;

}  // namespace

const std::uint64_t* base_table() noexcept { return made_once(base_once, base, make_base); }
const std::uint64_t* comb_table() noexcept { return made_once(comb_once, comb, make_comb); }

}  // namespace assay::ed25519
