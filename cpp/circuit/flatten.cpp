#include "circuit/flatten.h"

namespace assay {
namespace {

constexpr std::uint32_t kNone = Substitution::kNone;
constexpr std::size_t kMaxSize = 0xfffffff0;

// Reads words with bounds; anything out of place is malformed.
class Words {
 public:
  explicit Words(std::span<const std::uint32_t> words) : words_(words) {}
  bool done() const noexcept { return at_ == words_.size(); }
  std::uint32_t next() {
    if (at_ >= words_.size()) throw std::invalid_argument("the trace ends early");
    return words_[at_++];
  }
  std::uint32_t below(std::size_t bound) {
    const std::uint32_t x = next();
    if (x >= bound) throw std::invalid_argument("the trace names something that does not exist");
    return x;
  }
  std::span<const std::uint32_t> take(std::size_t count) {
    if (count > words_.size() - at_) throw std::invalid_argument("the trace ends early");
    at_ += count;
    return words_.subspan(at_ - count, count);
  }

 private:
  std::span<const std::uint32_t> words_;
  std::size_t at_ = 0;
};

class Flattener {
 public:
  Flattener(const TraceSource& source, const std::vector<std::shared_ptr<const Flat>>& templates,
            CoefficientTable& table)
      : source_(source), templates_(templates), table_(table), sum_(table), flat_(std::make_shared<Flat>()) {
    if (source.ports >= source.wires) throw std::invalid_argument("more ports than wires");
    flat_->ports = source.ports;
    flat_->frames.push_back({kNone, source.serial, 0});
    wire_linear_.resize(source.wires);
    wire_register_.assign(source.wires, kNone);
    set_wire(0, new_variable(0, true), 0);
    flat_->origins.push_back({0, 0});
    for (std::uint32_t port = 1; port <= source.ports; ++port) add_wire(port, true);
    if (source.is_main) {
      is_public_.assign(source.wires, 0);
      for (const std::uint32_t wire : source.public_wires) {
        public_.push_back(add_wire(checked(wire), true));
        is_public_[wire] = 1;
      }
      for (const std::uint32_t wire : source.private_wires) private_.push_back(add_wire(checked(wire), false));
    }
    is_kept_.assign(source.wires, 0);
    for (const std::uint32_t wire : source.keep) is_kept_[checked(wire)] = 1;
  }

  std::shared_ptr<Flat> run(MainSystem* main) {
    Words words(source_.code);
    while (!words.done()) operation(words);
    Words outputs(source_.outputs);
    for (std::uint32_t i = 0; i < source_.num_outputs; ++i) {
      const Expression e = read(outputs);
      system_.watched.push_back(e.linear);
      flat_->output_registers.push_back(as_register(e, 0));
    }
    if (!outputs.done()) throw std::invalid_argument("the trace is longer than its outputs");
    system_.uses.assign(system_.fixed.size(), 0);
    for (const StampGroup& group : flat_->groups) count_uses(group);
    for (const std::uint32_t variable : preferred_) system_.uses[variable] = 0;
    Substitution substitution = eliminated();
    flat_->outputs = system_.watched;
    flat_->wire_registers = wire_register_;
    if (source_.is_main) {
      main->public_variables = public_;
      main->private_variables = private_;
      main->variable_registers = std::move(variable_register_);
      main->substitution = std::move(substitution);
      main->system = std::move(system_);
    } else {
      number_columns();
    }
    return flat_;
  }

 private:
  // An expression of the trace over variables, and over registers (as read, not yet in the program).
  struct Expression {
    Linear linear;
    std::vector<Term> registers;
  };

  Substitution eliminated() {
    try {
      return eliminate(system_, table_);
    } catch (Contradiction& error) {
      error.places = places_of(flat_->frames, error.frame, error.site);
      throw;
    }
  }

  const std::shared_ptr<const Flat>& child(std::uint32_t index) const {
    if (templates_[index] == nullptr) throw std::invalid_argument("a main circuit cannot be stamped");
    return templates_[index];
  }

  std::uint32_t checked(std::uint32_t wire) const {
    if (wire == 0 || wire >= source_.wires) throw std::invalid_argument("the trace names a wire that does not exist");
    return wire;
  }

