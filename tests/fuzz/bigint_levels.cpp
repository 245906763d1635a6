// Big numbers on every level against every other: `bigint_levels [--cases N] [--seed S] [--level NAME]`.
//
// A case is one modular operation in one lane: a Montgomery product or square of values that are not reduced, up to the
// bounds of bigint/lanes_montgomery.h; a product of whole rows; a power with an exponent of few bits, secret or public;
// where the lanes share their modulus, a product of such powers of a few bases, or a power of one base from its table.
// Moduli have 256 to 8192 bits, most of them few, those of a group alike or mixed; digits are random, or zero, or all
// ones, or those of multiples of the modulus, or one off them. Levels with lanes must agree in every bit with the plain
// C++ model and stay below 4 m, the model with rows of words, of level portable for one half of the cases and of level
// adx for the other. One round of eight does the same modulo squares of 256 to 8192 bits, on pairs of numbers, within
// the bounds of bigint/lanes_squares.h; rows of words then work in pairs as well as on whole rows. First come products
// whose last sum is not below 4 m, which random ones hardly reach. Exit status 1 and the case on the first difference;
// the same seed gives the same cases.
#include "bigint_levels.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/words.h"
#include "bigint/montgomery.h"
#include "bigint/natural.h"
#include "bigint/power_row.h"
#include "bigint_cases.h"
#include "cpu/features.h"
#include "options.h"

namespace assay::fuzz {
namespace {

constexpr std::size_t kGroups = 32;  // with one set of moduli

class Worker {
 public:
  Worker(u64 seed, const std::vector<const BigintLevel*>& levels) : random_(seed), levels_(levels) {
    require(table_.allocate(power_table_words(kMaxWords, 2)));
  }

  // One set of moduli; false on a difference, which is printed.
  bool round() {
    if (random_() % 8 == 0) return squares_round();
    const u64 lengths = random_() % 8;
    const Kind kind = lengths < 2 ? Kind::mixed : lengths == 2 ? Kind::alike : Kind::any;
    const unsigned widest = modulus_bits(random_);
    const Moduli moduli(draw_moduli(random_, widest, kind), levels_);
    for (std::size_t group = 0; group < kGroups; ++group) {
      const u64 choice = random_() % 128;
      const bool small = moduli.bits <= 2100, tables = small && kind == Kind::alike;
      const bool same = choice < 48               ? montgomery(moduli, false)
                        : choice < 96             ? montgomery(moduli, true)
                        : small && choice >= 126  ? power(moduli)
                        : tables && choice >= 124 ? short_products(moduli)
                        : tables && choice >= 122 ? fixed_base(moduli)
                                                  : multiply(moduli);
      if (!same) return false;
    }
    return true;
  }

  bool squares_round() {
    const u64 lengths = random_() % 8;
    const Kind kind = lengths < 2 ? Kind::alike : Kind::any;
    const unsigned widest = root_bits(random_);
    Rows roots = draw_moduli(random_, widest, kind);
    if (lengths >= 6)  // of different lengths
      for (std::size_t lane = 1; lane < kLanes; ++lane)
        roots.of[lane] = draw_moduli(random_, std::min(widest, root_bits(random_)), kind).of[0];
    const Moduli moduli(roots, levels_, true);
    for (std::size_t group = 0; group < kGroups; ++group) {
      const u64 choice = random_() % 128;
      const bool small = moduli.bits <= 2100, tables = small && kind == Kind::alike;
      const bool same = small && choice >= 124    ? power(moduli)
                        : tables && choice >= 112 ? short_products(moduli)
                        : tables && choice >= 100 ? fixed_base(moduli)
                                                  : pairs(moduli, choice % 2 == 0);
      if (!same) return false;
    }
    return true;
  }

  // Row products whose result, before it is made canonical, is in [4 m, 5 m): only such ones need 2 m subtracted twice.
  // They take rows of as many bits as R has (13 words, 16 digits), values close to R, and m = 1 mod 2^52, whose
  // reductions add almost 2 m at most: one in 120 of these. False on a difference, or if they are not found.
  bool largest_products() {
    constexpr unsigned kBits = 829;
    constexpr std::size_t kCount = 64, kTries = 16, kMoreThanEnough = 20'000;
    for (std::size_t found = 0, round = 0; found < kCount; ++round) {
      if (round == kMoreThanEnough) {
        std::printf("row products of 4 m and more: %zu of %zu found\n", found, kCount);
        return false;
      }
      Rows values = draw_moduli(random_, kBits, Kind::any);
      for (Number& m : values.of) m.words[0] = (m.words[0] & ~kMask) | 1;
      const Moduli moduli(values, levels_);
      for (std::size_t i = 0; i < kTries; ++i) {
        const std::size_t large = draw_large(moduli);
        found += large;
        if (large > 0 && !multiply_drawn(moduli, 13)) return false;
      }
    }
    return true;
  }

