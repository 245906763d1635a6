#include "bigint/power.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "base/words.h"
#include "bigint/lanes_kernel.h"
#include "bigint/power_row.h"

namespace assay {
namespace {

using u64 = std::uint64_t;

// The batch as its rows see it: which thread may ask the caller, what failed, how far it is.
class Progress {
 public:
  Progress(JobControl* control, const char* stage, std::size_t total) noexcept
      : control_(control), stage_(stage), total_(total), caller_(std::this_thread::get_id()) {}

  bool stopped() noexcept {
    if (control_ == nullptr) return false;
    return std::this_thread::get_id() == caller_ ? !control_->check() : control_->cancelled();
  }
  Stop stop() noexcept {
    return {[](void* self) noexcept { return static_cast<Progress*>(self)->stopped(); }, this};
  }
  void finish(Status status, std::size_t rows) noexcept {
    if (status != Status::ok) failed_.store(static_cast<int>(status), std::memory_order_relaxed);
    const std::size_t done = done_.fetch_add(rows, std::memory_order_relaxed) + rows;
    if (control_ != nullptr && std::this_thread::get_id() == caller_) control_->report(stage_, done, total_);
  }
  Status result() const noexcept { return static_cast<Status>(failed_.load()); }

 private:
  JobControl* control_;
  const char* stage_;
  std::size_t total_;
  std::thread::id caller_;
  std::atomic<std::size_t> done_{0};
  std::atomic<int> failed_{static_cast<int>(Status::ok)};
};

template <class Batch>
Status check(const Batch& batch) noexcept {
  for (std::size_t i = 0; i < (batch.modulus_step == 0 ? 1 : batch.count); ++i) {
    if (batch.moduli[i].size() == 0) return Status::out_of_range;
    if (batch.moduli[i].size() > batch.words) return Status::invalid_length;
  }
  return Status::ok;
}

template <class Batch>
unsigned widest(const Batch& batch) noexcept {
  unsigned bits = 0;
  for (std::size_t i = 0; i < (batch.modulus_step == 0 ? 1 : batch.count); ++i)
    bits = std::max(bits, batch.moduli[i].bits());
  return bits;
}

// Are all moduli of a batch squares with pairs?
template <class Batch>
bool in_pairs(const Batch& batch) noexcept {
  for (std::size_t i = 0; i < (batch.modulus_step == 0 ? 1 : batch.count); ++i)
    if (!batch.moduli[i].in_pairs()) return false;
  return true;
}

// Eight moduli as a kernel wants them: prepared once for a batch with one modulus, else for each group.
class PreparedModuli {
 public:
  template <class Views>
  Status assign(const LanesKernel& kernel, Views&& view) noexcept {
    ModulusView views[kLanes];
    bits_ = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      views[lane] = view(lane);
      bits_ = std::max(bits_, views[lane].bits);
    }
    ASSAY_TRY(memory_.allocate(kernel.moduli_words(bits_)));
    kernel.prepare(views, memory_.data());
    return Status::ok;
  }
  const u64* words() const noexcept { return memory_.data(); }
  unsigned bits() const noexcept { return bits_; }

 private:
  Words memory_;
  unsigned bits_ = 0;
};

// The rows of a batch in the order of the lengths of their moduli, so that those of a group are alike.
template <class Batch>
class Order {
 public:
  Status assign(const Batch& batch) noexcept {
    if (batch.modulus_step == 0) return Status::ok;
    ASSAY_TRY(rows_.allocate(batch.count));
    std::iota(rows_.data(), rows_.data() + batch.count, u64{0});
    std::sort(rows_.data(), rows_.data() + batch.count, [&](u64 a, u64 b) {
      const unsigned x = batch.moduli[a].bits(), y = batch.moduli[b].bits();
      return x != y ? x < y : a < b;
    });
    return Status::ok;
  }
  std::size_t operator[](std::size_t i) const noexcept { return rows_.size() == 0 ? i : rows_.data()[i]; }