  std::uint32_t new_variable(std::uint32_t reg, bool fixed) {
    variable_register_.push_back(reg);
    system_.fixed.push_back(fixed);
    if (system_.fixed.size() > kMaxSize) throw std::length_error("too many wires");
    return static_cast<std::uint32_t>(system_.fixed.size()) - 1;
  }
  std::uint32_t new_register(std::uint32_t frame, std::uint32_t wire) {
    if (flat_->program.registers > kMaxSize) throw std::length_error("too many wires");
    flat_->origins.push_back({frame, wire});
    return flat_->program.registers++;
  }
  void set_wire(std::uint32_t wire, std::uint32_t variable, std::uint32_t reg) {
    wire_linear_[wire] = {{variable, R1cs::kOne}};
    wire_register_[wire] = reg;
  }
  // A fresh register and a fresh variable for a wire of the trace.
  std::uint32_t add_wire(std::uint32_t wire, bool fixed) {
    if (wire_register_[wire] != kNone) throw std::invalid_argument("a wire is written twice");
    const std::uint32_t reg = new_register(0, wire);
    const std::uint32_t variable = new_variable(reg, fixed);
    set_wire(wire, variable, reg);
    return variable;
  }

  Expression read(Words& words) {
    const std::uint32_t count = words.next();
    Expression e;
    if (count > source_.wires) throw std::invalid_argument("an expression is longer than the trace has wires");
    e.registers.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t wire = words.below(source_.wires), coefficient = words.below(table_.size());
      if (wire_register_[wire] == kNone) throw std::invalid_argument("a wire is read before it is written");
      e.registers.push_back({wire_register_[wire], coefficient});
      if (count == 1 && coefficient == R1cs::kOne) {
        e.linear = wire_linear_[wire];
      } else {
        sum_.add(wire_linear_[wire], coefficient);
      }
    }
    if (!(count == 1 && e.registers[0].coefficient == R1cs::kOne)) e.linear = sum_.take();
    return e;
  }

  std::uint32_t put(const Expression& e) {
    Program& p = flat_->program;
    p.terms.insert(p.terms.end(), e.registers.begin(), e.registers.end());
    p.offsets.push_back(static_cast<std::uint32_t>(p.terms.size()));
    if (p.terms.size() > kMaxSize) throw std::length_error("the circuit is too large");
    return static_cast<std::uint32_t>(p.offsets.size()) - 2;
  }
  std::uint32_t put(std::initializer_list<const Expression*> list) {
    const auto first = static_cast<std::uint32_t>(flat_->program.offsets.size()) - 1;
    for (const Expression* e : list) put(*e);
    return first;
  }
  void step(StepKind kind, std::uint16_t inputs, std::uint32_t out, std::uint32_t size, std::uint32_t expression,
            std::uint32_t site) {
    flat_->program.steps.push_back(
        {kind, inputs, out, size, expression, static_cast<std::uint32_t>(flat_->program.immediates.size()), 0, site});
  }
  // The register that holds e: its own if it is a single wire, else a copy.
  std::uint32_t as_register(const Expression& e, std::uint32_t site) {
    if (e.registers.size() == 1 && e.registers[0].coefficient == R1cs::kOne) return e.registers[0].wire;
    const std::uint32_t reg = new_register(0, kNone);
    step(StepKind::linear, 1, reg, 1, put(e), site);
    return reg;
  }

  void operation(Words& words) {
    const std::uint32_t kind = words.next(), site = words.next();
    switch (kind) {
      case 1:
        return product(words, site);
      case 2:
        return define(words, site);
      case 3:
        return demand(words, site);
      case 4:
        return hint(words, site);
      case 5:
        return call(words, site);
      case 6:
        return repeat(words, site);
      default:
        throw std::invalid_argument("the trace holds an unknown operation");
    }
  }

  void product(Words& words, std::uint32_t site) {
    const std::uint32_t wire = checked(words.next());
    Expression a = read(words), b = read(words);
    add_wire(wire, is_kept_[wire]);
    step(StepKind::product, 2, wire_register_[wire], 1, put({&a, &b}), site);
    system_.rows.push_back({std::move(a.linear), std::move(b.linear), wire_linear_[wire], 0, site});
  }

