// Big numbers on every level against every other: `bigint_levels [--cases N] [--seed S] [--level NAME]`.
//
// A case is one modular operation in one lane: a Montgomery product or square of values that are not reduced, up to the
// bounds of bigint/lanes_montgomery.h; a product of whole rows; a power with an exponent of few bits, secret or public.
// Moduli have 256 to 8192 bits, most of them few, those of a group alike or mixed; digits are random, or zero, or all
// ones, or those of multiples of the modulus, or one off them. Levels with lanes must agree in every bit with the plain
// C++ model and stay below 4 m, the model with rows of words, of level portable for one half of the cases and of level
// adx for the other. Exit status 1 and the case on the first difference; the same seed gives the same cases.
#include "bigint_levels.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/words.h"
#include "bigint/montgomery.h"
#include "bigint/natural.h"
#include "bigint/power_row.h"
#include "cpu/features.h"
#include "random.h"

namespace assay::fuzz {
namespace {

using u64 = std::uint64_t;
constexpr u64 kMask = (u64{1} << 52) - 1;
constexpr std::size_t kGroups = 32;     // with one set of moduli
constexpr std::size_t kMaxWords = 132;  // of a value below 2^(52 158)

void require(Status status) {
  if (status == Status::ok) return;
  std::fprintf(stderr, "bigint_levels: %s\n", message(status));
  std::exit(2);
}

struct Number {
  u64 words[kMaxWords] = {};
};

u64 bit_mask(std::size_t bits) { return bits >= 64 ? ~u64{0} : (u64{1} << bits) - 1; }

// A number of at most `bits` bits.
Number number(Random& random, std::size_t bits) {
  Number x;
  const std::size_t words = (bits + 63) / 64;
  const u64 choice = random();
  switch (choice % 8) {
    case 0:
      x.words[0] = (choice >> 8) % 4;
      break;
    case 1:  // all ones, one off
      for (std::size_t i = 0; i < words; ++i) x.words[i] = ~u64{0};
      x.words[0] -= (choice >> 8) % 3;
      break;
    case 2: {  // 2^k, 2^k - 1
      const std::size_t k = (choice >> 8) % bits;
      if ((choice >> 40) & 1) {
        x.words[k / 64] = u64{1} << k % 64;
      } else {
        for (std::size_t i = 0; i < k / 64; ++i) x.words[i] = ~u64{0};
        x.words[k / 64] = bit_mask(k % 64);
      }
      break;
    }
    case 3:
    case 4: {  // digits of zeros and ones
      for (std::size_t at = 0; at < bits; at += 52) {
        const u64 kind = random() % 6;
        const u64 digit = kind == 0   ? 0
                          : kind == 1 ? kMask
                          : kind == 2 ? 1
                          : kind == 3 ? kMask - 1
                          : kind == 4 ? u64{1} << 51
                                      : random() & kMask;
        x.words[at / 64] |= digit << at % 64;
        if (at % 64 > 12) x.words[at / 64 + 1] |= digit >> (64 - at % 64);
      }
      break;
    }
    default:
      for (std::size_t i = 0; i < words; ++i) x.words[i] = random();
  }
  x.words[bits / 64] &= bit_mask(bits % 64);
  for (std::size_t i = bits / 64 + 1; i < kMaxWords; ++i) x.words[i] = 0;
  return x;
}

unsigned modulus_bits(Random& random) {
  const u64 choice = random(), spread = choice >> 16;
  const auto between = [&](u64 low, u64 high) { return static_cast<unsigned>(low + spread % (high - low + 1)); };
  const u64 kind = choice % 1024;
  if (kind < 1) return between(4000, 8192);
  if (kind < 4) return between(2100, 4200);
  if (kind < 40) return between(1024, 2100);
  if (kind < 200) return between(640, 1100);
  return kind < 500 ? between(320, 640) : between(256, 320);
}

// Eight moduli, what the levels made of them, and 2^(-52 n) as a residue of rows of words.
struct Moduli {
  Modulus modulus[kLanes];
  ModulusView views[kLanes];
  unsigned bits = 0;
  std::size_t n = 0;
  std::vector<Words> prepared;
  Number inverse_radix[kLanes];

  Moduli(Random& random, const std::vector<const BigintLevel*>& levels) : prepared(levels.size()) {
    const unsigned widest = modulus_bits(random);
    const bool mixed = random() % 4 == 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const unsigned length = mixed ? 256 + static_cast<unsigned>(random() % (widest - 255)) : widest;
      Number m = number(random, length);
      m.words[0] |= 1;
      m.words[(length - 1) / 64] |= u64{1} << (length - 1) % 64;
      require(modulus[lane].assign(m.words, (length + 63) / 64));
      views[lane] = modulus[lane].view();
      bits = std::max(bits, length);
    }
    n = (bits + 3 + 51) / 52;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      require(prepared[i].allocate(levels[i]->kernel.moduli_words(bits)));
      levels[i]->kernel.prepare(views, prepared[i].data());
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      Montgomery rows;
      require(rows.assign(modulus[lane]));
      const std::size_t size = rows.size();
      const Number one = {{1}};
      u64* x = inverse_radix[lane].words;
      std::copy_n(rows.one(), size, x);
      std::size_t power = 0;  // x stands for 2^-power
      for (; power < 52 * n; power += 64 * size) rows.mul(x, x, one.words);
      rows.canonical(x, x);
      for (; power > 52 * n; --power) rows.add(x, x, x);
    }
  }
};

