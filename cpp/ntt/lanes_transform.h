// The transforms of ntt/transform.h in eight lanes.
//
// n elements are a few column passes, each of at most kLaneColumnLog levels over 2^levels rows that lie `stride` apart,
// and rows of at most 2^kLaneRowLog elements, whose last levels are the leaf's. Each pass brings its elements into a
// buffer that fits L2 with their limbs in radix 2^52, where they stay through all its levels, and packs them again.
//
// On the coset of s, element j = r_1 stride_1 + ... + c is first scaled by s^j: by s^(r_i stride_i) in pass i and by
// s^c in the rows, since a factor common to a column passes through the column's transform. For s of order 2 n nothing
// is scaled: X^n - s^n = X^n + 1 is the other half of the next domain, the tree below block 1 of its first level.
// The inverse multiplies by the inverses on its way out. 1/n costs no product: x / 2^k = (x + m p) / 2^k takes place of
// the last reduction.
//
// extend_odd: from values on H in natural order to values on s H, s of order 2 n, in natural order. The forward tree
// turns values into n a_(-brv p mod n) at position p; there they are scaled by s^(-brv p mod n); the inverse tree turns
// them into n values sum_j a_j s^j w^(i j). The rows go through both trees while they are in the buffer, and nothing is
// permuted.
#pragma once

#include "ntt/lanes_leaf.h"
#include "ntt/scratch.h"

ASSAY_ISA_BEGIN

namespace ntt {

constexpr unsigned kLaneRowLog = 11, kLaneColumnLog = 10;  // from <7 p> eleven levels stay below <84 p>
constexpr unsigned kLaneMinLog = 6;                        // one leaf group
constexpr std::size_t kBufferBlocks = 1024;                // 320 KiB
constexpr std::size_t kRowsAtOnce = 1 << 12;               // elements of one unit of work

struct LanePlan {
  unsigned log_n, columns = 0, levels[3] = {}, row_log;
  explicit LanePlan(unsigned log) noexcept : log_n(log), row_log(log) {
    if (log <= kLaneRowLog) return;
    columns = (log - kLaneRowLog + kLaneColumnLog - 1) / kLaneColumnLog;
    row_log = (log + columns) / (columns + 1);
    const unsigned rest = log - row_log;
    for (unsigned i = 0; i < columns; ++i) levels[i] = rest * (i + 1) / columns - rest * i / columns;
  }
  // levels above pass i; of the rows for i = columns
  unsigned first(unsigned i) const noexcept {
    unsigned sum = 0;
    for (unsigned k = 0; k < i; ++k) sum += levels[k];
    return sum;
  }
};

// The scales of every pass, octets of constants: of column pass i at pass[i], of the rows at pass[columns].
struct LaneScale {
  Words words;
  const std::uint64_t* pass[4] = {};

  Status build(const LanePlan& plan, const Fr& s) noexcept {
    std::size_t octets = std::size_t{1} << (plan.row_log - 3);
    for (unsigned i = 0; i < plan.columns; ++i) octets += ((std::size_t{1} << plan.levels[i]) + 7) / 8;
    ASSAY_TRY(words.allocate(kOctetWords * octets));
    std::uint64_t* out = words.data();
    for (unsigned i = 0; i <= plan.columns; ++i) {
      const bool rows = i == plan.columns;
      const unsigned stride_log = rows ? 0 : plan.log_n - plan.first(i + 1);
      const std::size_t count = std::size_t{1} << (rows ? plan.row_log : plan.levels[i]);
      const Fr step = pow_two_power(s, stride_log);
      pass[i] = out;
      Fr power[8], x = Fr::one();
      for (std::size_t k = 0; k < count; k += 8, out += kOctetWords) {
        for (Fr& p : power) {
          p = x;
          x *= step;
        }
        store_constants(power, out);
      }
    }
    return Status::ok;
  }
};

ASSAY_LANES_INLINE FrConstant scale_of(const std::uint64_t* scale, std::size_t i) noexcept {
  return FrConstant::broadcast(scale + kOctetWords * (i / kLanes) + i % kLanes);
}

// Rows of a column pass lie too far apart for the processor to see them coming.
constexpr std::size_t kRowsAhead = 8;
ASSAY_LANES_INLINE void prefetch_block(const std::uint64_t* x, bool present) noexcept {
  if (!present) return;
  for (std::size_t line = 0; line < 4; ++line) __builtin_prefetch(x + 8 * line, 1);
}

// What a transform hands to its passes.
struct LaneJob {
  std::uint64_t* values;
  LanePlan plan;
  std::size_t top;  // the tree block that holds all: 0, or 1 on the coset of order 2 n
  Roots roots;
  LaneScale scale;
  ScratchPool scratch;
  JobControl* control;
  alignas(64) std::uint64_t next[kOctetWords] = {};  // T[n/2] in all lanes, for extend_odd

