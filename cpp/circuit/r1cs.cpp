#include "circuit/r1cs.h"

#include <atomic>

#include "cpu/features.h"

namespace assay {
namespace {

constexpr std::size_t kGrain = 1024;

const R1csKernel& kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kR1csAdx;
#endif
  return kR1csPortable;
}

SparseRowsView view(const SparseRows& m) noexcept {
  return {m.offsets.data(), m.columns.data(), m.coefficients.data()};
}

const std::uint64_t* limbs(const R1cs& system) noexcept {
  return reinterpret_cast<const std::uint64_t*>(system.coefficients.data());
}

// body(stamp, begin, end) over pieces of one block's rows, on the pool
template <class Body>
Status for_pieces(const R1csBlock& block, JobControl* control, Body&& body) noexcept {
  const std::size_t rows = block.rows(), pieces = (rows + kGrain - 1) / kGrain;
  return parallel_for(
      pieces * block.count, 1,
      [&](std::size_t first, std::size_t last) noexcept {
        for (std::size_t i = first; i < last; ++i) {
          const std::size_t begin = (i % pieces) * kGrain;
          body(i / pieces, begin, begin + kGrain < rows ? begin + kGrain : rows);
        }
      },
      control);
}

}  // namespace

R1cs::R1cs() : coefficients{Montgomery<Bn254FrParams>::one} {
  Limbs<4> minus_one{};
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t a = Bn254FrParams::modulus[i], b = Montgomery<Bn254FrParams>::one[i], t = a - b;
    minus_one[i] = t - borrow;
    borrow = (a < b) | (t < borrow);
  }
  coefficients.push_back(minus_one);
}

Status r1cs_evaluate(const R1cs& system, const std::uint64_t* w, std::uint64_t* a, std::uint64_t* b, std::uint64_t* c,
                     JobControl* control) noexcept {
  std::uint64_t* out[3] = {a, b, c};
  std::size_t first_row = 0;
  for (const R1csBlock& block : system.blocks) {
    for (int which = 0; which < 3; ++which) {
      if (out[which] == nullptr) continue;
      const SparseRowsView rows = view(block.matrix[which]);
      ASSAY_TRY(for_pieces(block, control, [&](std::size_t stamp, std::size_t begin, std::size_t end) noexcept {
        kernel().evaluate(rows, block.wires_of(stamp), limbs(system), w,
                          out[which] + 4 * (first_row + stamp * block.rows()), begin, end);
      }));
    }
    first_row += block.rows() * block.count;
  }
  return Status::ok;
}

Status r1cs_check(const R1cs& system, const std::uint64_t* w, std::size_t* failing_row, JobControl* control,
                  ScalarForm form) noexcept {
  if (system.lacks_c) return Status::out_of_range;
  std::atomic<std::size_t> failing{system.num_constraints + 1};
  const auto note = [&](std::size_t row) noexcept {
    std::size_t seen = failing.load();
    while (row < seen && !failing.compare_exchange_weak(seen, row)) {
    }
  };
  const Limbs<4> one = form == ScalarForm::montgomery ? Montgomery<Bn254FrParams>::one : Limbs<4>{1};
  for (std::size_t i = 0; i < 4; ++i)
    if (w[i] != one[i]) note(system.num_constraints);
  std::size_t first_row = 0;
  for (const R1csBlock& block : system.blocks) {
    const SparseRowsView abc[3] = {view(block.matrix[0]), view(block.matrix[1]), view(block.matrix[2])};
    ASSAY_TRY(for_pieces(block, control, [&](std::size_t stamp, std::size_t begin, std::size_t end) noexcept {
      const std::size_t row = kernel().check(abc, block.wires_of(stamp), limbs(system), w, form, begin, end);
      if (row < end) note(first_row + stamp * block.rows() + row);
    }));
    first_row += block.rows() * block.count;
  }
  if (failing.load() > system.num_constraints) return Status::ok;
  if (failing_row != nullptr) *failing_row = failing.load();
  return Status::unsatisfied;
}

Status r1cs_validate(const R1cs& system) noexcept {
  constexpr std::size_t kLimit = 0xffffffff;
  if (system.num_wires > kLimit || system.num_constraints > kLimit) return Status::too_large;
  if (system.num_public + system.num_private + 1 > system.num_wires || system.num_outputs > system.num_public)
    return Status::malformed;
  std::size_t total = 0;
  for (const R1csBlock& block : system.blocks) {
    const std::size_t rows = block.rows();
    const bool identity = block.wires.empty();
    if (block.count == 0 || rows > kLimit || (identity && (block.count != 1 || block.width > system.num_wires)) ||
        (!identity && block.wires.size() != block.count * block.width))
      return Status::malformed;
    for (const std::uint32_t wire : block.wires)
      if (wire >= system.num_wires) return Status::malformed;
    for (const SparseRows& m : block.matrix) {
      if (m.rows() != rows || m.offsets.front() != 0 || m.offsets.back() != m.columns.size() ||
          m.columns.size() != m.coefficients.size())
        return Status::malformed;
      for (std::size_t r = 0; r < rows; ++r)
        if (m.offsets[r] > m.offsets[r + 1]) return Status::malformed;
      for (const std::uint32_t column : m.columns)
        if (column >= block.width) return Status::malformed;
      for (const std::uint32_t coefficient : m.coefficients)
        if (coefficient >= system.coefficients.size()) return Status::malformed;
    }
    total += rows * block.count;
  }
  return total == system.num_constraints ? Status::ok : Status::malformed;
}

}  // namespace assay
