#include "primes/small_primes.h"

#include <algorithm>
#include <memory>
#include <new>

namespace assay {
namespace {

__extension__ using u128 = unsigned __int128;

// (t + m G) / 2^64 with m = -t / G mod 2^64, less G where it is not below G; t < 2^64 G, G < 2^63
std::uint64_t reduce(u128 t, std::uint64_t product, std::uint64_t neg_inverse) noexcept {
  const std::uint64_t m = static_cast<std::uint64_t>(t) * neg_inverse;
  const std::uint64_t high = static_cast<std::uint64_t>(t >> 64);
  const std::uint64_t carry =
      static_cast<std::uint64_t>((static_cast<u128>(m) * product) >> 64) +
      (static_cast<std::uint64_t>(t) != 0 ? 1 : 0);  // < G + 1: the low words add up to 2^64 or 0
  const std::uint64_t sum = high + carry;            // < 2 G < 2^64
  return sum - (product & (0 - static_cast<std::uint64_t>(sum >= product)));
}

// x 2^(-64 n) mod G
std::uint64_t montgomery_residue(const std::uint64_t* x, std::size_t n, std::uint64_t product,
                                 std::uint64_t neg_inverse) noexcept {
  std::uint64_t r = 0;
  for (std::size_t i = 0; i < n; ++i) {
    // (r + x_i) / 2^64 mod G; r + x_i < 2^64 G because r < G
    r = reduce(static_cast<u128>(r) + x[i], product, neg_inverse);
  }
  return r;
}

// 2^(64 (n + 1)) mod G: to the power n in Montgomery form is 2^(64 n) 2^64. The time tells n alone.
std::uint64_t power_of_radix(std::size_t n, std::uint64_t product, std::uint64_t neg_inverse) noexcept {
  const std::uint64_t one = (0 - product) % product;                                          // 2^64 mod G
  std::uint64_t result = one;                                                                 // 1
  std::uint64_t base = static_cast<std::uint64_t>((static_cast<u128>(one) << 64) % product);  // 2^64
  for (; n > 0; n >>= 1) {
    if ((n & 1) != 0) result = reduce(static_cast<u128>(result) * base, product, neg_inverse);
    base = reduce(static_cast<u128>(base) * base, product, neg_inverse);
  }
  return result;
}

// r mod p; the quotient by floor((2^64 - 1) / p) is at most one too small.
std::uint32_t word_mod(std::uint64_t r, std::uint32_t p, std::uint64_t reciprocal) noexcept {
  const std::uint64_t quotient = static_cast<std::uint64_t>((static_cast<u128>(r) * reciprocal) >> 64);
  const std::uint64_t rest = r - quotient * p;
  return static_cast<std::uint32_t>(rest - (p & (0 - static_cast<std::uint64_t>(rest >= p))));
}

}  // namespace

const SmallPrimes* SmallPrimes::get() noexcept {
  static const SmallPrimes* const table = []() noexcept -> const SmallPrimes* {
    std::unique_ptr<SmallPrimes> fresh(new (std::nothrow) SmallPrimes);
    return fresh && fresh->fill() ? fresh.release() : nullptr;  // lives as long as the process
  }();
  return table;
}

bool SmallPrimes::fill() noexcept {
  constexpr std::size_t kHalf = kSmallPrimeLimit / 2, kBound = 82'100;  // pi(2^20) = 82025
  std::unique_ptr<bool[]> composite(new (std::nothrow) bool[kHalf]());  // of 2 i + 1
  primes_ = new (std::nothrow) std::uint32_t[kBound];
  reciprocals_ = new (std::nothrow) std::uint64_t[kBound];
  groups_ = new (std::nothrow) Group[kBound / 3 + 1];
  if (!composite || primes_ == nullptr || reciprocals_ == nullptr || groups_ == nullptr) {
    delete[] primes_;
    delete[] reciprocals_;
    delete[] groups_;
    return false;
  }
  for (std::size_t i = 1; i < kHalf; ++i) {
    if (composite[i]) continue;
    const std::size_t p = 2 * i + 1;
    reciprocals_[size_] = ~std::uint64_t{0} / p;
    primes_[size_++] = static_cast<std::uint32_t>(p);
    for (std::size_t j = (p * p - 1) / 2; j < kHalf; j += p) composite[j] = true;
  }
  for (std::size_t i = 0; i < size_;) {
    Group& group = groups_[group_count_++];
    group = {1, 0, static_cast<std::uint32_t>(i), 0};
    // the product stays below 2^63, so that a residue and a word add up to less than 2^64 times it
    for (; i < size_ && group.product < (std::uint64_t{1} << 63) / primes_[i]; ++i, ++group.count)
      group.product *= primes_[i];
    std::uint64_t inverse = group.product;  // modulo 2^3, then 2^6, ... 2^96
    for (int k = 0; k < 5; ++k) inverse *= 2 - group.product * inverse;
    group.neg_inverse = 0 - inverse;
  }
  return true;
}

std::size_t SmallPrimes::below(std::uint32_t limit) const noexcept {
  return static_cast<std::size_t>(std::lower_bound(primes_, primes_ + size_, limit) - primes_);
}

void SmallPrimes::residues(const std::uint64_t* x, std::size_t n, std::size_t count,
                           std::uint32_t* out) const noexcept {
  for (const Group* group = groups_; group != groups_ + group_count_ && group->first < count; ++group) {
    const std::uint64_t y = montgomery_residue(x, n, group->product, group->neg_inverse);
    const std::uint64_t radix = power_of_radix(n, group->product, group->neg_inverse);
    const std::uint64_t r = reduce(static_cast<u128>(y) * radix, group->product, group->neg_inverse);
    for (std::size_t i = group->first; i < std::min<std::size_t>(group->first + group->count, count); ++i)
      out[i] = word_mod(r, primes_[i], reciprocals_[i]);
  }
}

std::uint32_t SmallPrimes::divisor_var(const std::uint64_t* x, std::size_t n, std::size_t count) const noexcept {
  for (const Group* group = groups_; group != groups_ + group_count_ && group->first < count; ++group) {
    const std::uint64_t y = montgomery_residue(x, n, group->product, group->neg_inverse);
    for (std::size_t i = group->first; i < std::min<std::size_t>(group->first + group->count, count); ++i)
      if (word_mod(y, primes_[i], reciprocals_[i]) == 0) return primes_[i];
  }
  return 0;
}

}  // namespace assay
