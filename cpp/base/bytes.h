// Big- and little-endian loads and stores of 32- and 64-bit words.
#pragma once

#include <cstdint>
#include <cstring>

namespace assay {

inline std::uint64_t load_le64(const std::uint8_t* p) noexcept {
  std::uint64_t x;
  std::memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  x = __builtin_bswap64(x);
#endif
  return x;
}
inline void store_le64(std::uint8_t* p, std::uint64_t x) noexcept {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  x = __builtin_bswap64(x);
#endif
  std::memcpy(p, &x, 8);
}
inline std::uint64_t load_be64(const std::uint8_t* p) noexcept { return __builtin_bswap64(load_le64(p)); }
inline void store_be64(std::uint8_t* p, std::uint64_t x) noexcept { store_le64(p, __builtin_bswap64(x)); }

inline std::uint32_t load_le32(const std::uint8_t* p) noexcept {
  std::uint32_t x;
  std::memcpy(&x, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  x = __builtin_bswap32(x);
#endif
  return x;
}
inline void store_le32(std::uint8_t* p, std::uint32_t x) noexcept {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  x = __builtin_bswap32(x);
#endif
  std::memcpy(p, &x, 4);
}
inline std::uint32_t load_be32(const std::uint8_t* p) noexcept { return __builtin_bswap32(load_le32(p)); }
inline void store_be32(std::uint8_t* p, std::uint32_t x) noexcept { store_le32(p, __builtin_bswap32(x)); }

}  // namespace assay