 private:
  bool report(const char* what, const char* level, const Moduli& moduli, std::size_t lane, const Number& a,
              const Number& b, const Number& want, const Number& got, std::size_t words) {
    std::printf("%s modulo %u bits, %zu digits: level %s differs in lane %zu\n", what, moduli.views[lane].bits,
                moduli.n, level, lane);
    print("modulus", multiple(moduli.views[lane], 1), words);
    print("a", a, words);
    print("b", b, words);
    print("want", want, words);
    print(level, got, words);
    return false;
  }

  u64* scratch(std::size_t words) {
    if (scratch_.size() < words) require(scratch_.allocate(words));
    return scratch_.data();
  }

  bool montgomery(const Moduli& moduli, bool square) {
    const std::size_t n = moduli.n, words = (52 * n + 63) / 64;
    Group a(kLanes * n), b(kLanes * n), first(kLanes * n), r(kLanes * n);
    const bool skew = !square && random_() % 4 == 0;  // a below R, b below m
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const ModulusView& m = moduli.views[lane];
      set_lane(a, n, lane, skew ? number(random_, 52 * n) : unreduced(random_, m));
      Number y = skew ? number(random_, m.bits - 1) : unreduced(random_, m);
      if (skew && random_() % 4 == 0) {
        y = multiple(m, 1);
        y.words[0] -= 1;
      }
      set_lane(b, n, lane, y);
    }
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const BigintLevel& level = *levels_[i];
      level.montgomery(moduli.prepared[i].data(), moduli.bits, a.data(), square ? nullptr : b.data(), r.data(),
                       scratch(level.montgomery_scratch(moduli.bits)));
      if (i == 0) first = r;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const Number x = lane_of(a, n, lane), y = square ? x : lane_of(b, n, lane);
        const char* what = square ? "square" : "product";
        if (i > 0) {
          const Number want = lane_of(first, n, lane), got = lane_of(r, n, lane);
          if (std::memcmp(want.words, got.words, sizeof got.words) != 0)
            return report(what, level.name, moduli, lane, x, y, want, got, words);
          continue;
        }
        Montgomery rows;
        require(rows.assign(moduli.modulus[lane]));
        Number s, t, want, got = lane_of(r, n, lane);
        rows.enter(s.words, x.words, words);
        rows.enter(t.words, y.words, words);
        rows.mul(s.words, s.words, t.words);
        rows.mul(s.words, s.words, moduli.inverse_radix[lane].words);
        rows.leave(want.words, s.words);
        rows.enter(t.words, got.words, words);
        rows.leave(t.words, t.words);
        if (std::memcmp(t.words, want.words, sizeof t.words) != 0 ||
            natural_compare_var(got.words, multiple(moduli.views[lane], 4).words, kMaxWords) >= 0)
          return report(what, level.name, moduli, lane, x, y, want, got, words);
      }
    }
    return true;
  }

  // The number a - b m of a pair, as a canonical residue of whole rows
  static void residue(Montgomery& rows, const ModulusView& modulus, const Number& a, const Number& b, u64* r) {
    Number x, y, m;
    std::copy_n(modulus.root.words, modulus.root.size, m.words);
    rows.enter(x.words, a.words, kMaxWords);
    rows.enter(y.words, b.words, kMaxWords);
    rows.enter(m.words, m.words, rows.size());
    rows.mul(y.words, y.words, m.words);
    rows.canonical(y.words, y.words);
    rows.sub(r, x.words, y.words);
  }

  bool pairs(const Moduli& moduli, bool square) {
    const std::size_t n = moduli.n, words = kMaxWords;
    Group pair[2] = {Group(2 * kLanes * n), Group(2 * kLanes * n)}, first, r(2 * kLanes * n);
    const auto half = [&](const Group& digits, std::size_t lane, std::size_t which) {
      return lane_of(Group(digits.begin() + kLanes * n * which, digits.end()), n, lane);
    };
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      ModulusView m = moduli.views[lane];
      m.words = m.root.words, m.size = m.root.size, m.bits = m.root.bits;
      for (Group& digits : pair)
        for (const std::size_t which : {0, 1}) {
          Group digit(kLanes * n);
          set_lane(digit, n, lane, unreduced(random_, m, 5 + which));
          for (std::size_t j = lane; j < digit.size(); j += kLanes) digits[kLanes * n * which + j] = digit[j];
        }
    }
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const BigintLevel& level = *levels_[i];
      level.square_montgomery(moduli.prepared[i].data(), moduli.bits, pair[0].data(), square ? nullptr : pair[1].data(),
                              r.data(), scratch(level.square_montgomery_scratch(moduli.bits)));
      if (i == 0) first = r;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const ModulusView& view = moduli.views[lane];
        const Number got[2] = {half(r, lane, 0), half(r, lane, 1)};
        const char* what = square ? "square of a pair" : "product of pairs";
        const Number x = half(pair[0], lane, 0), y = half(pair[square ? 0 : 1], lane, 0);
        if (i > 0) {
          const Number want[2] = {half(first, lane, 0), half(first, lane, 1)};
          if (std::memcmp(want, got, sizeof got) != 0)
            return report(what, level.name, moduli, lane, x, y, want[0], got[0], words);
          continue;
        }
        ModulusView root = view;
        root.words = view.root.words, root.size = view.root.size;
        Montgomery rows;
        require(rows.assign(moduli.modulus[lane].plain_view()));
        Number s, t, want, result;
        residue(rows, view, x, half(pair[0], lane, 1), s.words);
        residue(rows, view, y, half(pair[square ? 0 : 1], lane, 1), t.words);
        rows.mul(want.words, s.words, t.words);
        rows.mul(want.words, want.words, moduli.inverse_radix[lane].words);
        rows.leave(want.words, want.words);
        residue(rows, view, got[0], got[1], result.words);
        rows.leave(result.words, result.words);
        if (std::memcmp(want.words, result.words, 8 * rows.size()) != 0 ||
            natural_compare_var(got[0].words, multiple(root, 5).words, kMaxWords) >= 0 ||
            natural_compare_var(got[1].words, multiple(root, 6).words, kMaxWords) >= 0)
          return report(what, level.name, moduli, lane, x, y, want, result, words);
        if (!rows_of_pairs(moduli, lane, s, t, square)) return report(what, "rows", moduli, lane, s, t, s, t, words);
      }
    }
    return true;
  }

  // Rows in pairs against whole rows: (x - y) x y or (x - y) x^2, also of pairs that are not canonical; x and y below
  // the modulus.
  bool rows_of_pairs(const Moduli& moduli, std::size_t lane, const Number& x, const Number& y, bool square) {
    Number want, got;
    for (const bool whole : {true, false}) {
      Montgomery rows;
      require(rows.assign(whole ? moduli.modulus[lane].plain_view() : moduli.modulus[lane].view()));
      Number a, b, difference, sum;
      rows.enter(a.words, x.words, kMaxWords);
      rows.enter(b.words, y.words, rows.size());
      rows.sub(difference.words, a.words, b.words);
      rows.add(sum.words, difference.words, b.words);  // a again
      if (std::memcmp(sum.words, a.words, 8 * rows.size()) != 0) return false;
      square ? rows.sqr(a.words, a.words) : rows.mul(a.words, b.words, a.words);
      rows.mul(a.words, difference.words, a.words);
      if (!square) rows.canonical(a.words, a.words);
      rows.leave((whole ? want : got).words, a.words);
    }
    return std::memcmp(want.words, got.words, sizeof got.words) == 0;
  }

  // What rows of words say of `count` items, item i modulo that of lane i mod 8, into want_; then every level.
  template <class Run, class Want>
  bool rows(const char* what, const Moduli& moduli, std::size_t words, std::size_t count, Run&& run, Want&& want) {
    for (std::size_t i = 0; i < count; ++i) {
      want_[i] = {};
      Montgomery rows;
      require(rows.assign(moduli.modulus[i % kLanes].plain_view()));
      want(i, rows, want_[i].words);
      if (!moduli.squares) continue;
      Number pairs;
      require(rows.assign(moduli.modulus[i % kLanes]));
      want(i, rows, pairs.words);
      if (std::memcmp(want_[i].words, pairs.words, 8 * words) != 0)
        return report(what, "rows in pairs", moduli, i % kLanes, a_[i], b_[i], want_[i], pairs, words);
    }
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      for (Number& got : got_) std::fill_n(got.words, kMaxWords, 0x5555);
      run(*levels_[i], moduli.prepared[i].data());
      for (std::size_t j = 0; j < count; ++j)
        if (std::memcmp(want_[j].words, got_[j].words, 8 * words) != 0)
          return report(what, levels_[i]->name, moduli, j % kLanes, a_[j], b_[j], want_[j], got_[j], words);
    }
    return true;
  }

  // Rows as wide as the moduli, or up to twice as wide.
  std::size_t width(const Moduli& moduli) {
    const std::size_t least = (moduli.bits + 63) / 64;
    return std::min(random_() % 4 == 0 ? least + random_() % (least + 1) : least, kMaxWords - 4);
  }

  bool multiply(const Moduli& moduli) {
    const std::size_t words = width(moduli);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      a_[lane] = random_() % 4 == 0 ? multiple(moduli.views[lane], 1) : number(random_, 64 * words);
      b_[lane] = number(random_, random_() % 2 == 0 ? moduli.views[lane].bits : 64 * words);
    }
    return multiply_drawn(moduli, words);
  }

  // a_ and b_ for largest_products(); how many of their products reach 4 m, by the steps of the lanes' own.
  std::size_t draw_large(const Moduli& moduli) {
    const std::size_t n = moduli.n;
    Group a(kLanes * n), square(kLanes * n), b(kLanes * n);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      for (Number* x : {&a_[lane], &b_[lane]}) {
        *x = {};
        for (std::size_t i = 0; i < 12; ++i) x->words[i] = random_();
        x->words[12] = ~(random_() >> 56);
      }
      Montgomery rows;
      require(rows.assign(moduli.modulus[lane]));
      Number r;
      rows.mul(r.words, moduli.radix[lane].words, moduli.radix[lane].words);
      rows.leave(r.words, r.words);
      set_lane(a, n, lane, a_[lane]);
      set_lane(square, n, lane, r);
      set_lane(b, n, lane, b_[lane]);
    }
    const BigintLevel& model = *levels_[0];
    u64* memory = scratch(model.montgomery_scratch(moduli.bits));
    model.montgomery(moduli.prepared[0].data(), moduli.bits, a.data(), square.data(), a.data(), memory);
    model.montgomery(moduli.prepared[0].data(), moduli.bits, a.data(), b.data(), a.data(), memory);
    std::size_t large = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      large += natural_compare_var(lane_of(a, n, lane).words, multiple(moduli.views[lane], 4).words, kMaxWords) >= 0;
    return large;
  }

  // a_ times b_
  bool multiply_drawn(const Moduli& moduli, std::size_t words) {
    MultiplyGroup group = {};
    group.bits = moduli.bits;
    group.words = words;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      group.a[lane] = a_[lane].words;
      group.b[lane] = b_[lane].words;
      group.out[lane] = got_[lane].words;
    }
    return rows(
        "row product", moduli, words, kLanes,
        [&](const BigintLevel& level, const u64* prepared) {
          group.moduli = prepared;
          level.kernel.multiply(group, scratch(level.kernel.multiply_scratch(group)));
        },
        [&](std::size_t lane, Montgomery& rows, u64* want) {
          Number x, y;
          rows.enter(x.words, a_[lane].words, words);
          rows.enter(y.words, b_[lane].words, words);
          rows.mul(x.words, x.words, y.words);
          rows.leave(want, x.words);
        });
  }

  bool power(const Moduli& moduli) {
    const std::size_t words = width(moduli);
    const u64 choice = random_();
    PowerGroup group = {};
    group.bits = moduli.bits;
    group.words = words;
    group.exponent_words = 1;
    group.variable = choice % 8 != 0;  // secret ones cost 64 squares
    const unsigned length = 1 + (choice >> 8) % 20;
    const bool shared = (choice >> 16) % 2 != 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      a_[lane] = number(random_, 64 * words);
      b_[lane] = shared && lane > 0 ? b_[0] : number(random_, length);
      group.bases[lane] = a_[lane].words;
      group.exponents[lane] = b_[shared ? 0 : lane].words;
      group.out[lane] = got_[lane].words;
    }
    return rows(
        group.variable ? "power_var" : "power", moduli, words, kLanes,
        [&](const BigintLevel& level, const u64* prepared) {
          group.moduli = prepared;
          moduli.kernel(level).power(group, scratch(moduli.kernel(level).power_scratch(group)), Stop{});
        },
        [&](std::size_t lane, Montgomery& rows, u64* want) {
          power_row_var(rows, {a_[lane].words, words, b_[lane].words, 1, want, table_.data()}, Stop{});
        });
  }

  // r = r base^e of residues, for the low `length` bits of two words of e
  void multiply_power(Montgomery& rows, u64* r, const u64* base, std::size_t words, const u64* e, std::size_t length) {
    const u64 bits[2] = {e[0] & bit_mask(length), length > 64 ? e[1] & bit_mask(length - 64) : 0};
    Number power, residue;
    power_row_var(rows, {base, words, bits, 2, power.words, table_.data()}, Stop{});
    rows.enter(residue.words, power.words, words);
    rows.mul(r, r, residue.words);
  }

  // A few; now and then, of small moduli, as many as reach into a second word of exponents.
  std::size_t windows(const Moduli& moduli, unsigned bits) {
    return moduli.bits <= 320 && random_() % 8 == 0 ? 64 / bits + 2 : 1 + random_() % 4;
  }

  bool short_products(const Moduli& moduli) {
    constexpr std::size_t kTerms = 3;
    const std::size_t words = width(moduli);
    const u64 choice = random_();
    ShortProductsGroup group = {};
    group.bits = moduli.bits;
    group.words = words;
    group.terms = 1 + choice % kTerms;
    group.exponent_words = 2;
    group.window = 1 + (choice >> 8) % 4;
    group.digits = windows(moduli, group.window);
    group.variable = (choice >> 16) % 2 != 0;
    std::vector<u64> bases(kLanes * kTerms * words);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      u64* rows = bases.data() + lane * kTerms * words;
      for (std::size_t j = 0; j < group.terms; ++j)
        std::copy_n(number(random_, 64 * words).words, words, rows + j * words);
      a_[lane] = number(random_, 64 * words);
      b_[lane] = number(random_, 128 * group.terms);
      group.counts[lane] = (choice >> 24) % 2 == 0 ? group.terms : random_() % (group.terms + 1);
      group.bases[lane] = rows;
      group.exponents[lane] = b_[lane].words;
      group.heads[lane] = a_[lane].words;
      group.out[lane] = got_[lane].words;
    }
    return rows(
        group.variable ? "product of powers_var" : "product of powers", moduli, words, kLanes,
        [&](const BigintLevel& level, const u64* prepared) {
          group.moduli = prepared;
          moduli.kernel(level).short_products(group, scratch(moduli.kernel(level).short_products_scratch(group)));
        },
        [&](std::size_t lane, Montgomery& rows, u64* want) {
          Number r;
          rows.enter(r.words, a_[lane].words, words);
          for (std::size_t i = group.window * (group.digits - 1); i > 0; --i) rows.sqr(r.words, r.words);
          for (std::size_t j = 0; j < group.counts[lane]; ++j)
            multiply_power(rows, r.words, group.bases[lane] + j * words, words, b_[lane].words + 2 * j,
                           group.window * group.digits);
          rows.leave(want, r.words);
        });
  }

  bool fixed_base(const Moduli& moduli) {
    const std::size_t size = moduli.views[0].size;
    const u64 choice = random_();
    FixedBaseGroup group = {};
    group.bits = moduli.bits;
    group.words = size;
    group.exponent_words = 2;
    group.window = 1 + choice % 4;
    group.windows = windows(moduli, group.window);
    group.groups = 1 + (choice >> 8) % kFixedBaseGroups;
    const Number base = number(random_, 64 * size);
    const std::size_t entries = std::size_t{1} << group.window;
    std::vector<u64> table(group.windows * entries * size);
    Montgomery rows_of_words;
    require(rows_of_words.assign(moduli.modulus[0]));
    Number step, power, correction, radix;
    if (moduli.squares) {
      Montgomery whole;
      require(whole.assign(moduli.modulus[0].plain_view()));
      whole.leave(radix.words, moduli.radix[0].words);
      rows_of_words.enter(radix.words, radix.words, size);
    } else {
      radix = moduli.radix[0];
    }
    rows_of_words.enter(step.words, base.words, size);
    std::copy_n(rows_of_words.one(), size, correction.words);
    for (std::size_t t = 0; t < group.windows; ++t) {
      std::copy_n(rows_of_words.one(), size, power.words);
      for (std::size_t d = 0; d < entries; ++d) {
        rows_of_words.canonical(table.data() + (t * entries + d) * size, power.words);
        rows_of_words.mul(power.words, power.words, step.words);
      }
      step = power;  // to the power of 2^w
      // R / 2^(64 size) more
      rows_of_words.mul(correction.words, correction.words, radix.words);
      rows_of_words.unscale(correction.words, correction.words);
    }
    rows_of_words.unscale(correction.words, correction.words);
    group.table = table.data();
    group.correction = correction.words;
    for (std::size_t i = 0; i < group.groups * kLanes; ++i) {
      a_[i] = base;
      b_[i] = number(random_, 128);
      group.exponents[i / kLanes][i % kLanes] = b_[i].words;
      group.out[i / kLanes][i % kLanes] = got_[i].words;
    }
    return rows(
        "power of one base", moduli, size, group.groups * kLanes,
        [&](const BigintLevel& level, const u64* prepared) {
          group.moduli = prepared;
          moduli.kernel(level).fixed_base(group, scratch(moduli.kernel(level).fixed_base_scratch(group)));
        },
        [&](std::size_t i, Montgomery& rows, u64* want) {
          Number r;
          std::copy_n(rows.one(), size, r.words);
          multiply_power(rows, r.words, base.words, size, b_[i].words, group.window * group.windows);
          rows.leave(want, r.words);
        });
  }

  Random random_;
  const std::vector<const BigintLevel*>& levels_;
  Words scratch_, table_;
  static constexpr std::size_t kItems = kFixedBaseGroups * kLanes;
  Number a_[kItems], b_[kItems], want_[kItems], got_[kItems];
};

