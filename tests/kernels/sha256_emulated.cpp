// The SHA-extension kernel with its three instructions in software, after their definitions in Intel's Software
// Developer's Manual, volume 2 (SHA256RNDS2, SHA256MSG1, SHA256MSG2): tests the kernel where the processor lacks them.
#include <cstring>

#include "hash/sha256_rounds_shani.h"

namespace {

struct Words {
  std::uint32_t v[4];  // v[0] is bits 31:0
  explicit Words(__m128i x) { std::memcpy(v, &x, sizeof v); }
  Words(std::uint32_t top, std::uint32_t b, std::uint32_t c, std::uint32_t low) : v{low, c, b, top} {}
  __m128i pack() const {
    __m128i x;
    std::memcpy(&x, v, sizeof v);
    return x;
  }
};

std::uint32_t rotr(std::uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }
std::uint32_t small0(std::uint32_t x) { return rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3); }
std::uint32_t small1(std::uint32_t x) { return rotr(x, 17) ^ rotr(x, 19) ^ (x >> 10); }

struct Emulated {
  static __m128i rounds2(__m128i src1, __m128i src2, __m128i xmm0) {
    const Words one(src1), two(src2), wk(xmm0);
    std::uint32_t a = two.v[3], b = two.v[2], c = one.v[3], d = one.v[2];
    std::uint32_t e = two.v[1], f = two.v[0], g = one.v[1], h = one.v[0];
    for (int i = 0; i < 2; ++i) {
      const std::uint32_t t = ((e & f) ^ (~e & g)) + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + wk.v[i] + h;
      const std::uint32_t s = ((a & b) ^ (a & c) ^ (b & c)) + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22));
      h = g, g = f, f = e, e = t + d;
      d = c, c = b, b = a, a = t + s;
    }
    return Words(a, b, e, f).pack();
  }
  static __m128i msg1(__m128i src1, __m128i src2) {
    const Words w(src1), next(src2);
    return Words(w.v[3] + small0(next.v[0]), w.v[2] + small0(w.v[3]), w.v[1] + small0(w.v[2]), w.v[0] + small0(w.v[1]))
        .pack();
  }
  static __m128i msg2(__m128i src1, __m128i src2) {
    const Words w(src1), last(src2);
    const std::uint32_t w16 = w.v[0] + small1(last.v[2]), w17 = w.v[1] + small1(last.v[3]);
    return Words(w.v[3] + small1(w17), w.v[2] + small1(w16), w17, w16).pack();
  }
};

}  // namespace

extern "C" void compress(std::uint32_t* h, const std::uint8_t* data, std::size_t blocks,
                         const std::uint32_t* constants) {
  assay::sha256_detail::compress<Emulated>(h, data, blocks, constants);
}
