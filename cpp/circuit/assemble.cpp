#include "circuit/assemble.h"

namespace assay {
namespace {

constexpr std::uint32_t kNone = Substitution::kNone;

class Assembler {
 public:
  Assembler(const Flat& main, MainSystem& system, CoefficientTable& table, CompiledCircuit& out)
      : main_(main), system_(system), table_(table), sum_(table), out_(out), r1cs_(*out.r1cs) {
    coefficient_.assign(table.size(), kNone);
    coefficient_[R1cs::kOne] = R1cs::kOne;
    coefficient_[R1cs::kMinusOne] = R1cs::kMinusOne;
  }

  void run(std::size_t num_outputs) {
    for (const StampGroup& group : main_.groups) groups_.push_back(look_at(group));
    number_wires(num_outputs);
    main_rows();
    for (std::size_t g = 0; g < groups_.size(); ++g) stamp_rows(g);
    for (const R1csBlock& block : r1cs_.blocks) r1cs_.num_constraints += block.rows() * block.count;
    wire_sources();
  }

 private:
  // A group's stamps after substitution.
  struct Stamps {
    std::vector<std::uint8_t> used;  // by column: occurs in the template's rows
    std::vector<Linear> ports;       // [count][ports]
  };

  Stamps look_at(const StampGroup& group) {
    Stamps s;
    s.used.assign(group.flat->column_registers.size(), 0);
    for (const Row& row : group.flat->rows)
      for (const Linear* e : {&row.a, &row.b, &row.c})
        for (const Term& t : *e) s.used[t.wire] = 1;
    s.ports.reserve(group.ports.size());
    for (const Linear& e : group.ports)
      s.ports.push_back(system_.substitution.touches(e) ? system_.substitution.apply(e, sum_) : e);
    return s;
  }

  // What stands in a column of a stamp, over main's variables.
  Linear column(const StampGroup& group, const Stamps& s, std::uint32_t stamp, std::uint32_t j) const {
    if (j == 0) return {{0, R1cs::kOne}};
    const std::uint32_t ports = group.flat->ports;
    if (j <= ports) return s.ports[stamp * ports + j - 1];
    const std::uint32_t v = group.first_variable + stamp * group.flat->kept() + j - ports - 1;
    if (system_.substitution.replaces(v)) return system_.substitution.expressions[system_.substitution.index[v]];
    return {{v, R1cs::kOne}};
  }

  void number_wires(std::size_t num_outputs) {
    std::vector<std::uint8_t> used(system_.system.fixed.size(), 0);
    const auto mark = [&](const Linear& e) {
      for (const Term& t : e) used[t.wire] = 1;
    };
    for (const auto* rows : {&system_.system.rows, &system_.system.linear})
      for (const Row& row : *rows) mark(row.a), mark(row.b), mark(row.c);
    for (std::size_t g = 0; g < groups_.size(); ++g)
      for (std::uint32_t k = 0; k < main_.groups[g].count; ++k)
        for (std::uint32_t j = 1; j < groups_[g].used.size(); ++j)
          if (groups_[g].used[j]) mark(column(main_.groups[g], groups_[g], k, j));
    wire_.assign(used.size(), kNone);
    std::uint32_t next = 0;
    wire_[0] = next++;
    for (std::size_t i = 0; i < system_.public_variables.size(); ++i) {
      if (!used[system_.public_variables[i]]) out_.unbound_public.push_back(static_cast<std::uint32_t>(i));
      wire_[system_.public_variables[i]] = next++;
    }
    r1cs_.num_public = next - 1;
    r1cs_.num_outputs = num_outputs;
    for (const std::uint32_t v : system_.private_variables)
      if (used[v]) wire_[v] = next++;
    r1cs_.num_private = next - 1 - r1cs_.num_public;
    for (std::size_t v = 1; v < used.size(); ++v)
      if (used[v] && wire_[v] == kNone) wire_[v] = next++;
    r1cs_.num_wires = next;
  }

  std::uint32_t coefficient(std::uint32_t index) {
    if (index >= coefficient_.size()) coefficient_.resize(table_.size(), kNone);
    if (coefficient_[index] == kNone) {
      coefficient_[index] = static_cast<std::uint32_t>(r1cs_.coefficients.size());
      r1cs_.coefficients.push_back(table_.values()[index]);
    }
    return coefficient_[index];
  }

  // Appends e; wires null: columns as they are.
  void append(SparseRows& m, const Linear& e, const std::vector<std::uint32_t>* wires) {
    for (const Term& t : e) {
      m.columns.push_back(wires ? (*wires)[t.wire] : t.wire);
      m.coefficients.push_back(coefficient(t.coefficient));
    }
    if (m.columns.size() > 0xfffffff0u) throw std::length_error("a block has too many entries");
    m.offsets.push_back(static_cast<std::uint32_t>(m.columns.size()));
  }
  void append(R1csBlock& block, BlockOrigin& origin, const Row& row, const std::vector<std::uint32_t>* wires) {
    append(block.matrix[0], row.a, wires);
    append(block.matrix[1], row.b, wires);
    append(block.matrix[2], row.c, wires);
    origin.frames.push_back(row.frame);
    origin.sites.push_back(row.site);
  }

