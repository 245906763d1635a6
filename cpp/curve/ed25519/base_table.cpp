#include "curve/ed25519/base_table.h"

#include <memory>
#include <mutex>
#include <new>

#include "curve/ed25519/point.h"
#include "curve/ed25519/scalar_field.h"

namespace assay::ed25519 {
namespace {

struct alignas(64) Entry {
  std::uint64_t words[kBaseEntryWords];
};

std::unique_ptr<Entry[]> make() {
  auto table = std::make_unique<Entry[]>(kBaseEntries);
  const Fe1 x = Fe1::everywhere(kBaseX), y = Fe1::everywhere(kBaseY);
  const Cached<Fe1> base = cached(Point<Fe1>{x, y, Fe1::small(1), mul(x, y)});
  Point<Fe1> multiple = identity<Fe1>();
  for (std::size_t j = 0; j < kBaseEntries; ++j) {
    const Fe1 inv = inverse(multiple.z), ax = mul(multiple.x, inv), ay = mul(multiple.y, inv);
    const Fe1 elements[3] = {add(ay, ax), sub(ay, ax), mul(mul(ax, ay), Fe1::everywhere(kTwiceD))};
    for (std::size_t e = 0; e < 3; ++e) {
      const Fe1 a = canonical(elements[e]);
      for (std::size_t i = 0; i < kLimbs51; ++i) table[j].words[kLimbs51 * e + i] = a.limb[i];
    }
    multiple = add<true>(multiple, base, 0);
  }
  return table;
}

std::once_flag once;
std::unique_ptr<Entry[]> stored;

}  // namespace

const std::uint64_t* base_table() noexcept {
  try {
    std::call_once(once, [] { stored = make(); });
  } catch (...) {  // out of memory; the next call tries again
    return nullptr;
  }
  return stored[0].words;
}

}  // namespace assay::ed25519
