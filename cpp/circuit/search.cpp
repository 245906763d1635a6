#include "circuit/search.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <queue>
#include <unordered_map>

#include "circuit/r1cs.h"
#include "field/fe.h"
#include "field/roots.h"

namespace assay {
namespace {

constexpr std::uint32_t kNone = Substitution::kNone;
constexpr std::size_t kNoStep = SIZE_MAX;

// What all threads share: the program, who reads each register, who writes it.
struct Circuit {
  ProgramView program;
  const Program& source;
  const SearchOptions& options;
  std::vector<std::uint32_t> first_user, users;  // register r is read by steps users[first_user[r]] ..
  std::vector<std::uint32_t> writer;             // kNone for inputs
  std::vector<std::uint8_t> is_hint;             // by register: free for a prover to choose

  Circuit(const Program& p, const std::vector<Limbs<4>>& coefficients, const SearchOptions& o)
      : program{p.steps.data(), p.steps.size(),      p.offsets.data(),
                p.terms.data(), p.immediates.data(), reinterpret_cast<const std::uint64_t*>(coefficients.data())},
        source(p),
        options(o),
        first_user(p.registers + 1, 0),
        writer(p.registers, kNone),
        is_hint(p.registers, 0) {
    for_each_read([&](std::uint32_t, std::uint32_t reg) { ++first_user[reg + 1]; });
    for (std::size_t r = 1; r < first_user.size(); ++r) first_user[r] += first_user[r - 1];
    users.resize(first_user.back());
    std::vector<std::uint32_t> at(first_user.begin(), first_user.end() - 1);
    for_each_read([&](std::uint32_t step, std::uint32_t reg) { users[at[reg]++] = step; });
    for (std::uint32_t i = 0; i < p.steps.size(); ++i) {
      const Step& s = p.steps[i];
      const bool chosen = (s.kind >= StepKind::mul && s.kind <= StepKind::last_hint) ||
                          (i == o.dropped && (s.kind == StepKind::product || s.kind == StepKind::define));
      for (std::uint32_t k = 0; k < s.size; ++k) {
        writer[s.out + k] = i;
        is_hint[s.out + k] = chosen;
      }
    }
  }

  template <class Visit>
  void for_each_read(Visit&& visit) const {
    for (std::uint32_t i = 0; i < source.steps.size(); ++i) {
      const Step& s = source.steps[i];
      for (std::uint32_t k = source.offsets[s.expression]; k < source.offsets[s.expression + s.inputs]; ++k)
        visit(i, source.terms[k].wire);
    }
  }

  // Whether the step is a constraint in force.
  bool binds(std::size_t i) const noexcept {
    const StepKind kind = source.steps[i].kind;
    return i != options.dropped && (kind == StepKind::demand || kind == StepKind::product || kind == StepKind::define);
  }
};

struct Change {
  std::uint32_t reg;
  Fr value;
};

// One thread's copy of the witness, changed and restored.
class Explorer {
 public:
  Explorer(const Circuit& circuit, const std::uint64_t* registers)
      : c_(circuit),
        x_(reinterpret_cast<const Fr*>(registers), reinterpret_cast<const Fr*>(registers) + circuit.source.registers),
        changed_(x_.size(), 0),
        chosen_(x_.size(), 0),
        queued_(circuit.source.steps.size(), 0) {}

  const Fr& value(std::uint32_t reg) const noexcept { return x_[reg]; }
  std::size_t tried() const noexcept { return tried_; }

  // Makes the changes and follows them. Returns the first constraint that fails, or kNoStep. restore() undoes it.
  // With `outputs_stay` the public outputs count as constraints, else they are computed anew.
  std::size_t follow(const Change* changes, std::size_t count, bool outputs_stay) {
    ++tried_;
    outputs_stay_ = outputs_stay;
    for (std::size_t i = 0; i < count; ++i) {
      chosen_[changes[i].reg] = 1;
      picks_.push_back(changes[i].reg);
      set(changes[i].reg, changes[i].value);
    }
    while (!todo_.empty()) {
      const std::uint32_t i = todo_.top();
      todo_.pop();
      queued_[i] = 0;
      if (!step(i)) return i;
    }
    return kNoStep;
  }

  void restore() {
    while (!todo_.empty()) {
      queued_[todo_.top()] = 0;
      todo_.pop();
    }
    for (auto it = undo_.rbegin(); it != undo_.rend(); ++it) {
      x_[it->reg] = it->value;
      changed_[it->reg] = 0;
    }
    undo_.clear();
    for (const std::uint32_t reg : picks_) chosen_[reg] = 0;
    picks_.clear();
  }