 private:
  Words rows_;
};

// The moduli of the groups of a batch: of all at once where it has one modulus, else of each.
template <class Batch>
class GroupModuli {
 public:
  GroupModuli(const Batch& batch, const Order<Batch>& order, const LanesKernel* kernel) noexcept
      : batch_(batch), order_(order), kernel_(kernel) {}

  // Before the first group of a batch that has any.
  Status assign() noexcept {
    if (batch_.modulus_step != 0) return Status::ok;
    return shared_.assign(*kernel_, [&](std::size_t) { return batch_.moduli[0].view(); });
  }
  // Fills in moduli and bits of the group of rows [begin, end), and calls set(lane, row) for each lane. `own` keeps
  // what is the group's alone.
  template <class Group, class Set>
  Status fill(Group& group, PreparedModuli& own, std::size_t begin, std::size_t end, Set&& set) const noexcept {
    const auto row = [&](std::size_t lane) { return order_[begin + lane < end ? begin + lane : begin]; };
    if (batch_.modulus_step != 0)
      ASSAY_TRY(own.assign(*kernel_, [&](std::size_t lane) { return batch_.moduli[row(lane)].view(); }));
    const PreparedModuli& prepared = batch_.modulus_step == 0 ? shared_ : own;
    group.moduli = prepared.words();
    group.bits = prepared.bits();
    group.words = batch_.words;
    for (std::size_t lane = 0; lane < kLanes; ++lane) set(lane, row(lane));
    return Status::ok;
  }

 private:
  const Batch& batch_;
  const Order<Batch>& order_;
  const LanesKernel* kernel_;
  PreparedModuli shared_;
};

// Calls group(begin, end) where at least `least` of eight rows are there, else rows(begin, end), on all threads.
// products: word multiplications of a row, from which the size of a chunk follows.
template <class Rows, class Group>
Status in_groups(std::size_t count, std::size_t least, double products, JobControl* control, Progress& progress,
                 Rows&& rows, Group&& group) noexcept {
  constexpr double kChunk = 200'000;  // about 100 us
  std::size_t grain = static_cast<std::size_t>(std::clamp(kChunk / (products + 1), 1.0, 64.0));
  const bool lanes = lanes_pay(count, least);
  if (lanes) grain = (grain + kLanes - 1) / kLanes * kLanes;
  ASSAY_TRY(parallel_for(
      count, grain,
      [&](std::size_t begin, std::size_t end) noexcept {
        const std::size_t step = lanes ? kLanes : end - begin;
        for (std::size_t at = begin; at < end && !progress.stopped(); at += step) {
          const std::size_t stop = std::min(at + step, end);
          progress.finish(lanes && stop - at >= least ? group(at, stop) : rows(at, stop), stop - at);
        }
      },
      control));
  return progress.result();
}

Status power_batch(const PowerBatch& batch, bool variable, JobControl* control) noexcept {
  if (batch.count == 0) return Status::ok;
  ASSAY_TRY(check(batch));
  const std::size_t words = batch.words, exponent_words = batch.exponent_words;
  const unsigned bits = widest(batch);
  Progress progress(control, "power", batch.count);
  Order<PowerBatch> order;
  ASSAY_TRY(order.assign(batch));
  const auto modulus = [&](std::size_t i) -> const Modulus& { return batch.moduli[batch.modulus_step * i]; };
  const auto exponent = [&](std::size_t i) { return batch.exponents + batch.exponent_step * exponent_words * i; };

  const auto rows = [&](std::size_t begin, std::size_t end) noexcept -> Status {
    Montgomery arithmetic;
    Words table;
    for (std::size_t at = begin; at < end && !progress.stopped(); ++at) {
      const std::size_t i = order[at], size = modulus(i).size();
      if (at == begin || batch.modulus_step != 0) {
        ASSAY_TRY(arithmetic.assign(modulus(i)));
        const std::size_t needed = power_table_words(size, exponent_words);
        if (table.size() < needed) ASSAY_TRY(table.allocate(needed));
      }
      const PowerRow row = {batch.bases + words * i, words,       exponent(i), exponent_words,
                            batch.out + words * i,   table.data()};
      variable ? power_row_var(arithmetic, row, progress.stop()) : power_row(arithmetic, row, progress.stop());
      std::fill_n(batch.out + words * i + size, words - size, 0);
    }
    return Status::ok;
  };

  const LanesKernel* kernel = exponent_words == 0 ? nullptr : lanes_kernel(in_pairs(batch));
  const std::size_t least = kernel == nullptr ? kLanes + 1 : kernel->power_break_even(bits);
  GroupModuli<PowerBatch> moduli(batch, order, kernel);
  if (lanes_pay(batch.count, least)) ASSAY_TRY(moduli.assign());
  const auto group = [&](std::size_t begin, std::size_t end) noexcept -> Status {
    PowerGroup group = {};
    PreparedModuli own;
    ASSAY_TRY(moduli.fill(group, own, begin, end, [&](std::size_t lane, std::size_t i) {
      group.bases[lane] = batch.bases + words * i;
      group.exponents[lane] = exponent(i);
      group.out[lane] = batch.out + words * i;
    }));
    group.exponent_words = exponent_words;
    group.variable = variable;
    Words scratch;
    ASSAY_TRY(scratch.allocate(kernel->power_scratch(group)));
    kernel->power(group, scratch.data(), progress.stop());
    return Status::ok;
  };

  const double size = bits / 64.0;
  return in_groups(batch.count, least, 2 * size * size * (64.0 * static_cast<double>(exponent_words) + 40), control,
                   progress, rows, group);
}

}  // namespace