  Status start() noexcept {
    const std::size_t blocks = std::min(kBufferBlocks, std::size_t{1} << (plan.log_n - 3));
    return scratch.allocate(blocks * sizeof(Block) / 8);
  }
};

// To memory: <84 p> below 2 p; or (last) <21 p> divided by n, below (1 + 21 / 64) p, and made canonical.
template <bool kLast>
ASSAY_LANES_INLINE void finish_block(std::uint64_t* x, const Block& a, unsigned log_n) noexcept {
  if constexpr (kLast) {
    store_block(x, lanes::subtract_if_at_least<1>(lanes::divide(lanes::carry(a), log_n)));
  } else {
    store_block(x, lanes::carry(shrunk(a)));
  }
}

// kLast: the inverse's last pass, which divides by n
template <bool kInverse, bool kLast>
Status lane_columns(LaneJob& job, unsigned pass) noexcept {
  const unsigned first = job.plan.first(pass), levels = job.plan.levels[pass], log_n = job.plan.log_n;
  const std::size_t rows = std::size_t{1} << levels, stride = std::size_t{1} << (log_n - first - levels);
  const std::size_t width = std::min(stride / kLanes, std::max<std::size_t>(1, kBufferBlocks / rows));
  const std::size_t units = stride / kLanes / width;
  const std::uint64_t* scale = job.scale.pass[pass];
  return parallel_for(
      units << first, 1,
      [&job, first, levels, log_n, rows, stride, width, units, scale](std::size_t begin, std::size_t end) noexcept {
        ScratchPool::Lease lease(job.scratch);
        Block* y = reinterpret_cast<Block*>(lease.data());
        for (std::size_t unit = begin; unit < end; ++unit) {
          const std::size_t block = unit / units, column = unit % units * width;  // in Blocks
          std::uint64_t* x = job.values + 4 * (block * rows * stride + kLanes * column);
          const std::size_t tree = (job.top << first) + block;
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t k = 0; k < width; ++k) {
              prefetch_block(x + 4 * ((r + kRowsAhead) * stride + kLanes * k), r + kRowsAhead < rows);
              y[r * width + k] = load_block(x + 4 * (r * stride + kLanes * k));
            }
          }
          if (!kInverse && scale != nullptr)
            for (std::size_t r = 1; r < rows; ++r)
              for (std::size_t k = 0; k < width; ++k)
                y[r * width + k] = lanes::mul(lanes::carry(y[r * width + k]), scale_of(scale, r));
          if (kInverse) {
            inverse_levels(y, levels, width, tree, job.roots);
          } else {
            forward_levels(y, levels, width, tree, job.roots);
          }
          if (kInverse && scale != nullptr)
            for (std::size_t r = 1; r < rows; ++r)
              for (std::size_t k = 0; k < width; ++k)
                y[r * width + k] = lanes::mul(lanes::carry(y[r * width + k]), scale_of(scale, r));
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t k = 0; k < width; ++k) {
              prefetch_block(x + 4 * ((r + kRowsAhead) * stride + kLanes * k), r + kRowsAhead < rows);
              finish_block<kLast>(x + 4 * (r * stride + kLanes * k), y[r * width + k], log_n);
            }
          }
        }
      },
      job.control);
}

enum class RowKind { forward, inverse, inverse_last, extend, extend_last };