  // With the changes of a failed follow() in place: each (register, value) by which one chosen value in the failed
  // constraint would satisfy it.
  void solve(std::size_t failed, std::vector<Change>& out) {
    const Step& s = c_.source.steps[failed];
    // (a0 + a1 q) (b0 + b1 q) = c0 + c1 q in the value q of each register
    Side sides[3];
    if (s.kind == StepKind::demand) {
      for (std::uint32_t i = 0; i < 3; ++i) expand(s.expression + i, Fr::one(), sides[i], 0);
    } else {
      for (std::uint32_t i = 0; i < s.inputs; ++i) expand(s.expression + i, Fr::one(), sides[i], 0);
      if (s.inputs == 1) sides[1].value = Fr::one();
      sides[2].value = x_[s.out];
      if (c_.is_hint[s.out]) sides[2].slope[s.out] = Fr::one();
    }
    std::vector<std::uint32_t> registers;
    for (const Side& side : sides)
      for (const auto& [reg, slope] : side.slope) registers.push_back(reg);
    std::sort(registers.begin(), registers.end());
    registers.erase(std::unique(registers.begin(), registers.end()), registers.end());
    for (const std::uint32_t reg : registers) {
      if (chosen_[reg] || out.size() >= c_.options.max_partners) continue;
      const Fr q = x_[reg];
      const Fr a1 = sides[0].at(reg), b1 = sides[1].at(reg), c1 = sides[2].at(reg);
      const Fr a0 = sides[0].value - a1 * q, b0 = sides[1].value - b1 * q, c0 = sides[2].value - c1 * q;
      roots(a1 * b1, a0 * b1 + a1 * b0 - c1, a0 * b0 - c0, reg, out);
    }
  }

 private:
  struct Side {
    Fr value = Fr::zero();
    std::unordered_map<std::uint32_t, Fr> slope;  // of registers that a prover chooses
    Fr at(std::uint32_t reg) const {
      const auto it = slope.find(reg);
      return it == slope.end() ? Fr::zero() : it->second;
    }
  };

  // The expression, seen through copies and definitions down to chosen values.
  void expand(std::uint32_t expression, const Fr& factor, Side& side, int depth) {
    const Program& p = c_.source;
    for (std::uint32_t k = p.offsets[expression]; k < p.offsets[expression + 1]; ++k) {
      const Term t = p.terms[k];
      const Fr slope = factor * reinterpret_cast<const Fr*>(c_.program.coefficients)[t.coefficient];
      if (depth == 0) side.value += slope * x_[t.wire];
      if (c_.is_hint[t.wire]) {
        Fr& total = side.slope.try_emplace(t.wire, Fr::zero()).first->second;
        total += slope;
        continue;
      }
      const std::uint32_t writer = c_.writer[t.wire];
      if (writer == kNone || stays(t.wire) || depth >= 6 || side.slope.size() > c_.options.max_partners) continue;
      const StepKind kind = p.steps[writer].kind;
      if (kind == StepKind::linear || kind == StepKind::define)
        expand(p.steps[writer].expression, slope, side, depth + 1);
    }
  }

  // Solutions of a q^2 + b q + c = 0
  void roots(const Fr& a, const Fr& b, const Fr& c, std::uint32_t reg, std::vector<Change>& out) const {
    if (a.is_zero()) {
      if (!b.is_zero()) out.push_back({reg, -(c * inverse_var(b))});
      return;
    }
    Fr root;
    if (sqrt_var(root, sqr(b) - dbl(dbl(a * c))) != Status::ok) return;
    const Fr scale = inverse_var(dbl(a));
    out.push_back({reg, (root - b) * scale});
    out.push_back({reg, (-root - b) * scale});
  }

  bool stays(std::uint32_t reg) const noexcept { return outputs_stay_ && c_.options.outputs[reg]; }

  void set(std::uint32_t reg, const Fr& value) {
    if (x_[reg] == value) return;
    if (!changed_[reg]) {
      changed_[reg] = 1;
      undo_.push_back({reg, x_[reg]});
    }
    x_[reg] = value;
    for (std::uint32_t k = c_.first_user[reg]; k < c_.first_user[reg + 1]; ++k) queue(c_.users[k]);
  }

  void queue(std::uint32_t step) {
    if (queued_[step]) return;
    queued_[step] = 1;
    todo_.push(step);
  }