using Group = std::vector<u64>;  // digits, [8 j + lane]

Number lane_of(const Group& digits, std::size_t n, std::size_t lane) {
  Number x;
  for (std::size_t j = 0; j < n; ++j) {
    const u64 digit = digits[kLanes * j + lane];
    x.words[52 * j / 64] |= digit << 52 * j % 64;
    if (52 * j % 64 > 12) x.words[52 * j / 64 + 1] |= digit >> (64 - 52 * j % 64);
  }
  return x;
}
void set_lane(Group& digits, std::size_t n, std::size_t lane, const Number& x) {
  for (std::size_t j = 0; j < n; ++j) {
    u64 digit = x.words[52 * j / 64] >> 52 * j % 64;
    if (52 * j % 64 > 12) digit |= x.words[52 * j / 64 + 1] << (64 - 52 * j % 64);
    digits[kLanes * j + lane] = digit & kMask;
  }
}

void print(const char* name, const Number& x, std::size_t words) {
  std::printf("  %-10s 0x", name);
  for (std::size_t i = words; i-- > 0;) std::printf("%016" PRIx64, x.words[i]);
  std::printf("\n");
}

// k m
Number multiple(const ModulusView& m, u64 k) {
  Number r;
  __extension__ unsigned __int128 carry = 0;
  for (std::size_t i = 0; i <= m.size; ++i) {
    if (i < m.size) carry += static_cast<unsigned __int128>(k) * m.words[i];
    r.words[i] = static_cast<u64>(carry);
    carry >>= 64;
  }
  return r;
}

// A value below 4 m.
Number unreduced(Random& random, const ModulusView& m) {
  const u64 choice = random();
  if (choice % 4 != 0) return number(random, m.bits + 1);  // < 2^(bits + 1) <= 4 m
  Number x = multiple(m, 1 + (choice >> 8) % 4);
  u64 borrow = 1 + (choice >> 16) % 3;
  for (std::size_t i = 0; i < kMaxWords && borrow != 0; ++i) {
    const u64 before = x.words[i];
    x.words[i] = before - borrow;
    borrow = before < borrow;
  }
  return x;
}

class Worker {
 public:
  Worker(u64 seed, const std::vector<const BigintLevel*>& levels) : random_(seed), levels_(levels) {
    require(table_.allocate(power_table_words(kMaxWords, 1)));
  }

  // One set of moduli; false on a difference, which is printed.
  bool round() {
    const Moduli moduli(random_, levels_);
    for (std::size_t group = 0; group < kGroups; ++group) {
      const u64 choice = random_() % 128;
      const bool same = choice < 48                          ? montgomery(moduli, false)
                        : choice < 96                        ? montgomery(moduli, true)
                        : choice < 126 || moduli.bits > 2100 ? multiply(moduli)
                                                             : power(moduli);
      if (!same) return false;
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

  // What rows of words say, into want_; then every level.
  template <class Run, class Want>
  bool rows(const char* what, const Moduli& moduli, std::size_t words, Run&& run, Want&& want) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      want_[lane] = {};
      Montgomery rows;
      require(rows.assign(moduli.modulus[lane]));
      want(lane, rows, want_[lane].words);
    }
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      for (Number& got : got_) std::fill_n(got.words, kMaxWords, 0x5555);
      run(*levels_[i], moduli.prepared[i].data());
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        if (std::memcmp(want_[lane].words, got_[lane].words, 8 * words) != 0)
          return report(what, levels_[i]->name, moduli, lane, a_[lane], b_[lane], want_[lane], got_[lane], words);
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
    MultiplyGroup group = {};
    group.bits = moduli.bits;
    group.words = words;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      a_[lane] = random_() % 4 == 0 ? multiple(moduli.views[lane], 1) : number(random_, 64 * words);
      b_[lane] = number(random_, random_() % 2 == 0 ? moduli.views[lane].bits : 64 * words);
      group.a[lane] = a_[lane].words;
      group.b[lane] = b_[lane].words;
      group.out[lane] = got_[lane].words;
    }
    return rows(
        "row product", moduli, words,
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
        group.variable ? "power_var" : "power", moduli, words,
        [&](const BigintLevel& level, const u64* prepared) {
          group.moduli = prepared;
          level.kernel.power(group, scratch(level.kernel.power_scratch(group)), Stop{});
        },
        [&](std::size_t lane, Montgomery& rows, u64* want) {
          power_row_var(rows, {a_[lane].words, words, b_[lane].words, 1, want, table_.data()}, Stop{});
        });
  }

  Random random_;
  const std::vector<const BigintLevel*>& levels_;
  Words scratch_, table_;
  Number a_[kLanes], b_[kLanes], want_[kLanes], got_[kLanes];
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
  std::uint64_t cases = 100'000'000, seed = std::random_device{}();
  std::string only;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 < argc && name == "--cases") {
      cases = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (i + 1 < argc && name == "--seed") {
      seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (i + 1 < argc && name == "--level") {
      only = argv[i + 1];
    } else {
      std::fprintf(stderr, "usage: bigint_levels [--cases N] [--seed S] [--level avx512|ifma]\n");
      return 2;
    }
  }
  return assay::fuzz::fuzz(cases, seed, only);
}
