// Wiping of secrets that the optimiser may not remove.
#pragma once

#include <cstddef>
#include <cstring>

namespace assay {

inline void zeroize(void* data, std::size_t bytes) noexcept {
  if (bytes == 0) return;  // data may then be null, which memset may not take
  std::memset(data, 0, bytes);
  __asm__ __volatile__("" : : "r"(data) : "memory");
}

// Wipes the object it watches when the scope ends.
template <class T>
class ZeroizeGuard {
 public:
  explicit ZeroizeGuard(T& object) noexcept : object_(&object) {}
  ~ZeroizeGuard() { zeroize(object_, sizeof(T)); }
  ZeroizeGuard(const ZeroizeGuard&) = delete;
  ZeroizeGuard& operator=(const ZeroizeGuard&) = delete;

 private:
  T* object_;
};

}  // namespace assay
