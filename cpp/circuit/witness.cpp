#include "circuit/witness.h"

#include <cstring>
#include <mutex>
#include <new>

#include "base/zeroize.h"
#include "cpu/features.h"

namespace assay {

const RunnerKernel& runner_kernel() noexcept {
#if defined(ASSAY_X86)
  if (isa_level() >= IsaLevel::adx) return kRunnerAdx;
#endif
  return kRunnerPortable;
}

namespace {

// Registers that are wiped when they go.
class Registers {
 public:
  explicit Registers(std::size_t count) : limbs_(4 * count) {
    if (count) std::memcpy(limbs_.data(), Montgomery<Bn254FrParams>::one.data(), 32);
  }
  ~Registers() { zeroize(limbs_.data(), 8 * limbs_.size()); }
  Registers(const Registers&) = delete;
  Registers& operator=(const Registers&) = delete;
  std::uint64_t* data() noexcept { return limbs_.data(); }
  std::uint64_t* at(std::size_t i) noexcept { return limbs_.data() + 4 * i; }
  const std::vector<std::uint64_t>& limbs() const noexcept { return limbs_; }

 private:
  std::vector<std::uint64_t> limbs_;
};

void copy(std::uint64_t* to, const std::uint64_t* from) noexcept { std::memcpy(to, from, 32); }

class Solver {
 public:
  Solver(const CompiledCircuit& circuit, const GivenCarries& carries, std::uint64_t* w, WitnessFailure& failure,
         JobControl* control, bool checked)
      : circuit_(circuit),
        carries_(carries),
        w_(w),
        failure_(failure),
        control_(control),
        checked_(checked),
        x_(main().program.registers) {}

  Status run(const std::uint64_t* inputs) {
    for (std::size_t i = 0; i < circuit_.inputs.size(); ++i) copy(x_.at(circuit_.inputs[i]), inputs + 4 * i);
    const ProgramView p = view(main().program);
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= p.count; ++i) {
      if (i < p.count && p.steps[i].kind != StepKind::repeat) continue;
      runner_kernel().run(p, begin, i, x_.data());
      const std::size_t failed = runner_kernel().check(p, begin, i, x_.data(), false);
      if (checked_ && failed < i) return fail({Substitution::kNone, 0, failed, x_.limbs()});
      if (i < p.count) ASSAY_TRY(group(p.steps[i].out, i));
      begin = i + 1;
    }
    copy(w_, Montgomery<Bn254FrParams>::one.data());
    for (std::size_t i = 0; i < circuit_.wires.size(); ++i)
      copy(w_ + 4 * circuit_.wires[i], x_.at(circuit_.registers[i]));
    return Status::ok;
  }

 private:
  const Flat& main() const noexcept { return *circuit_.main; }
  ProgramView view(const Program& p) const noexcept {
    return {p.steps.data(), p.steps.size(),      p.offsets.data(),
            p.terms.data(), p.immediates.data(), reinterpret_cast<const std::uint64_t*>(circuit_.coefficients.data())};
  }

  Status fail(WitnessFailure failure) {
    const std::lock_guard lock(mutex_);
    // of several, the first in the order of the circuit
    if (!failed_ || failure.stamp < failure_.stamp) failure_ = std::move(failure);
    failed_ = true;
    return Status::unsatisfied;
  }

  Status group(std::uint32_t g, std::size_t step) {
    const StampGroup& group = main().groups[g];
    if (g < carries_.size() && carries_[g] != nullptr) return parallel(g, step);
    Registers carry(group.carries);
    runner_kernel().linear(view(main().program), group.expression, group.carries, x_.data(), carry.data());
    Registers x(group.flat->program.registers);
    for (std::uint32_t k = 0; k < group.count; ++k) {
      if (control_ != nullptr && !control_->check()) return Status::cancelled;
      ASSAY_TRY(stamp(g, k, carry.data(), x, carry.data()));
    }
    for (std::uint32_t i = 0; i < group.carries; ++i) copy(last_carry(group, i), carry.at(i));
    return Status::ok;
  }

