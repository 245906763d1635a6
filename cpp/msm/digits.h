// Signed digits of scalars, window by window.
//
// A scalar k is replaced by the smaller of k and r - k, with a sign, and written sum_i d_i 2^(c i), i < W =
// ceil(254/c), -2^(c-1) <= d_i < 2^(c-1) below the top window. Adding K = sum_(i < W-1) 2^(c-1) 2^(c i) turns signed
// digits into plain bits: d_i = bits_i(k + K) - 2^(c-1). The top digit has no offset and is not negative. Since |k| <=
// (r-1)/2 < 2^252.6 and c >= 4, the top digit is at most 2^(c-1). Zero scalars and bases at infinity are dropped;
// scalars below 2^64 in absolute value stand behind the others, so that the high windows need not look at them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "base/zeroize.h"
#include "field/fe.h"
#include "msm/msm.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN

namespace msm {

constexpr unsigned kScalarBits = 254, kSmallBits = 66;  // with the room that signed digits need
constexpr unsigned kMinWindow = 4, kMaxWindow = 16;

constexpr unsigned window_count(unsigned c) noexcept { return (kScalarBits + c - 1) / c; }
constexpr unsigned layer_count(const MsmShape& shape) noexcept {
  return (window_count(shape.window_bits) + shape.passes - 1) / shape.passes;
}

// Memory that is wiped before it is freed.
template <class T>
class SecretArray {
 public:
  SecretArray() = default;
  ~SecretArray() { wipe(); }
  SecretArray(const SecretArray&) = delete;
  SecretArray& operator=(const SecretArray&) = delete;
  bool allocate(std::size_t n) noexcept {
    wipe();
    data_.reset(new (std::nothrow) T[n]);
    size_ = data_ ? n : 0;
    return data_ != nullptr;
  }
  T* get() const noexcept { return data_.get(); }

 private:
  void wipe() noexcept {
    if (data_) zeroize(data_.get(), size_ * sizeof(T));
  }
  std::unique_ptr<T[]> data_;
  std::size_t size_ = 0;
};

namespace detail {

// k <- min(k, r - k); true if negated
template <class P>
inline bool make_small(std::uint64_t* k) noexcept {
  constexpr auto half = params::shift_right(P::modulus, 1);
  std::uint64_t borrow = 0, negated[P::N];
  for (std::size_t i = 0; i < P::N; ++i) (void)sbb(half[i], k[i], borrow);
  if (borrow == 0) return false;
  borrow = 0;
  for (std::size_t i = 0; i < P::N; ++i) negated[i] = sbb(P::modulus[i], k[i], borrow);
  std::copy_n(negated, P::N, k);
  return true;
}

template <class P>
inline bool below_modulus(const std::uint64_t* k) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < P::N; ++i) (void)sbb(k[i], P::modulus[i], borrow);
  return borrow != 0;
}

// K of the signed digits
inline void digit_offset(std::uint64_t* k, unsigned c) noexcept {
  for (unsigned at = c - 1; at + 1 < c * window_count(c); at += c) k[at / 64] |= std::uint64_t{1} << (at % 64);
}

// bits [at, at + c) of four limbs
inline std::uint32_t bits(const std::uint64_t* v, unsigned at, unsigned c) noexcept {
  const unsigned limb = at / 64, offset = at % 64;
  if (limb >= 4) return 0;
  std::uint64_t x = v[limb] >> offset;
  if (offset != 0 && limb + 1 < 4) x |= v[limb + 1] << (64 - offset);
  return static_cast<std::uint32_t>(x & ((std::uint64_t{1} << c) - 1));
}

}  // namespace detail

