#include "bigint/multi_power.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <new>

#include "base/words.h"
#include "bigint/montgomery.h"
#include "bigint/natural.h"

namespace assay {
namespace {

using u64 = std::uint64_t;

constexpr unsigned kMostWindow = 8, kMostBucketBits = 16;
constexpr std::size_t kPiece = 64;  // terms of a piece of Straus: its tables stay in the second-level cache

struct Method {
  bool buckets;
  unsigned window;  // w or c
  double products;  // for one piece
};

// For `terms` terms with exponents of `bits` bits, whose tables serve `outputs` outputs
Method choose(std::size_t terms, std::size_t bits, std::size_t outputs) noexcept {
  const double t = static_cast<double>(terms), b = static_cast<double>(bits);
  Method best = {false, 1, b + t * (1.0 / static_cast<double>(outputs) + b / 2)};
  for (unsigned w = 2; w <= kMostWindow; ++w) {
    const double tables = t * static_cast<double>(1u << (w - 1)) / static_cast<double>(outputs);
    const double cost = b + tables + t * b / (w + 1);
    if (cost < best.products) best = {false, w, cost};
  }
  for (unsigned c = 2; c <= kMostBucketBits; ++c) {
    const double windows = static_cast<double>((bits + c - 1) / c);
    const double cost = b + windows * (t + 2.0 * static_cast<double>(1u << c));
    if (cost < best.products) best = {true, c, cost};
  }
  return best;
}

u64 bits_at(const u64* e, std::size_t words, std::size_t at, unsigned count) noexcept {
  const std::size_t word = at / 64, offset = at % 64;
  if (word >= words) return 0;
  u64 x = e[word] >> offset;
  if (offset + count > 64 && word + 1 < words) x |= e[word + 1] << (64 - offset);
  return x & ((u64{1} << count) - 1);
}

// A product that is 1 until its first factor comes, which it then takes as it is.
class Accumulator {
 public:
  Accumulator(Montgomery& m, u64* row) noexcept : m_(m), row_(row) {}
  void reset() noexcept { empty_ = true; }
  void square() noexcept {
    if (!empty_) m_.sqr(row_, row_);
  }
  void multiply(const u64* factor) noexcept {
    if (empty_) {
      std::copy_n(factor, m_.size(), row_);
    } else {
      m_.mul(row_, row_, factor);
    }
    empty_ = false;
  }
  bool empty() const noexcept { return empty_; }
  const u64* row() const noexcept { return row_; }

 private:
  Montgomery& m_;
  u64* row_;
  bool empty_ = true;
};

// What the threads share: the batch, cut into pieces of its terms.
class Job {
 public:
  explicit Job(const MultiPowerBatch& batch) noexcept
      : batch_(batch), n_(batch.modulus->size()), terms_(batch.terms), outputs_(batch.count) {}

  Status run(JobControl* control) noexcept {
    bits_ = longest_exponent();
    // Pieces: enough for the threads where outputs are few; for tables, short enough for the digits of a piece.
    const std::size_t threads = num_threads(), share = (terms_ * outputs_ + threads - 1) / threads;
    piece_ = std::clamp<std::size_t>(outputs_ < 2 * threads ? std::max(kPiece, share) : terms_, 1, terms_ + 1);
    method_ = choose(piece_, std::max<std::size_t>(bits_, 1), shared() ? outputs_ : 1);
    if (!method_.buckets) piece_ = std::min(piece_, 4 * kPiece);
    pieces_ = (terms_ + piece_ - 1) / piece_;
    if (shared()) {
      ASSAY_TRY(tables_.allocate(terms_ * entries() * n_));
      ASSAY_TRY(for_chunks(terms_, 8, control, [&](Montgomery& m, std::size_t j) noexcept {
        return make_tables(m, j, j + 1, tables_.data() + j * entries() * n_);
      }));
    }
    ASSAY_TRY(partial_.allocate(outputs_ * pieces_ * n_));
    filled_.reset(new (std::nothrow) std::uint8_t[outputs_ * pieces_ + 1]());
    if (!filled_) return Status::out_of_memory;
    ASSAY_TRY(for_chunks(outputs_ * pieces_, 1, control, [&](Montgomery& m, std::size_t task) noexcept {
      return method_.buckets ? pippenger(m, task) : straus(m, task);
    }));
    return for_chunks(outputs_, 16, control, [&](Montgomery& m, std::size_t i) noexcept {
      Accumulator sum(m, partial(i, 0));
      for (std::size_t p = 0; p < pieces_; ++p)
        if (filled_[i * pieces_ + p] != 0) sum.multiply(partial(i, p));
      u64* out = batch_.out + i * batch_.words;
      m.leave(out, sum.empty() ? m.one() : sum.row());
      std::fill_n(out + n_, batch_.words - n_, 0);
      return Status::ok;
    });
  }

 private:
  template <class Body>
  Status for_chunks(std::size_t count, std::size_t grain, JobControl* control, Body body) noexcept {
    std::atomic<int> failed{static_cast<int>(Status::ok)};
    ASSAY_TRY(parallel_for(
        count, grain,
        [&](std::size_t begin, std::size_t end) noexcept {
          Montgomery m;
          Status status = m.assign(*batch_.modulus);
          for (std::size_t i = begin; i < end && status == Status::ok; ++i) status = body(m, i);
          if (status != Status::ok) failed.store(static_cast<int>(status), std::memory_order_relaxed);
        },
        control));
    return static_cast<Status>(failed.load());
  }

  std::size_t longest_exponent() const noexcept {
    std::size_t bits = 0;
    for (std::size_t i = 0; i < outputs_ * terms_; ++i)
      bits = std::max(bits, natural_bits_var(batch_.exponents + i * batch_.exponent_words, batch_.exponent_words));
    return bits;
  }