  // Computes the step again, or checks it; false if a constraint or a public value does not hold.
  bool step(std::uint32_t i) {
    const Step& s = c_.source.steps[i];
    if (s.size == 0) return !c_.binds(i) || check(i);
    before_.assign(x_.begin() + s.out, x_.begin() + s.out + s.size);
    runner_kernel().run(c_.program, i, i + 1, x_[0].v);
    bool held = false;
    for (std::uint32_t k = 0; k < s.size; ++k) {
      const std::uint32_t reg = s.out + k;
      const Fr computed = x_[reg];
      x_[reg] = before_[k];
      if (chosen_[reg] || stays(reg)) {
        held = true;
      } else {
        set(reg, computed);
      }
    }
    return !held || !c_.binds(i) || check(i);
  }

  bool check(std::uint32_t i) const { return runner_kernel().check(c_.program, i, i + 1, x_[0].v, true) != i; }

  const Circuit& c_;
  std::vector<Fr> x_, before_;
  std::vector<Change> undo_;
  std::vector<std::uint32_t> picks_;
  std::vector<std::uint8_t> changed_, chosen_, queued_;
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> todo_;
  std::size_t tried_ = 0;
  bool outputs_stay_ = false;
};

// A few other values for v: the next, the negative, the other bit, zero, and one that looks random.
std::vector<Fr> alternatives(const Fr& v, std::uint32_t reg) {
  const std::uint64_t seed[4] = {reg * 0x9e3779b97f4a7c15u + 1, reg ^ 0xd1b54a32d192ed03u, ~std::uint64_t{reg},
                                 0x2545f491};
  const Fr candidates[] = {v + Fr::one(), Fr::one() - v, -v, Fr::zero(), Fr::from_limbs_reduce(seed)};
  std::vector<Fr> out;
  for (const Fr& x : candidates)
    if (!(x == v) && std::find(out.begin(), out.end(), x) == out.end()) out.push_back(x);
  return out;
}

Limbs<4> limbs(const Fr& x) noexcept { return {x.v[0], x.v[1], x.v[2], x.v[3]}; }

bool try_register(Explorer& explorer, std::uint32_t reg, bool is_input, SearchFinding& found) {
  std::vector<Change> partners;
  for (const Fr& other : alternatives(explorer.value(reg), reg)) {
    Change changes[2] = {{reg, other}, {}};
    const std::size_t failed = explorer.follow(changes, 1, is_input);
    partners.clear();
    if (failed != kNoStep) explorer.solve(failed, partners);
    explorer.restore();
    if (failed == kNoStep) {
      found = {reg, limbs(other), kNone, {}};
      return true;
    }
    for (const Change& partner : partners) {
      if (partner.value == explorer.value(partner.reg)) continue;
      changes[1] = partner;
      const std::size_t still = explorer.follow(changes, 2, is_input);
      explorer.restore();
      if (still == kNoStep) {
        found = {reg, limbs(other), partner.reg, limbs(partner.value)};
        return true;
      }
    }
  }
  return false;
}

}  // namespace

Status search_freedom(const Flat& flat, const std::vector<Limbs<4>>& coefficients, const std::uint64_t* registers,
                      const SearchOptions& options, std::vector<SearchFinding>& findings, std::size_t& tried,
                      JobControl* control) noexcept {
  try {
    const Circuit circuit(flat.program, coefficients, options);
    std::vector<std::uint32_t> candidates = options.inputs;
    for (std::uint32_t reg = 0; reg < flat.program.registers; ++reg)
      if (circuit.is_hint[reg]) candidates.push_back(reg);
    std::erase_if(candidates, [&](std::uint32_t reg) { return options.free[reg] != 0; });
    std::sort(candidates.begin(), candidates.end());
    std::mutex mutex;
    std::atomic<bool> failed{false};
    std::atomic<std::size_t> total{0};
    const std::size_t grain = std::max<std::size_t>(16, candidates.size() / 64);
    const auto body = [&](std::size_t begin, std::size_t end) noexcept {
      try {
        Explorer explorer(circuit, registers);
        for (std::size_t i = begin; i < end && !(control && control->cancelled()); ++i) {
          SearchFinding found;
          if (!try_register(explorer, candidates[i], !circuit.is_hint[candidates[i]], found)) continue;
          const std::lock_guard lock(mutex);
          if (findings.size() < options.max_findings) findings.push_back(found);
        }
        total += explorer.tried();
      } catch (...) {
        failed = true;
      }
    };
    ASSAY_TRY(parallel_for(candidates.size(), grain, body, control));
    tried = total;
    std::sort(findings.begin(), findings.end(),
              [](const SearchFinding& a, const SearchFinding& b) { return a.reg < b.reg; });
    return failed ? Status::out_of_memory : Status::ok;
  } catch (...) {
    return Status::out_of_memory;
  }
}

}  // namespace assay