  void define(Words& words, std::uint32_t site) {
    const std::uint32_t wire = checked(words.next());
    Expression e = read(words);
    const bool public_output = !is_public_.empty() && is_public_[wire];  // declared before, fixed, computed here
    if (public_output || is_kept_[wire]) {
      if (!public_output) add_wire(wire, true);
      sum_.add(e.linear);
      sum_.add(wire_linear_[wire], R1cs::kMinusOne);
      system_.linear.push_back({{}, {}, sum_.take(), 0, site});
    } else {
      if (wire_register_[wire] != kNone) throw std::invalid_argument("a wire is written twice");
      wire_register_[wire] = new_register(0, wire);
      wire_linear_[wire] = std::move(e.linear);
    }
    step(StepKind::define, 1, wire_register_[wire], 1, put(e), site);
  }

  void demand(Words& words, std::uint32_t site) {
    Expression a = read(words), b = read(words), c = read(words);
    step(StepKind::demand, 3, 0, 0, put({&a, &b, &c}), site);
    if (a.registers.empty() && b.registers.empty()) {
      system_.linear.push_back({{}, {}, std::move(c.linear), 0, site});
    } else {
      system_.rows.push_back({std::move(a.linear), std::move(b.linear), std::move(c.linear), 0, site});
    }
  }

  void hint(Words& words, std::uint32_t site) {
    const std::uint32_t kind = words.next(), first = checked(words.next()), size = words.next(), inputs = words.next(),
                        immediates = words.next();
    static constexpr std::uint32_t kInputs[] = {0, 2, 1, 2, 1, 2, 2, 3, 1, 1, 1, 1};
    if (kind == 0 || kind > static_cast<std::uint32_t>(StepKind::last_hint) || inputs != kInputs[kind] ||
        size > source_.wires - first)
      throw std::invalid_argument("a hint is malformed");
    const auto numbers = words.take(immediates);
    check_immediates(static_cast<StepKind>(kind), size, numbers);
    const auto expression = static_cast<std::uint32_t>(flat_->program.offsets.size()) - 1;
    for (std::uint32_t i = 0; i < inputs; ++i) put(read(words));
    for (std::uint32_t i = 0; i < size; ++i) add_wire(first + i, is_kept_[first + i]);
    step(static_cast<StepKind>(kind), static_cast<std::uint16_t>(inputs), wire_register_[first], size, expression,
         site);
    flat_->program.immediates.insert(flat_->program.immediates.end(), numbers.begin(), numbers.end());
  }

  void check_immediates(StepKind kind, std::uint32_t size, std::span<const std::uint32_t> m) const {
    bool good = m.empty() && size == 1;
    if (kind == StepKind::bits) good = m.size() == 2 && m[0] == size && m[0] >= 1 && m[0] <= 254 && m[1] <= 254 - m[0];
    if (kind == StepKind::divmod) good = m.size() == 2 && size == 2 && (m[0] | m[1]) != 0;
    if (kind == StepKind::lookup) {
      good = size == 1 && m.size() >= 2 && m[0] == m.size() - 1;
      for (std::size_t i = 1; good && i < m.size(); ++i) good = m[i] < table_.size();
    }
    if (!good) throw std::invalid_argument("a hint is malformed");
  }

  void call(Words& words, std::uint32_t site) {
    const Flat& flat = *child(words.below(templates_.size()));
    const std::uint32_t first = words.next();
    std::vector<Expression> arguments;
    for (std::uint32_t i = 0; i < flat.ports; ++i) arguments.push_back(read(words));
    write_outputs(stamp(flat, arguments, site), first);
  }

  void write_outputs(const std::vector<Expression>& out, std::uint32_t first) {
    for (std::uint32_t i = 0; i < out.size(); ++i) {
      const std::uint32_t wire = checked(first + i);
      if (wire_register_[wire] != kNone) throw std::invalid_argument("a wire is written twice");
      wire_linear_[wire] = out[i].linear;
      wire_register_[wire] = out[i].registers[0].wire;
    }
  }