template <RowKind kKind>
void lane_row(LaneJob& job, std::size_t row, Block* y) noexcept {
  constexpr bool to_values = kKind == RowKind::forward;
  constexpr bool from_coefficients = kKind != RowKind::inverse && kKind != RowKind::inverse_last;
  constexpr bool last = kKind == RowKind::inverse_last || kKind == RowKind::extend_last;
  const unsigned row_log = job.plan.row_log, levels = row_log - 3;
  const std::size_t blocks = std::size_t{1} << levels, groups = blocks / 8;
  const std::size_t tree = (job.top << job.plan.first(job.plan.columns)) + row;
  const std::size_t last_group = tree * groups + groups - 1;
  const std::size_t half = std::size_t{1} << job.plan.log_n >> 7;  // leaf groups
  const std::uint64_t* scale = job.scale.pass[job.plan.columns];
  std::uint64_t* x = job.values + 4 * (row << row_log);
  if constexpr (from_coefficients) {
    for (std::size_t i = 0; i < blocks; ++i) {
      y[i] = load_block(x + 32 * i);
      if (scale != nullptr) y[i] = lanes::mul(lanes::carry(y[i]), FrConstant::load(scale + kOctetWords * i));
    }
    forward_levels(y, levels, 1, tree, job.roots);
  }
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t u = tree * groups + g;
    Block z[8];
    if constexpr (from_coefficients) {
      transpose_group(y + 8 * g, z, false);
      leaf_forward(z, LeafRoots(job.roots, u, false), job.roots,
                   to_values ? std::min(u + 1, last_group) : opposite_group(u));
    } else {
      load_group(x + 256 * g, z, true);
    }
    if constexpr (to_values) {
      FrLanes out[8];
      for (std::size_t j = 0; j < 8; ++j) out[j] = canonical(z[j]);
      store_group(x + 256 * g, out, false);
    } else {
      if constexpr (from_coefficients) leaf_scale(z, job.roots, u, half, job.next);
      const std::size_t next = std::min(u + 1, last_group);
      leaf_inverse(z, LeafRoots(job.roots, u, true), job.roots, from_coefficients ? next : opposite_group(next));
      untranspose_group(z, y + 8 * g, true);
    }
  }
  if constexpr (!to_values) {
    inverse_levels(y, levels, 1, tree, job.roots);
    for (std::size_t i = 0; i < blocks; ++i) {
      if (scale != nullptr) y[i] = lanes::mul(lanes::carry(y[i]), FrConstant::load(scale + kOctetWords * i));
      finish_block<last>(x + 32 * i, y[i], job.plan.log_n);
    }
  }
}

template <RowKind kKind>
Status lane_rows(LaneJob& job) noexcept {
  const std::size_t rows = std::size_t{1} << (job.plan.log_n - job.plan.row_log);
  return parallel_for(
      rows, std::max<std::size_t>(1, kRowsAtOnce >> job.plan.row_log),
      [&job](std::size_t begin, std::size_t end) noexcept {
        ScratchPool::Lease lease(job.scratch);
        for (std::size_t row = begin; row < end; ++row)
          lane_row<kKind>(job, row, reinterpret_cast<Block*>(lease.data()));
      },
      job.control);
}

inline Status prepare(LaneJob& job, const std::uint64_t* shift, bool inverse) noexcept {
  ASSAY_TRY(job.start());
  if (shift == nullptr) return Status::ok;
  const Fr s = *reinterpret_cast<const Fr*>(shift);
  return job.scale.build(job.plan, inverse ? inverse_var(s) : s);
}

// shift: null, or the coset's; odd: the coset of order 2 n instead
inline Status lane_forward(std::uint64_t* values, unsigned log_n, const std::uint64_t* roots,
                           const std::uint64_t* shift, bool odd, JobControl* control) noexcept {
  LaneJob job{values, LanePlan(log_n), odd, {roots}, {}, {}, control};
  ASSAY_TRY(prepare(job, shift, false));
  for (unsigned i = 0; i < job.plan.columns; ++i) ASSAY_TRY((lane_columns<false, false>(job, i)));
  return lane_rows<RowKind::forward>(job);
}

inline Status inverse_columns(LaneJob& job) noexcept {
  for (unsigned i = job.plan.columns; i-- > 1;) ASSAY_TRY((lane_columns<true, false>(job, i)));
  return lane_columns<true, true>(job, 0);
}

inline Status lane_inverse(std::uint64_t* values, unsigned log_n, const std::uint64_t* roots,
                           const std::uint64_t* shift, bool odd, JobControl* control) noexcept {
  LaneJob job{values, LanePlan(log_n), odd, {roots}, {}, {}, control};
  ASSAY_TRY(prepare(job, shift, true));
  if (job.plan.columns == 0) return lane_rows<RowKind::inverse_last>(job);
  ASSAY_TRY(lane_rows<RowKind::inverse>(job));
  return inverse_columns(job);
}

// Natural order on both sides; roots: half of 2^log_n, as for a plain transform.
inline Status lane_extend_odd(std::uint64_t* values, unsigned log_n, const std::uint64_t* roots,
                              JobControl* control) noexcept {
  LaneJob job{values, LanePlan(log_n), 0, {roots}, {}, {}, control};
  Fr next[8];
  for (Fr& x : next) x = domain_root<Fr>(log_n + 1);
  store_constants(next, job.next);
  ASSAY_TRY(job.start());
  if (job.plan.columns == 0) return lane_rows<RowKind::extend_last>(job);
  for (unsigned i = 0; i < job.plan.columns; ++i) ASSAY_TRY((lane_columns<false, false>(job, i)));
  ASSAY_TRY(lane_rows<RowKind::extend>(job));
  return inverse_columns(job);
}

}  // namespace ntt

ASSAY_ISA_END
