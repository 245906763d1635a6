#include "curve/babyjubjub/base_table.h"

#include <cstring>
#include <mutex>
#include <vector>

#include "curve/babyjubjub/point.h"

namespace assay::babyjubjub {
namespace {

std::vector<std::uint64_t> make() {
  std::vector<std::uint64_t> table(kBaseWindows * kBaseWindowSize * kBaseEntryLimbs);
  std::vector<Point> points;
  Point step = extend({Fr::from_limbs_unchecked(kBase8X), Fr::from_limbs_unchecked(kBase8Y)});
  for (std::size_t w = 0; w < kBaseWindows; ++w) {
    Point multiple = identity();
    for (std::size_t j = 0; j < kBaseWindowSize; ++j) {
      points.push_back(multiple);
      multiple = add(multiple, step);
    }
    step = multiple;
  }
  std::vector<Fr> z(points.size()), scratch(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) z[i] = points[i].z;
  batch_inverse_var(z.data(), z.size(), scratch.data());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Fr x = points[i].x * z[i], y = points[i].y * z[i];
    const Fr entry[3] = {x, y, coefficient_d() * x * y};
    static_assert(sizeof entry == kBaseEntryLimbs * sizeof(std::uint64_t));
    std::memcpy(table.data() + kBaseEntryLimbs * i, entry, sizeof entry);
  }
  return table;
}

std::once_flag once;
std::vector<std::uint64_t> stored;

}  // namespace

const std::uint64_t* base_table() noexcept {
  try {
    std::call_once(once, [] { stored = make(); });
  } catch (...) {  // out of memory; the next call tries again
    return nullptr;
  }
  return stored.data();
}

}  // namespace assay::babyjubjub