  // Puts a copy of the child here; returns its outputs, each a single register.
  std::vector<Expression> stamp(const Flat& child, const std::vector<Expression>& arguments, std::uint32_t site) {
    const auto frame = static_cast<std::uint32_t>(flat_->frames.size());
    flat_->frames.push_back({0, child.frames[0].trace, site});
    for (std::size_t i = 1; i < child.frames.size(); ++i)
      flat_->frames.push_back({child.frames[i].parent + frame, child.frames[i].trace, child.frames[i].site});
    // registers
    std::vector<std::uint32_t> registers(child.program.registers);
    for (std::uint32_t i = 0; i < child.ports; ++i) registers[i + 1] = as_register(arguments[i], site);
    for (std::uint32_t i = child.ports + 1; i < child.program.registers; ++i)
      registers[i] = new_register(child.origins[i].frame + frame, child.origins[i].wire);
    stamp_program(child.program, registers, frame);
    // variables
    std::vector<Linear> columns(child.column_registers.size());
    columns[0] = {{0, R1cs::kOne}};
    for (std::uint32_t i = 0; i < child.ports; ++i) columns[i + 1] = arguments[i].linear;
    for (std::size_t i = child.ports + 1; i < columns.size(); ++i)
      columns[i] = {{new_variable(registers[child.column_registers[i]], false), R1cs::kOne}};
    const auto place = [&](const Row& row) {
      return Row{substitute(row.a, columns), substitute(row.b, columns), substitute(row.c, columns), row.frame + frame,
                 row.site};
    };
    for (const Row& row : child.rows) system_.rows.push_back(place(row));
    for (const Row& row : child.linear) system_.linear.push_back(place(row));
    std::vector<Expression> out(child.outputs.size());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = {substitute(child.outputs[i], columns), {{registers[child.output_registers[i]], R1cs::kOne}}};
    return out;
  }

  void stamp_program(const Program& child, const std::vector<std::uint32_t>& registers, std::uint32_t frame) {
    Program& p = flat_->program;
    const auto expressions = static_cast<std::uint32_t>(p.offsets.size()) - 1;
    const auto terms = static_cast<std::uint32_t>(p.terms.size());
    const auto immediates = static_cast<std::uint32_t>(p.immediates.size());
    if (p.terms.size() + child.terms.size() > kMaxSize) throw std::length_error("the circuit is too large");
    for (const Step& s : child.steps)
      p.steps.push_back({s.kind, s.inputs, s.size == 0 ? 0 : registers[s.out], s.size, s.expression + expressions,
                         s.immediate + immediates, s.frame + frame, s.site});
    for (std::size_t i = 1; i < child.offsets.size(); ++i) p.offsets.push_back(child.offsets[i] + terms);
    for (const Term& t : child.terms) p.terms.push_back({registers[t.wire], t.coefficient});
    p.immediates.insert(p.immediates.end(), child.immediates.begin(), child.immediates.end());
  }

  // e over a child's columns, over our variables
  Linear substitute(const Linear& e, const std::vector<Linear>& columns) {
    bool renames = true;
    std::uint32_t last = 0;
    for (const Term& t : e) {
      const Linear& to = columns[t.wire];
      renames = renames && is_plain(to) && (to[0].wire > last || (t.wire == 0 && to[0].wire == 0));
      if (!renames) break;
      last = to[0].wire;
    }
    if (renames) {
      Linear out;
      out.reserve(e.size());
      for (const Term& t : e) out.push_back({columns[t.wire][0].wire, t.coefficient});
      return out;
    }
    for (const Term& t : e) sum_.add(columns[t.wire], t.coefficient);
    return sum_.take();
  }

  void repeat(Words& words, std::uint32_t site) {
    if (!source_.is_main) throw std::invalid_argument("a template cannot hold a repeat");
    const std::shared_ptr<const Flat> flat = child(words.below(templates_.size()));
    std::uint32_t wire = words.next();
    const std::uint32_t count = words.next(), carries = words.next();
    if (count == 0 || carries > flat->ports || carries > flat->outputs.size())
      throw std::invalid_argument("a repeat is malformed");
    std::vector<Argument> known;
    std::vector<Expression> chain;
    for (std::uint32_t i = 0; i < carries; ++i) chain.push_back(argument(words, site, known));
    std::vector<std::vector<Expression>> inputs(count);
    for (auto& row : inputs)
      for (std::uint32_t i = carries; i < flat->ports; ++i) row.push_back(argument(words, site, known));
    if (source_.unroll) return unroll(*flat, std::move(chain), inputs, wire, site);
    StampGroup group;
    group.flat = flat;
    group.site = site;
    group.count = count;
    group.carries = carries;
    group.expression = static_cast<std::uint32_t>(flat_->program.offsets.size()) - 1;
    group.first_register = flat_->program.registers;
    group.first_variable = static_cast<std::uint32_t>(system_.fixed.size());
    // the columns of all stamps side by side, no register of main's
    for (std::size_t i = 0; i < static_cast<std::size_t>(count) * flat->kept(); ++i) new_variable(kNone, false);
    for (const Expression& e : chain) put(e);
    for (std::uint32_t k = 0; k < count; ++k) {
      for (const Expression& e : inputs[k]) put(e);
      chain.insert(chain.end(), inputs[k].begin(), inputs[k].end());
      chain = stamp_columns(group, k, chain);
      for (std::size_t i = carries; i < chain.size(); ++i) output_wire(wire++, chain[i].linear);
      chain.resize(carries);
    }
    for (const Expression& e : chain) output_wire(wire++, e.linear);
    step(StepKind::repeat, 0, static_cast<std::uint32_t>(flat_->groups.size()), 0, group.expression, site);
    eliminate_ports(group);
    flat_->groups.push_back(std::move(group));
  }