  // Rows kept of a base: its odd powers, or it alone
  std::size_t entries() const noexcept { return method_.buckets ? 1 : std::size_t{1} << (method_.window - 1); }
  u64* partial(std::size_t i, std::size_t piece) noexcept { return partial_.data() + (i * pieces_ + piece) * n_; }
  const u64* exponent(std::size_t i, std::size_t j) const noexcept {
    return batch_.exponents + (i * terms_ + j) * batch_.exponent_words;
  }

  bool shared() const noexcept { return batch_.base_step == 0; }

  // The tables of the bases begin ... end, side by side: odd powers, or each base alone
  Status make_tables(Montgomery& m, std::size_t begin, std::size_t end, u64* rows) noexcept {
    Words square;
    ASSAY_TRY(square.allocate(n_));
    for (std::size_t j = begin; j < end; ++j, rows += entries() * n_) {
      m.enter(rows, batch_.bases + j * batch_.words, batch_.words);
      if (entries() > 1) m.sqr(square.data(), rows);
      for (std::size_t k = 1; k < entries(); ++k) m.mul(rows + k * n_, rows + (k - 1) * n_, square.data());
    }
    return Status::ok;
  }

  // One task: a piece of the terms of one output, and the tables of its bases
  struct Piece {
    std::size_t output, begin, end;
    const u64* tables;
  };
  Status piece_of(Montgomery& m, std::size_t task, Words& own, Piece* piece) noexcept {
    const std::size_t i = task / pieces_, begin = task % pieces_ * piece_, end = std::min(begin + piece_, terms_);
    *piece = {i, begin, end, tables_.data() + begin * entries() * n_};
    if (shared()) return Status::ok;
    ASSAY_TRY(own.allocate((end - begin) * entries() * n_));
    piece->tables = own.data();
    return make_tables(m, i * terms_ + begin, i * terms_ + end, own.data());
  }

  // digits[position][term]: the odd digit whose lowest bit is there, or 0
  Status straus(Montgomery& m, std::size_t task) noexcept {
    Words own;
    Piece r;
    ASSAY_TRY(piece_of(m, task, own, &r));
    const std::size_t width = r.end - r.begin;
    std::unique_ptr<std::uint8_t[]> digits(new (std::nothrow) std::uint8_t[bits_ * width + 1]());
    if (!digits) return Status::out_of_memory;
    for (std::size_t j = 0; j < width; ++j) {
      const u64* e = exponent(r.output, r.begin + j);
      for (std::size_t at = 0; at < bits_;) {
        const u64 digit = bits_at(e, batch_.exponent_words, at, method_.window);
        if ((digit & 1) != 0) digits[at * width + j] = static_cast<std::uint8_t>(digit);
        at += (digit & 1) != 0 ? method_.window : 1;
      }
    }
    Accumulator sum(m, partial(r.output, task % pieces_));
    for (std::size_t at = bits_; at-- > 0;) {
      sum.square();
      for (std::size_t j = 0; j < width; ++j)
        if (const std::uint8_t digit = digits[at * width + j]; digit != 0)
          sum.multiply(r.tables + (j * entries() + digit / 2) * n_);
    }
    filled_[task] = sum.empty() ? 0 : 1;
    return Status::ok;
  }

  Status pippenger(Montgomery& m, std::size_t task) noexcept {
    Words own;
    Piece r;
    ASSAY_TRY(piece_of(m, task, own, &r));
    const unsigned c = method_.window;
    const std::size_t buckets = (std::size_t{1} << c) - 1;
    Words memory;
    ASSAY_TRY(memory.allocate((buckets + 1) * n_));
    std::unique_ptr<std::uint8_t[]> used(new (std::nothrow) std::uint8_t[buckets]);
    if (!used) return Status::out_of_memory;
    const auto bucket = [&](std::size_t digit) noexcept { return memory.data() + (digit - 1) * n_; };
    Accumulator sum(m, partial(r.output, task % pieces_)), running(m, memory.data() + buckets * n_);
    for (std::size_t window = (bits_ + c - 1) / c; window-- > 0;) {
      for (unsigned k = 0; k < c; ++k) sum.square();
      std::fill_n(used.get(), buckets, std::uint8_t{0});
      for (std::size_t j = r.begin; j < r.end; ++j) {
        const u64 digit = bits_at(exponent(r.output, j), batch_.exponent_words, window * c, c);
        if (digit == 0) continue;
        const u64* base = r.tables + (j - r.begin) * n_;
        if (used[digit - 1] == 0) {
          std::copy_n(base, n_, bucket(digit));
          used[digit - 1] = 1;
        } else {
          m.mul(bucket(digit), bucket(digit), base);
        }
      }
      // prod_d bucket_d^d as the product of the products from the top down to each d
      running.reset();
      for (std::size_t digit = buckets; digit > 0; --digit) {
        if (used[digit - 1] != 0) running.multiply(bucket(digit));
        if (!running.empty()) sum.multiply(running.row());
      }
    }
    filled_[task] = sum.empty() ? 0 : 1;
    return Status::ok;
  }

  const MultiPowerBatch& batch_;
  std::size_t n_, terms_, outputs_, bits_ = 0, piece_ = 0, pieces_ = 0;
  Method method_ = {};
  Words tables_, partial_;                  // tables: those of shared bases
  std::unique_ptr<std::uint8_t[]> filled_;  // by task: whether its partial product is other than the empty one
};

}  // namespace

Status multi_power_var(const MultiPowerBatch& batch, JobControl* control) noexcept {
  if (batch.modulus->size() == 0) return Status::out_of_range;
  if (batch.words < batch.modulus->size()) return Status::invalid_length;
  return Job(batch).run(control);
}

}  // namespace assay