  void main_rows() {
    R1csBlock block;
    BlockOrigin origin;
    block.width = r1cs_.num_wires;
    for (const auto* rows : {&system_.system.rows, &system_.system.linear})
      for (const Row& row : *rows) append(block, origin, row, &wire_);
    for (const std::uint32_t i : out_.unbound_public)
      append(block, origin, Row{{{system_.public_variables[i], R1cs::kOne}}, {}, {}}, &wire_);
    if (block.rows() > 0) finish(std::move(block), std::move(origin));
  }

  void finish(R1csBlock block, BlockOrigin origin) {
    r1cs_.blocks.push_back(std::move(block));
    out_.origins.push_back(std::move(origin));
  }

  // Stamps whose columns all are single wires share a block with their neighbours; any other is written out.
  void stamp_rows(std::size_t g) {
    const StampGroup& group = main_.groups[g];
    const Stamps& s = groups_[g];
    const auto width = static_cast<std::uint32_t>(s.used.size());
    std::uint32_t begin = 0;
    while (begin < group.count) {
      std::vector<std::uint32_t> wires;
      std::uint32_t end = begin;
      for (; end < group.count; ++end) {
        std::vector<std::uint32_t> row(width, 0);
        bool plain = true;
        for (std::uint32_t j = 1; j < width && plain; ++j) {
          if (!s.used[j]) continue;
          const Linear e = column(group, s, end, j);
          plain = is_plain(e);
          if (plain) row[j] = wire_[e[0].wire];
        }
        if (!plain) break;
        wires.insert(wires.end(), row.begin(), row.end());
      }
      if (end > begin) shared_block(g, begin, end - begin, std::move(wires));
      if (end < group.count) written_out(g, end++);
      begin = end;
    }
  }

  void shared_block(std::size_t g, std::uint32_t first, std::uint32_t count, std::vector<std::uint32_t> wires) {
    R1csBlock block;
    BlockOrigin origin{static_cast<std::uint32_t>(g), first, {}, {}};
    block.count = count;
    block.width = groups_[g].used.size();
    block.wires = std::move(wires);
    for (const Row& row : main_.groups[g].flat->rows) append(block, origin, row, nullptr);
    if (block.rows() > 0) finish(std::move(block), std::move(origin));
  }

  void written_out(std::size_t g, std::uint32_t stamp) {
    const StampGroup& group = main_.groups[g];
    std::vector<Linear> columns(groups_[g].used.size());
    for (std::uint32_t j = 0; j < columns.size(); ++j) columns[j] = column(group, groups_[g], stamp, j);
    const auto place = [&](const Linear& e) {
      for (const Term& t : e) sum_.add(columns[t.wire], t.coefficient);
      return sum_.take();
    };
    R1csBlock block;
    BlockOrigin origin{static_cast<std::uint32_t>(g), stamp, {}, {}};
    block.width = r1cs_.num_wires;
    for (const Row& row : group.flat->rows)
      append(block, origin, Row{place(row.a), place(row.b), place(row.c), row.frame, row.site}, &wire_);
    if (block.rows() > 0) finish(std::move(block), std::move(origin));
  }

  void wire_sources() {
    for (std::size_t v = 0; v < wire_.size(); ++v) {
      if (wire_[v] == kNone || system_.variable_registers[v] == kNone) continue;
      out_.wires.push_back(wire_[v]);
      out_.registers.push_back(system_.variable_registers[v]);
    }
    for (const StampGroup& group : main_.groups) {
      const std::size_t variables = static_cast<std::size_t>(group.count) * group.flat->kept();
      const auto from = wire_.begin() + group.first_variable;
      out_.stamp_wires.emplace_back(from, from + static_cast<std::ptrdiff_t>(variables));
    }
  }

  const Flat& main_;
  MainSystem& system_;
  CoefficientTable& table_;
  Accumulator sum_;
  CompiledCircuit& out_;
  R1cs& r1cs_;
  std::vector<Stamps> groups_;
  std::vector<std::uint32_t> wire_, coefficient_;
};

}  // namespace

WireSource CompiledCircuit::source_of(std::uint32_t wire) const {
  for (std::size_t i = 0; i < wires.size(); ++i)
    if (wires[i] == wire) return {kNone, 0, registers[i]};
  for (std::size_t g = 0; g < stamp_wires.size(); ++g) {
    const Flat& flat = *main->groups[g].flat;
    for (std::size_t i = 0; i < stamp_wires[g].size(); ++i)
      if (stamp_wires[g][i] == wire)
        return {static_cast<std::uint32_t>(g), static_cast<std::uint32_t>(i / flat.kept()),
                flat.column_registers[flat.ports + 1 + i % flat.kept()]};
  }
  return {};
}

CompiledCircuit assemble(std::shared_ptr<const Flat> main, MainSystem system, std::size_t num_outputs,
                         CoefficientTable& table) {
  CompiledCircuit out;
  out.r1cs = std::make_shared<R1cs>();
  out.main = main;
  Assembler(*main, system, table, out).run(num_outputs);
  for (std::size_t i = 0; i < system.public_variables.size(); ++i)
    (i < num_outputs ? out.outputs : out.inputs).push_back(system.variable_registers[system.public_variables[i]]);
  for (const std::uint32_t v : system.private_variables) out.inputs.push_back(system.variable_registers[v]);
  out.coefficients = table.values();
  return out;
}

}  // namespace assay