int fuzz(u64 target, u64 seed, const std::string& only) {
  std::vector<const BigintLevel*> levels = {&kBigintModelLevel};
  std::vector<IsaLevel> words = {IsaLevel::portable};
#if defined(ASSAY_X86)
  if (isa_available(IsaLevel::adx)) words.push_back(IsaLevel::adx);
  if (isa_available(IsaLevel::avx512)) levels.push_back(&kBigintAvx512Level);
  if (isa_available(IsaLevel::ifma)) levels.push_back(&kBigintIfmaLevel);
#endif
  if (!only.empty()) {
    if (std::none_of(levels.begin(), levels.end(), [&](const BigintLevel* level) { return only == level->name; })) {
      std::printf("this machine has no level %s\n", only.c_str());
      return 0;
    }
    std::erase_if(levels, [&](const BigintLevel* level) { return only != level->name && level != &kBigintModelLevel; });
  }
  std::printf("seed %" PRIu64 ", big numbers: rows against", seed);
  for (const BigintLevel* level : levels) std::printf(" %s", level->name);
  std::printf("\n");
  std::fflush(stdout);
  const u64 per_round = kLanes * kGroups, rounds = (target + per_round - 1) / per_round;
  std::atomic<u64> next{0};
  std::atomic<bool> failed{false};
  const auto started = std::chrono::steady_clock::now();
  require(set_isa_level(IsaLevel::portable));
  if (!Worker(seed, levels).largest_products()) failed = true;
  for (std::size_t phase = 0; phase < words.size(); ++phase) {
    require(set_isa_level(words[phase]));  // of the rows of words
    const u64 end = rounds * (phase + 1) / words.size();
    next = rounds * phase / words.size();
    std::vector<std::thread> threads;
    for (unsigned i = std::max(1U, std::thread::hardware_concurrency()); i > 0; --i)
      threads.emplace_back([&] {
        for (u64 round; !failed && (round = next++) < end;)
          if (!Worker(seed + round, levels).round()) failed = true;
      });
    for (auto& thread : threads) thread.join();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  std::printf("%s: %" PRIu64 " cases in %.0f s\n", failed ? "FAILED" : "passed", rounds * per_round, seconds.count());
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace assay::fuzz

int main(int argc, char** argv) {
  const auto options = assay::fuzz::parse_options(argc, argv, 100'000'000, "avx512|ifma");
  return assay::fuzz::fuzz(options.cases, options.seed, options.level);
}
