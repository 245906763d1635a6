// Memory of the kernels is given back full of zeros. The operators behind assay::Words are replaced: what they give is
// zero, so that a byte which is not when it comes back was written and not wiped. `--keep` frees a block unwiped.
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "bigint/modulus.h"
#include "bigint/power.h"

namespace {
std::size_t blocks = 0, dirty = 0;
}

void* operator new[](std::size_t bytes, std::align_val_t align, const std::nothrow_t&) noexcept {
  const std::size_t unit = static_cast<std::size_t>(align);
  void* p = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
  if (p != nullptr) std::memset(p, 0, malloc_usable_size(p));
  return p;
}

void operator delete[](void* p, std::align_val_t) noexcept {
  if (p == nullptr) return;
  const auto* bytes = static_cast<const unsigned char*>(p);
  ++blocks;
  dirty += std::any_of(bytes, bytes + malloc_usable_size(p), [](unsigned char byte) { return byte != 0; });
  std::free(p);
}

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--keep") == 0) {
    void* p = operator new[](64, std::align_val_t{64}, std::nothrow);
    *static_cast<volatile char*>(p) = 1;
    operator delete[](p, std::align_val_t{64});
  }
  for (const std::size_t size : {4, 9, 33, 72}) {
    std::vector<std::uint64_t> ones(size, ~std::uint64_t{0}), base(2 * size, 0x123456789abcdef1), out(2 * size);
    assay::Modulus modulus;
    if (modulus.assign(ones.data(), size) != assay::Status::ok) return 1;
    const assay::PowerBatch batch = {2, size, &modulus, 0, base.data(), ones.data(), 2, 0, out.data()};
    if (power(batch, nullptr) != assay::Status::ok || power_var(batch, nullptr) != assay::Status::ok) return 1;
    const assay::MultiplyBatch pairs = {2, size, &modulus, 0, base.data(), out.data(), out.data()};
    if (multiply(pairs, nullptr) != assay::Status::ok) return 1;
  }
  std::printf("%zu of %zu blocks dirty\n", dirty, blocks);
  return dirty == 0 && blocks > 20 ? 0 : 1;
}