  void unroll(const Flat& flat, std::vector<Expression> chain, const std::vector<std::vector<Expression>>& inputs,
              std::uint32_t wire, std::uint32_t site) {
    const std::size_t carries = chain.size();
    for (const auto& row : inputs) {
      chain.insert(chain.end(), row.begin(), row.end());
      chain = stamp(flat, chain, site);
      write_outputs({chain.begin() + static_cast<std::ptrdiff_t>(carries), chain.end()}, wire);
      wire += static_cast<std::uint32_t>(chain.size() - carries);
      chain.resize(carries);
    }
    write_outputs(chain, wire);
  }

  // A linear constraint among the ports of a template would be solved in main, stamp by stamp, and each stamp would
  // differ from the next. Where a port holds a variable of its own in every stamp, it is expressed by the others in the
  // template's rows, once; main is made to take that variable too.
  void eliminate_ports(StampGroup& group) {
    if (group.flat->linear.empty()) return;
    System rows;
    rows.fixed.assign(group.flat->column_registers.size(), 1);
    bool any = false;
    for (std::uint32_t port = group.carries; port < group.flat->ports; ++port) {
      const bool own = has_own_variables(group, port);
      rows.fixed[port + 1] = !own;
      any = any || own;
    }
    if (!any) return;
    rows.rows = group.flat->rows;
    rows.linear = group.flat->linear;
    const Substitution taken = eliminate(rows, table_);
    auto flat = std::make_shared<Flat>(*group.flat);
    flat->rows = std::move(rows.rows);
    for (std::uint32_t port = 0; port < flat->ports; ++port) {
      if (!taken.replaces(port + 1)) continue;
      for (std::uint32_t k = 0; k < group.count; ++k) preferred_.push_back(group.ports[k * flat->ports + port][0].wire);
    }
    group.flat = std::move(flat);
  }

  bool has_own_variables(const StampGroup& group, std::uint32_t port) const {
    std::vector<std::uint32_t> seen;
    for (std::uint32_t k = 0; k < group.count; ++k) {
      const Linear& e = group.ports[k * group.flat->ports + port];
      if (!is_plain(e) || system_.fixed[e[0].wire]) return false;
      seen.push_back(e[0].wire);
    }
    std::sort(seen.begin(), seen.end());
    return std::adjacent_find(seen.begin(), seen.end()) == seen.end();
  }

  // An expression that enters stamps, on a variable of its own if it is not a single one or a constant: stamps whose
  // ports all are single variables share their rows. It costs no constraint where elimination finds another variable
  // of its equation to take.
  struct Argument {
    Linear e;
    Expression on_variable;
  };
  Expression argument(Words& words, std::uint32_t site, std::vector<Argument>& known) {
    Expression e = read(words);
    if (source_.unroll || is_constant(e.linear) || is_plain(e.linear)) return e;
    for (const Argument& a : known)
      if (a.e == e.linear) return a.on_variable;
    const std::uint32_t reg = as_register(e, site);
    const std::uint32_t variable = new_variable(reg, true);
    sum_.add(e.linear);
    sum_.add(variable, -Fr::one());
    system_.linear.push_back({{}, {}, sum_.take(), 0, site});
    known.push_back({std::move(e.linear), {{{variable, R1cs::kOne}}, {{reg, R1cs::kOne}}}});
    return known.back().on_variable;
  }

