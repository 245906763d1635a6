#include "groth16/quotient.h"

#include <atomic>
#include <cstring>

#include "groth16/kernel.h"
#include "ntt/ntt.h"

namespace assay {
namespace {

constexpr std::size_t kGrain = 4096;

Status require_canonical(const std::uint64_t* x, std::size_t n, JobControl* control) noexcept {
  std::atomic<bool> good{true};
  ASSAY_TRY(parallel_for(
      n, kGrain,
      [&](std::size_t begin, std::size_t end) noexcept {
        if (!groth16_kernel().canonical(x, begin, end)) good.store(false, std::memory_order_relaxed);
      },
      control));
  return good.load() ? Status::ok : Status::non_canonical;
}

// x <- A w o B w, which stands for C w where the system lacks C
Status product_rows(const R1cs& system, const std::uint64_t* witness, std::uint64_t* x, JobControl* control) noexcept {
  Words b;
  ASSAY_TRY(b.allocate(4 * system.num_constraints));
  ASSAY_TRY(r1cs_evaluate(system, witness, x, b.data(), nullptr, control));
  return parallel_for(
      system.num_constraints, kGrain,
      [&](std::size_t begin, std::size_t end) noexcept { groth16_kernel().multiply(x, b.data(), begin, end); },
      control);
}

// x <- the values of A, B or C on the odd coset, in natural order
Status extended_rows(const R1cs& system, R1csMatrix which, const Groth16Sizes& sizes, const std::uint64_t* witness,
                     std::uint64_t* x, JobControl* control) noexcept {
  const std::size_t rows = system.num_constraints, n = sizes.domain();
  if (which == R1csMatrix::c && system.lacks_c) {
    ASSAY_TRY(product_rows(system, witness, x, control));
  } else {
    const auto out = [&](R1csMatrix matrix) noexcept { return which == matrix ? x : nullptr; };
    ASSAY_TRY(r1cs_evaluate(system, witness, out(R1csMatrix::a), out(R1csMatrix::b), out(R1csMatrix::c), control));
  }
  std::memset(x + 4 * rows, 0, 32 * (n - rows));
  if (which == R1csMatrix::a) std::memcpy(x + 4 * rows, witness, 32 * (sizes.num_public + 1));
  return ntt_extend_odd(x, n, control);
}

}  // namespace

Status groth16_quotient(const R1cs& system, const Groth16Sizes& sizes, const std::uint64_t* witness, Words& out,
                        std::size_t* failing_row, JobControl* control) noexcept {
  const std::size_t n = sizes.domain();
  ASSAY_TRY(require_canonical(witness, sizes.num_wires, control));
  if (witness[0] != 1 || (witness[1] | witness[2] | witness[3]) != 0) {
    *failing_row = system.num_constraints;
    return Status::unsatisfied;
  }
  if (!system.lacks_c) ASSAY_TRY(r1cs_check(system, witness, failing_row, control, ScalarForm::canonical));
  Words other;
  ASSAY_TRY(out.allocate(4 * n));
  ASSAY_TRY(other.allocate(4 * n));
  ASSAY_TRY(extended_rows(system, R1csMatrix::a, sizes, witness, out.data(), control));
  const auto combine = [&](R1csMatrix which, auto operation) noexcept -> Status {
    ASSAY_TRY(extended_rows(system, which, sizes, witness, other.data(), control));
    return parallel_for(
        n, kGrain,
        [&](std::size_t begin, std::size_t end) noexcept { operation(out.data(), other.data(), begin, end); }, control);
  };
  ASSAY_TRY(combine(R1csMatrix::b, groth16_kernel().multiply));
  return combine(R1csMatrix::c, groth16_kernel().subtract);
}

}  // namespace assay