class Digits {
 public:
  // Reads the scalars; is_infinity(i) tells of base i. choose(full, small) returns the shape for that many full-size
  // and small scalars.
  template <class P, class IsInfinity, class Choose>
  Status build(const std::uint64_t* scalars, std::size_t n, IsInfinity&& is_infinity, Choose&& choose,
               JobControl* control) noexcept {
    static_assert(P::N == 4);
    const std::size_t blocks = (n + kBlock - 1) / kBlock;
    const std::unique_ptr<std::size_t[]> first(new (std::nothrow) std::size_t[2 * blocks]);  // full, small of a block
    if (!first) return Status::out_of_memory;
    std::atomic<bool> bad{false};
    ASSAY_TRY(parallel_for(
        blocks, 1,
        [&](std::size_t begin, std::size_t end) noexcept {
          for (std::size_t block = begin; block < end; ++block) {
            std::size_t count[2] = {0, 0};
            for (std::size_t i = block * kBlock; i < std::min(n, (block + 1) * kBlock); ++i) {
              std::uint64_t k[4];
              std::copy_n(scalars + 4 * i, 4, k);
              if (!detail::below_modulus<P>(k)) bad.store(true, std::memory_order_relaxed);
              if ((k[0] | k[1] | k[2] | k[3]) == 0 || is_infinity(i)) continue;
              detail::make_small<P>(k);
              ++count[(k[1] | k[2] | k[3]) == 0];
            }
            first[2 * block] = count[0];
            first[2 * block + 1] = count[1];
          }
        },
        control));
    if (bad.load()) return Status::non_canonical;
    full_ = size_ = 0;
    for (std::size_t block = 0; block < blocks; ++block) full_ += std::exchange(first[2 * block], full_);
    size_ = full_;
    for (std::size_t block = 0; block < blocks; ++block) size_ += std::exchange(first[2 * block + 1], size_);
    const MsmShape shape = choose(full_, size_ - full_);
    rows_ = n;
    c_ = shape.window_bits;
    passes_ = shape.passes;
    windows_ = window_count(c_);
    if (!digits_.allocate(std::max<std::size_t>(1, size_ * windows_)) ||
        !ids_.allocate(std::max<std::size_t>(1, size_)))
      return Status::out_of_memory;
    std::uint64_t offset[4] = {};
    detail::digit_offset(offset, c_);
    return parallel_for(
        blocks, 1,
        [&](std::size_t begin, std::size_t end) noexcept {
          for (std::size_t block = begin; block < end; ++block) {
            std::size_t at[2] = {first[2 * block], first[2 * block + 1]};
            for (std::size_t i = block * kBlock; i < std::min(n, (block + 1) * kBlock); ++i) {
              std::uint64_t k[4], carry = 0;
              std::copy_n(scalars + 4 * i, 4, k);
              if ((k[0] | k[1] | k[2] | k[3]) == 0 || is_infinity(i)) continue;
              const bool negative = detail::make_small<P>(k);
              const bool small = (k[1] | k[2] | k[3]) == 0;
              const std::size_t slot = at[small]++;
              ids_.get()[slot] = static_cast<std::uint32_t>(2 * i + negative);
              for (int j = 0; j < 4; ++j) k[j] = adc(k[j], offset[j], carry);
              const unsigned windows = small ? small_windows() : windows_;
              for (unsigned w = 0; w < windows; ++w)
                digits_.get()[w * size_ + slot] = static_cast<std::uint16_t>(raw(k, w));
            }
          }
        },
        control);
  }

  unsigned window_bits() const noexcept { return c_; }
  unsigned passes() const noexcept { return passes_; }
  std::size_t entries() const noexcept { return size_ * layer_count({c_, passes_}); }  // of a pass, at most
  std::size_t size() const noexcept { return size_; }
  // Scalars that may have a digit in window w: the first count(w).
  std::size_t count(unsigned w) const noexcept { return w < small_windows() ? size_ : full_; }

  // Calls visit(bucket, id) for each digit of a pass that is not zero, in a fixed order: |digit| = bucket + 1, id =
  // 2 row + sign, where row j n + i of the bases holds the multiple of base i for the j-th window of the pass.
  template <class Visit>
  void for_each(unsigned pass, Visit&& visit) const noexcept {
    std::uint32_t first = 0;
    for (unsigned w = pass; w < windows_; w += passes_, first += static_cast<std::uint32_t>(2 * rows_))
      for_each_of_window(w, [&](std::size_t bucket, std::uint32_t id) noexcept { visit(bucket, first + id); });
  }

 private:
  static constexpr std::size_t kBlock = 1 << 12;

  template <class Visit>
  void for_each_of_window(unsigned w, Visit&& visit) const noexcept {
    const std::uint16_t* row = digits_.get() + w * size_;
    const std::uint32_t* ids = ids_.get();
    const std::int32_t offset = w + 1 < windows_ ? 1 << (c_ - 1) : 0;
    const std::size_t n = count(w);
    for (std::size_t i = 0; i < n; ++i) {
      const std::int32_t d = static_cast<std::int32_t>(row[i]) - offset;
      const std::int32_t sign = d >> 31;
      if (d != 0) visit(static_cast<std::size_t>((d ^ sign) - sign - 1), ids[i] ^ static_cast<std::uint32_t>(sign & 1));
    }
  }

  unsigned small_windows() const noexcept { return std::min(windows_, (kSmallBits + c_ - 1) / c_); }
  std::uint32_t raw(const std::uint64_t* k, unsigned w) const noexcept {
    // all that is left for the top window, which holds at most 2^(c-1)
    return detail::bits(k, c_ * w, w + 1 < windows_ ? c_ : c_ + 1);
  }

  SecretArray<std::uint16_t> digits_;  // [window][scalar]
  SecretArray<std::uint32_t> ids_;
  std::size_t rows_ = 0, full_ = 0, size_ = 0;
  unsigned c_ = kMinWindow, windows_ = 0, passes_ = 0;
};

}  // namespace msm

ASSAY_ISA_END