  void output_wire(std::uint32_t wire, const Linear& e) {
    if (wire_register_[checked(wire)] != kNone) throw std::invalid_argument("a wire is written twice");
    wire_register_[wire] = new_register(0, wire);
    wire_linear_[wire] = e;
  }

  // One stamp as columns of main: what stands in its ports is noted, its rows stay with the template.
  std::vector<Expression> stamp_columns(StampGroup& group, std::uint32_t k, const std::vector<Expression>& arguments) {
    const Flat& child = *group.flat;
    std::vector<Linear> columns(child.column_registers.size());
    columns[0] = {{0, R1cs::kOne}};
    for (std::uint32_t i = 0; i < child.ports; ++i) {
      columns[i + 1] = arguments[i].linear;
      group.ports.push_back(arguments[i].linear);
    }
    for (std::uint32_t i = 0; i < child.kept(); ++i)
      columns[child.ports + 1 + i] = {{group.first_variable + k * child.kept() + i, R1cs::kOne}};
    for (const Row& row : child.linear) {
      Row placed;
      placed.c = substitute(row.c, columns);
      placed.site = group.site;
      system_.linear.push_back(std::move(placed));
    }
    std::vector<Expression> out(child.outputs.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i].linear = substitute(child.outputs[i], columns);
    return out;
  }

  // Variables inside stamps cost a stamp its place in the common block when they are replaced: the last to be taken.
  void count_uses(const StampGroup& group) {
    const std::size_t variables = static_cast<std::size_t>(group.count) * group.flat->kept();
    for (std::size_t i = 0; i < variables; ++i) system_.uses[group.first_variable + i] = 1u << 20;
    for (const Linear& e : group.ports)
      for (const Term& t : e) system_.uses[t.wire] += 16;
  }

  // Keeps the ports and the variables that occur; names the rest away.
  void number_columns() {
    std::vector<std::uint8_t> used(system_.fixed.size(), 0);
    std::fill(used.begin(), used.begin() + 1 + source_.ports, 1);
    const auto mark = [&](const Linear& e) {
      for (const Term& t : e) used[t.wire] = 1;
    };
    for (const auto* rows : {&system_.rows, &system_.linear})
      for (const Row& row : *rows) mark(row.a), mark(row.b), mark(row.c);
    for (const Linear& e : system_.watched) mark(e);
    std::vector<std::uint32_t> column(system_.fixed.size(), kNone);
    for (std::size_t v = 0; v < used.size(); ++v) {
      if (!used[v]) continue;
      column[v] = static_cast<std::uint32_t>(flat_->column_registers.size());
      flat_->column_registers.push_back(variable_register_[v]);
    }
    const auto rename = [&](Linear& e) {
      for (Term& t : e) t.wire = column[t.wire];
    };
    for (auto* rows : {&system_.rows, &system_.linear})
      for (Row& row : *rows) rename(row.a), rename(row.b), rename(row.c);
    for (Linear& e : flat_->outputs) rename(e);
    flat_->rows = std::move(system_.rows);
    flat_->linear = std::move(system_.linear);
  }

  const TraceSource& source_;
  const std::vector<std::shared_ptr<const Flat>>& templates_;
  CoefficientTable& table_;
  Accumulator sum_;
  std::shared_ptr<Flat> flat_;
  System system_;
  std::vector<Linear> wire_linear_;  // of each wire of the trace, over variables
  std::vector<std::uint32_t> wire_register_, variable_register_, public_, private_;
  std::vector<std::uint32_t> preferred_;  // variables to eliminate before others
  std::vector<std::uint8_t> is_kept_, is_public_;
};

}  // namespace

std::vector<std::pair<std::uint32_t, std::uint32_t>> places_of(const std::vector<Frame>& frames, std::uint32_t frame,
                                                               std::uint32_t site) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
  for (; frame != kNone; site = frames[frame].site, frame = frames[frame].parent)
    places.push_back({frames[frame].trace, site});
  return places;
}

std::shared_ptr<Flat> flatten(const TraceSource& source, const std::vector<std::shared_ptr<const Flat>>& templates,
                              CoefficientTable& table, MainSystem* main) {
  return Flattener(source, templates, table).run(main);
}

}  // namespace assay