Status power(const PowerBatch& batch, JobControl* control) noexcept { return power_batch(batch, false, control); }

Status power_var(const PowerBatch& batch, JobControl* control) noexcept { return power_batch(batch, true, control); }

Status multiply(const MultiplyBatch& batch, JobControl* control) noexcept {
  if (batch.count == 0) return Status::ok;
  ASSAY_TRY(check(batch));
  const std::size_t words = batch.words;
  const unsigned bits = widest(batch);
  Progress progress(control, "multiply", batch.count);
  Order<MultiplyBatch> order;
  ASSAY_TRY(order.assign(batch));
  const auto modulus = [&](std::size_t i) -> const Modulus& { return batch.moduli[batch.modulus_step * i]; };

  const auto rows = [&](std::size_t begin, std::size_t end) noexcept -> Status {
    Montgomery arithmetic;
    Words memory;
    for (std::size_t at = begin; at < end; ++at) {
      const std::size_t i = order[at], size = modulus(i).size();
      if (at == begin || batch.modulus_step != 0) {
        ASSAY_TRY(arithmetic.assign(modulus(i).plain_view()));
        if (memory.size() < 2 * size) ASSAY_TRY(memory.allocate(2 * size));
      }
      u64 *x = memory.data(), *y = x + size;
      arithmetic.enter(x, batch.a + words * i, words);
      const u64* b = batch.b + words * i;
      if (words > size) {
        arithmetic.enter(y, b, words);
        arithmetic.leave(y, y);
        b = y;
      }
      arithmetic.mul_number(batch.out + words * i, x, b);
      std::fill_n(batch.out + words * i + size, words - size, 0);
    }
    return Status::ok;
  };

  const LanesKernel* kernel = lanes_kernel(false);
  const std::size_t least = kernel == nullptr ? kLanes + 1 : kernel->multiply_break_even(bits);
  GroupModuli<MultiplyBatch> moduli(batch, order, kernel);
  if (lanes_pay(batch.count, least)) ASSAY_TRY(moduli.assign());
  const auto group = [&](std::size_t begin, std::size_t end) noexcept -> Status {
    MultiplyGroup group = {};
    PreparedModuli own;
    ASSAY_TRY(moduli.fill(group, own, begin, end, [&](std::size_t lane, std::size_t i) {
      group.a[lane] = batch.a + words * i;
      group.b[lane] = batch.b + words * i;
      group.out[lane] = batch.out + words * i;
    }));
    Words scratch;
    ASSAY_TRY(scratch.allocate(kernel->multiply_scratch(group)));
    kernel->multiply(group, scratch.data());
    return Status::ok;
  };

  const double size = bits / 64.0;
  return in_groups(batch.count, least, 8 * size * size + 400, control, progress, rows, group);
}

}  // namespace assay
