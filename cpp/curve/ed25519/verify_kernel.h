// The body of verification (verify.h), for signatures one by one or eight side by side; F is an Fe51. A level compiles
// it in a file of its own (verify_portable.cpp, ..., verify_ifma.cpp) behind its tables (scalar_tables.h,
// lanes_tables.h).
#pragma once

#include <algorithm>

#include "curve/ed25519/point.h"
#include "curve/ed25519/scalar.h"
#include "curve/ed25519/verify.h"

namespace assay::ed25519 {
inline namespace ASSAY_ISA {

constexpr std::size_t kBlockGroups = 4;  // groups of signatures that share an inversion

struct Batch {
  const std::uint64_t* base;
  const std::uint8_t* public_keys;
  const std::uint8_t* digests;
  const std::uint8_t* signatures;
};

// What a group of signatures, one a lane, needs and leaves. A lane that fails early goes on with the point 0, so that Z
// is never zero.
template <class F>
struct Group {
  using Mask = typename F::Mask;
  static constexpr std::size_t kLanes = F::T::kLanes;

  Mask valid;
  F r_y;       // the limbs of R without the sign
  Mask r_odd;  // its sign
  Point<F> result;

  // the signatures from `at` on, the first again in the lanes beyond n
  void run(const Batch& batch, std::size_t at, std::size_t n) noexcept {
    Digits digits[kLanes];
    std::uint64_t a_y[kLimbs51][kLanes], signature_y[kLimbs51][kLanes];
    Mask a_odd = 0;
    valid = 0;
    r_odd = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t i = at + (lane < n ? lane : 0);
      const std::uint8_t* signature = batch.signatures + kSignatureBytes * i;
      put(a_y, a_odd, lane, batch.public_keys + kPublicKeyBytes * i);
      put(signature_y, r_odd, lane, signature);
      valid = static_cast<Mask>(valid | digits[lane].set(batch.digests + kDigestBytes * i, signature + 32) << lane);
    }
    for (std::size_t j = 0; j < kLimbs51; ++j) r_y.limb[j] = F::T::load(signature_y[j]);
    Point<F> a;
    for (std::size_t j = 0; j < kLimbs51; ++j) a.y.limb[j] = F::T::load(a_y[j]);
    valid = static_cast<Mask>(valid & root(a.y, static_cast<Mask>(~a_odd), a.x));  // -A
    a.x = select(F::small(0), a.x, valid);
    a.y = select(F::small(1), a.y, valid);
    a.z = F::small(1);
    a.t = mul(a.x, a.y);
    multiply(batch.base, a, digits);
  }

  // whether the result, given 1 / Z, encodes to R
  Mask verdict(const F& inverse_z) const noexcept {
    const F x = canonical(mul(result.x, inverse_z)), y = canonical(mul(result.y, inverse_z));
    return static_cast<Mask>(valid & equal_limbs(y, r_y) & (even_mask(x) ^ r_odd));
  }

 private:
  struct Digits {
    std::int16_t key[kKeyDigits], base[kBaseDigits];

    // false, and all zero, if s is not below L
    bool set(const std::uint8_t* digest, const std::uint8_t* s_bytes) noexcept {
      std::uint64_t s[4];
      Fl canonical_s;
      for (std::size_t i = 0; i < 4; ++i) s[i] = load_le64(s_bytes + 8 * i);
      if (Fl::from_limbs(canonical_s, s) != Status::ok) {
        *this = {};
        return false;
      }
      signed_windows<kKeyWindow, kKeyDigits>(reduce_digest(digest).data(), key);
      signed_windows<kBaseWindow, kBaseDigits>(s, base);
      return true;
    }
  };

  static void put(std::uint64_t (&limbs)[kLimbs51][kLanes], Mask& sign, std::size_t lane,
                  const std::uint8_t* bytes) noexcept {
    std::uint64_t words[4];
    for (std::size_t i = 0; i < 4; ++i) words[i] = load_le64(bytes + 8 * i);
    sign = static_cast<Mask>(sign | (words[3] >> 63) << lane);
    for (std::size_t j = 0; j < kLimbs51; ++j) limbs[j][lane] = limb51(words, j);
  }

  // result <- [s]B + [k]a
  void multiply(const std::uint64_t* base, const Point<F>& a, const Digits* digits) noexcept {
    KeyTable<F> table;
    const Cached<F> first = cached(a);
    table.put(0, cached(identity<F>()));
    table.put(1, first);
    Point<F> multiple = a;
    for (std::size_t j = 2; j <= KeyTable<F>::kLargest; ++j) {
      multiple = add<true>(multiple, first, 0);
      table.put(j, cached(multiple));
    }
    Point<F> sum = identity<F>();
    for (std::size_t i = kKeyDigits; i-- > 0;) {
      if (i + 1 < kKeyDigits) {
        for (unsigned k = 1; k < kKeyWindow; ++k) sum = dbl<false>(sum);
        sum = dbl<true>(sum);
      }
      std::uint64_t index[kLanes];
      const auto choose = [&](const auto& digit) noexcept {
        Mask negative = 0;
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          const int d = digit(digits[lane]);
          index[lane] = static_cast<std::uint64_t>(d < 0 ? -d : d);
          negative = static_cast<Mask>(negative | (d < 0) << lane);
        }
        return negative;
      };
      const Mask key_sign = choose([i](const Digits& d) noexcept { return d.key[i]; });
      const Cached<F> term = table.get(index);
      if (i % 2 != 0) {
        sum = add<false>(sum, term, key_sign);
        continue;
      }
      sum = add<true>(sum, term, key_sign);
      const Mask base_sign = choose([i](const Digits& d) noexcept { return d.base[i / 2]; });
      sum = add<false>(sum, base_step<F>(base, index), base_sign);
    }
    result = sum;
  }
};

// The inverses of Z of up to four groups from one (Montgomery's trick).
template <class F>
inline void verify_block(const Batch& batch, std::size_t begin, std::size_t n, std::uint8_t* verdicts) noexcept {
  constexpr std::size_t kLanes = F::T::kLanes;
  Group<F> groups[kBlockGroups];
  F before[kBlockGroups];
  F product = F::small(1);
  const std::size_t count = (n + kLanes - 1) / kLanes;
  for (std::size_t g = 0; g < count; ++g) {
    groups[g].run(batch, begin + g * kLanes, n - g * kLanes);
    before[g] = product;
    product = mul(product, groups[g].result.z);
  }
  F rest = inverse(product);
  for (std::size_t g = count; g-- > 0;) {
    const auto verdict = groups[g].verdict(mul(rest, before[g]));
    rest = mul(rest, groups[g].result.z);
    for (std::size_t lane = 0; lane < kLanes && g * kLanes + lane < n; ++lane)
      verdicts[begin + g * kLanes + lane] = static_cast<std::uint8_t>((verdict >> lane) & 1);
  }
}

template <class F>
inline void verify_all(const std::uint64_t* base, const std::uint8_t* public_keys, const std::uint8_t* digests,
                       const std::uint8_t* signatures, std::size_t n, std::uint8_t* verdicts) noexcept {
  constexpr std::size_t kBlock = kBlockGroups * F::T::kLanes;
  const Batch batch{base, public_keys, digests, signatures};
  for (std::size_t begin = 0; begin < n; begin += kBlock)
    verify_block<F>(batch, begin, std::min(kBlock, n - begin), verdicts);
}

}  // namespace ASSAY_ISA
}  // namespace assay::ed25519