  std::uint64_t* last_carry(const StampGroup& group, std::uint32_t i) noexcept {
    return x_.at(group.first_register + (group.flat->outputs.size() - group.carries) * group.count + i);
  }

  Status parallel(std::uint32_t g, std::size_t step) {
    const StampGroup& group = main().groups[g];
    const std::uint64_t* given = carries_[g];
    Registers initial(group.carries);
    runner_kernel().linear(view(main().program), group.expression, group.carries, x_.data(), initial.data());
    std::atomic<int> status{static_cast<int>(Status::ok)};
    const auto body = [&](std::size_t begin, std::size_t end) noexcept {
      try {
        Registers x(group.flat->program.registers), out(group.carries);
        for (std::size_t k = begin; k < end; ++k) {
          const std::uint64_t* in = k == 0 ? initial.data() : given + 4 * group.carries * (k - 1);
          Status result = stamp(g, static_cast<std::uint32_t>(k), in, x, out.data());
          if (result == Status::ok && std::memcmp(out.data(), given + 4 * group.carries * k, 32 * group.carries) != 0)
            result = fail({Substitution::kNone, static_cast<std::uint32_t>(k), step, {}});
          if (result != Status::ok) status.store(static_cast<int>(result));
        }
      } catch (...) {
        status.store(static_cast<int>(Status::out_of_memory));
      }
    };
    ASSAY_TRY(parallel_for(group.count, 1, body, control_));
    for (std::uint32_t i = 0; i < group.carries; ++i)
      copy(last_carry(group, i), given + 4 * (static_cast<std::size_t>(group.carries) * (group.count - 1) + i));
    return static_cast<Status>(status.load());
  }

  // One stamp; carry_out may be carry_in.
  Status stamp(std::uint32_t g, std::uint32_t k, const std::uint64_t* carry_in, Registers& x,
               std::uint64_t* carry_out) {
    const StampGroup& group = main().groups[g];
    const Flat& flat = *group.flat;
    const std::uint32_t inputs = flat.ports - group.carries;
    std::memcpy(x.at(1), carry_in, 32 * group.carries);
    runner_kernel().linear(view(main().program), group.expression + group.carries + k * inputs, inputs, x_.data(),
                           x.at(1 + group.carries));
    const ProgramView p = view(flat.program);
    runner_kernel().run(p, 0, p.count, x.data());
    const std::size_t failed = runner_kernel().check(p, 0, p.count, x.data(), false);
    if (checked_ && failed < p.count) return fail({g, k, failed, x.limbs()});
    const auto others = static_cast<std::uint32_t>(flat.outputs.size()) - group.carries;
    for (std::uint32_t i = 0; i < group.carries; ++i) copy(carry_out + 4 * i, x.at(flat.output_registers[i]));
    for (std::uint32_t i = 0; i < others; ++i)
      copy(x_.at(group.first_register + k * others + i), x.at(flat.output_registers[group.carries + i]));
    const std::uint32_t* wires = circuit_.stamp_wires[g].data() + static_cast<std::size_t>(k) * flat.kept();
    for (std::uint32_t j = 0; j < flat.kept(); ++j)
      if (wires[j] != Substitution::kNone) copy(w_ + 4 * wires[j], x.at(flat.column_registers[flat.ports + 1 + j]));
    return Status::ok;
  }

  const CompiledCircuit& circuit_;
  const GivenCarries& carries_;
  std::uint64_t* w_;
  WitnessFailure& failure_;
  JobControl* control_;
  bool checked_;
  Registers x_;
  std::mutex mutex_;
  bool failed_ = false;
};

}  // namespace

Status solve_witness(const CompiledCircuit& circuit, const std::uint64_t* inputs, const GivenCarries& carries,
                     std::uint64_t* w, WitnessFailure& failure, JobControl* control, bool checked) noexcept {
  try {
    return Solver(circuit, carries, w, failure, control, checked).run(inputs);
  } catch (...) {
    return Status::out_of_memory;
  }
}

}  // namespace assay
