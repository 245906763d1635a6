#include <pybind11/stl.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>

#include "base/bytes.h"
#include "base/zeroize.h"
#include "byte_sink.h"
#include "circuit/assemble.h"
#include "circuit/r1cs_file.h"
#include "circuit/search.h"
#include "circuit/witness.h"
#include "circuit/zkey_coefficients.h"
#include "convert.h"
#include "job.h"

namespace assay::bindings {
namespace {

using WordArray = py::array_t<std::uint32_t, py::array::c_style>;
using Places = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

std::span<const std::uint32_t> words(const WordArray& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}

py::int_ to_int(const std::uint64_t* limbs) {
  std::uint8_t bytes[32];
  for (std::size_t i = 0; i < 4; ++i) store_le64(bytes + 8 * i, limbs[i]);
  return py::reinterpret_steal<py::int_>(_PyLong_FromByteArray(bytes, 32, 1, 0));
}
py::int_ montgomery_to_int(const std::uint64_t* limbs) {
  std::uint64_t canonical[4];
  runner_kernel().decode(limbs, canonical, 1);
  return to_int(canonical);
}

// Canonical rows to Montgomery form.
std::vector<std::uint64_t> encode_rows(const LimbArray& array, const std::string& name) {
  const std::size_t n = require_rows(array, 4, name);
  std::vector<std::uint64_t> out(4 * n);
  const std::uint64_t* in = array.data();
  std::atomic<bool> canonical{true};
  (void)parallel_for(n, 4096, [&](std::size_t begin, std::size_t end) noexcept {
    if (!runner_kernel().encode(in + 4 * begin, out.data() + 4 * begin, end - begin)) canonical.store(false);
  });
  if (!canonical.load()) raise_named("EncodingError", name + " holds a value that is not below r");
  return out;
}

LimbArray decode_rows(const std::uint64_t* rows, std::size_t n) {
  LimbArray out = make_rows(n, 4);
  std::uint64_t* to = out.mutable_data();
  const py::gil_scoped_release release;
  (void)parallel_for(n, 4096, [&](std::size_t begin, std::size_t end) noexcept {
    runner_kernel().decode(rows + 4 * begin, to + 4 * begin, end - begin);
  });
  return out;
}

// Traces added so far, flattened. One for the process (Python's); calls on it take turns.
struct Compiler {
  std::mutex mutex;
  CoefficientTable table;
  std::vector<std::shared_ptr<const Flat>> flats;  // null for main circuits
};

struct NativeCircuit {
  CompiledCircuit compiled;
};

// `body` without the GIL, its exceptions as ours; a contradiction comes back as the places to name.
template <class Body>
std::optional<Places> compile_step(Compiler& compiler, Body&& body) {
  std::string malformed;
  try {
    const py::gil_scoped_release release;
    const std::lock_guard lock(compiler.mutex);
    body();
    return std::nullopt;
  } catch (const Contradiction& error) {
    return error.places;
  } catch (const std::length_error& error) {
    malformed = error.what();
    raise_named("LimitError", malformed);
  } catch (const std::invalid_argument& error) {
    malformed = error.what();
  }
  raise_named("InvalidInput", "malformed trace: " + malformed);
}

WordArray intern(Compiler& compiler, const LimbArray& values) {
  const std::vector<std::uint64_t> rows = encode_rows(values, "values");
  WordArray out(static_cast<py::ssize_t>(rows.size() / 4));
  std::uint32_t* to = out.mutable_data();
  const py::gil_scoped_release release;
  const std::lock_guard lock(compiler.mutex);
  for (std::size_t i = 0; i < rows.size() / 4; ++i)
    to[i] = compiler.table.intern(Fr::raw({rows[4 * i], rows[4 * i + 1], rows[4 * i + 2], rows[4 * i + 3]}));
  return out;
}

py::object add_template(Compiler& compiler, std::uint32_t ports, std::uint32_t wires, const WordArray& code,
                        const WordArray& keep, const WordArray& outputs, std::uint32_t num_outputs) {
  TraceSource source;
  source.ports = ports;
  source.wires = wires;
  source.code = words(code);
  source.keep = words(keep);
  source.outputs = words(outputs);
  source.num_outputs = num_outputs;
  std::size_t serial = 0;
  const auto places = compile_step(compiler, [&] {
    serial = compiler.flats.size();
    source.serial = static_cast<std::uint32_t>(serial);
    compiler.flats.push_back(nullptr);
    compiler.flats.back() = flatten(source, compiler.flats, compiler.table, nullptr);
  });
  return py::make_tuple(serial, places ? py::cast(*places) : py::none());
}

py::object compile_main(Compiler& compiler, std::uint32_t wires, const WordArray& code, const WordArray& keep,
                        const WordArray& public_wires, std::size_t num_outputs, const WordArray& private_wires,
                        bool unroll) {
  TraceSource source;
  source.wires = wires;
  source.code = words(code);
  source.keep = words(keep);
  source.is_main = true;
  source.unroll = unroll;
  source.public_wires = words(public_wires);
  source.private_wires = words(private_wires);
  auto result = std::make_shared<NativeCircuit>();
  std::size_t serial = 0;
  const auto places = compile_step(compiler, [&] {
    serial = compiler.flats.size();
    source.serial = static_cast<std::uint32_t>(serial);
    compiler.flats.push_back(nullptr);
    MainSystem system;
    auto main = flatten(source, compiler.flats, compiler.table, &system);
    result->compiled = assemble(std::move(main), std::move(system), num_outputs, compiler.table);
  });
  return py::make_tuple(serial, places ? py::cast(*places) : py::none(), places ? py::none() : py::cast(result));
}

const Flat& flat_of(const CompiledCircuit& c, std::uint32_t group) {
  return group == Substitution::kNone ? *c.main : *c.main->groups[group].flat;
}

// (trace, site) from the innermost stamp outward, main last.
Places full_places(const CompiledCircuit& c, std::uint32_t group, std::uint32_t frame, std::uint32_t site) {
  Places places = places_of(flat_of(c, group).frames, frame, site);
  if (group != Substitution::kNone) places.push_back({c.main->frames[0].trace, c.main->groups[group].site});
  return places;
}

// {"group", "stamp", "places", "expressions": [[(coefficient, trace, wire, value)]]}
py::dict describe_step(const CompiledCircuit& c, std::uint32_t group, std::uint32_t stamp, std::size_t index,
                       const std::vector<std::uint64_t>& registers) {
  const Flat& flat = flat_of(c, group);
  const Step& step = flat.program.steps[index];
  py::list expressions;
  if (!registers.empty()) {
    for (std::uint32_t i = 0; i < step.inputs; ++i) {
      py::list terms;
      for (std::uint32_t k = flat.program.offsets[step.expression + i];
           k < flat.program.offsets[step.expression + i + 1]; ++k) {
        const Term t = flat.program.terms[k];
        const Origin origin = flat.origins[t.wire];
        terms.append(py::make_tuple(montgomery_to_int(c.coefficients[t.coefficient].data()),
                                    flat.frames[origin.frame].trace, origin.wire,
                                    montgomery_to_int(registers.data() + 4 * t.wire)));
      }
      expressions.append(terms);
    }
  }
  py::dict out;
  out["group"] = group == Substitution::kNone ? py::object(py::none()) : py::object(py::int_(group));
  out["stamp"] = stamp;
  out["places"] = full_places(c, group, step.frame, step.site);
  out["expressions"] = expressions;
  return out;
}

py::tuple witness(const NativeCircuit& circuit, const LimbArray& inputs, const py::list& carries,
                  const py::object& progress, bool checked) {
  const CompiledCircuit& c = circuit.compiled;
  std::vector<std::uint64_t> in = encode_rows(inputs, "inputs");
  if (in.size() != 4 * c.inputs.size())
    raise_named("InvalidInput", "the circuit takes " + std::to_string(c.inputs.size()) + " input values");
  std::vector<std::vector<std::uint64_t>> given;
  GivenCarries pointers(c.main->groups.size(), nullptr);
  if (carries.size() != pointers.size()) raise_named("InvalidInput", "one entry of carries a repeat");
  for (std::size_t g = 0; g < pointers.size(); ++g) {
    if (carries[g].is_none()) continue;
    if (!LimbArray::check_(carries[g])) raise_named("InvalidInput", "carries must be uint64 arrays of shape [n, 4]");
    given.push_back(encode_rows(py::reinterpret_borrow<LimbArray>(carries[g]), "carries"));
    const StampGroup& group = c.main->groups[g];
    if (given.back().size() != std::size_t{4} * group.count * group.carries)
      raise_named("InvalidInput", "carries hold one value for each stamp and carry");
    pointers[g] = given.back().data();
  }
  std::vector<std::uint64_t> w(4 * c.r1cs->num_wires);
  WitnessFailure failure;
  const Status status = run_job(progress, [&](JobControl* job) {
    return solve_witness(c, in.data(), pointers, w.data(), failure, job, checked);
  });
  zeroize(in.data(), 8 * in.size());
  if (status == Status::unsatisfied) {
    py::dict why = describe_step(c, failure.group, failure.stamp, failure.step, failure.registers);
    zeroize(failure.registers.data(), 8 * failure.registers.size());
    return py::make_tuple(py::none(), why);
  }
  raise_on_error(status, "witness");
  LimbArray out = decode_rows(w.data(), c.r1cs->num_wires);
  zeroize(w.data(), 8 * w.size());
  return py::make_tuple(out, py::none());
}

std::vector<std::uint64_t> wire_values(const R1cs& system, const LimbArray& w) {
  if (require_rows(w, 4, "w") != system.num_wires)
    raise_named("InvalidInput", "the system has " + std::to_string(system.num_wires) + " wires, the witness " +
                                    std::to_string(w.shape(0)));
  return encode_rows(w, "w");
}

// None, or the number of the first row that fails
py::object check(const R1cs& system, const LimbArray& w, const py::object& progress) {
  std::vector<std::uint64_t> x = wire_values(system, w);
  std::size_t row = 0;
  const Status status = run_job(progress, [&](JobControl* job) { return r1cs_check(system, x.data(), &row, job); });
  zeroize(x.data(), 8 * x.size());
  if (status == Status::unsatisfied) return py::int_(row);
  raise_on_error(status, "check");
  return py::none();
}

py::tuple evaluate(const R1cs& system, const LimbArray& w) {
  const std::vector<std::uint64_t> x = wire_values(system, w);
  std::vector<std::uint64_t> rows[3];
  for (auto& r : rows) r.resize(4 * system.num_constraints);
  raise_on_error(r1cs_evaluate(system, x.data(), rows[0].data(), rows[1].data(), rows[2].data()), "evaluate");
  return py::make_tuple(decode_rows(rows[0].data(), system.num_constraints),
                        decode_rows(rows[1].data(), system.num_constraints),
                        decode_rows(rows[2].data(), system.num_constraints));
}

// Block and stamp a row belongs to, and the row inside the block.
struct RowPlace {
  std::size_t block, stamp, row;
};
RowPlace locate(const R1cs& system, std::size_t row) {
  for (std::size_t b = 0; b < system.blocks.size(); ++b) {
    const std::size_t rows = system.blocks[b].rows(), all = rows * system.blocks[b].count;
    if (row < all) return {b, row / rows, row % rows};
    row -= all;
  }
  raise_named("InvalidInput", "there is no such row");
}

// Three dictionaries wire -> coefficient
py::tuple row_of(const R1cs& system, std::size_t row) {
  const RowPlace at = locate(system, row);
  const R1csBlock& block = system.blocks[at.block];
  const std::uint32_t* wires = block.wires_of(at.stamp);
  py::tuple out(3);
  for (int which = 0; which < 3; ++which) {
    const SparseRows& m = block.matrix[which];
    py::dict terms;
    for (std::uint32_t k = m.offsets[at.row]; k < m.offsets[at.row + 1]; ++k) {
      const py::int_ wire(wires ? wires[m.columns[k]] : m.columns[k]);
      py::object value = montgomery_to_int(system.coefficients[m.coefficients[k]].data());
      if (terms.contains(wire)) value = value + terms[wire];
      terms[wire] = value;
    }
    out[which] = terms;
  }
  return out;
}

void write_file(const R1cs& system, const py::function& write) {
  write_pieces(write, "write", [&](ByteSink sink, void* context) { return r1cs_write(system, sink, context); });
}

void write_coefficients(const R1cs& system, const py::function& write) {
  write_pieces(write, "write",
               [&](ByteSink sink, void* context) { return zkey_coefficients_write(system, sink, context); });
}

std::span<const std::uint8_t> bytes_of(const py::buffer_info& info) {
  if (info.itemsize != 1 || info.ndim != 1) raise_named("InvalidInput", "data must be bytes");
  return {static_cast<const std::uint8_t*>(info.ptr), static_cast<std::size_t>(info.size)};
}

std::shared_ptr<R1cs> read_coefficients(const py::buffer& buffer, std::size_t wires, std::size_t publics,
                                        std::size_t domain) {
  const py::buffer_info info = buffer.request();
  const auto data = bytes_of(info);
  if (wires > 0xffffffff || publics >= wires || domain > 0xffffffff)
    raise_named("InvalidInput", "impossible sizes of a key");
  auto out = std::make_shared<R1cs>();
  const char* why = "";
  Status status;
  {
    const py::gil_scoped_release release;
    status = zkey_coefficients_read(data, wires, publics, domain, *out, why);
  }
  raise_on_error(status, std::string("not the coefficients of a key: ") + why);
  return out;
}

std::shared_ptr<R1cs> read_file(const py::buffer& buffer, std::size_t max_wires, std::size_t max_constraints) {
  const py::buffer_info info = buffer.request();
  const auto data = bytes_of(info);
  auto out = std::make_shared<R1cs>();
  const char* why = "";
  Status status;
  {
    const py::gil_scoped_release release;
    status = r1cs_read(data, {max_wires, max_constraints}, *out, why);
  }
  if (status == Status::out_of_range) raise_named("EncodingError", std::string("not a usable .r1cs file: ") + why);
  raise_on_error(status, std::string("not a usable .r1cs file: ") + why);
  return out;
}

py::bytes digest(const R1cs& system) {
  char bytes[32];
  {
    const py::gil_scoped_release release;
    r1cs_digest(system, reinterpret_cast<std::uint8_t*>(bytes));
  }
  return py::bytes(bytes, 32);
}

Places row_places(const NativeCircuit& circuit, std::size_t row) {
  const CompiledCircuit& c = circuit.compiled;
  const RowPlace at = locate(*c.r1cs, row);
  const BlockOrigin& origin = c.origins[at.block];
  return full_places(c, origin.group, origin.frames[at.row], origin.sites[at.row]);
}

// The steps that are constraints, as they were written, by index
std::vector<std::size_t> constraint_steps(const NativeCircuit& circuit) {
  std::vector<std::size_t> out;
  const auto& steps = circuit.compiled.main->program.steps;
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].kind >= StepKind::product && steps[i].kind <= StepKind::demand) out.push_back(i);
  return out;
}

Places step_places(const NativeCircuit& circuit, std::size_t step) {
  const Flat& flat = *circuit.compiled.main;
  if (step >= flat.program.steps.size()) raise_named("InvalidInput", "there is no such step");
  return places_of(flat.frames, flat.program.steps[step].frame, flat.program.steps[step].site);
}

// ([(trace, wire, places, honest, other, partner)], changes tried); partner is None or (trace, wire, honest, other)
py::tuple search(const NativeCircuit& circuit, const LimbArray& inputs,
                 const std::vector<std::pair<std::uint32_t, std::uint32_t>>& free, std::optional<std::size_t> dropped,
                 std::size_t max_findings, const py::object& progress) {
  const CompiledCircuit& c = circuit.compiled;
  const Flat& flat = *c.main;
  if (!flat.groups.empty()) raise_named("InvalidInput", "the search needs a circuit with its repeats unrolled");
  const std::vector<std::uint64_t> in = encode_rows(inputs, "inputs");
  if (in.size() != 4 * c.inputs.size()) raise_named("InvalidInput", "the circuit takes another number of inputs");
  std::vector<std::uint64_t> x(4 * std::size_t{flat.program.registers});
  std::memcpy(x.data(), Montgomery<Bn254FrParams>::one.data(), 32);
  for (std::size_t i = 0; i < c.inputs.size(); ++i) std::memcpy(x.data() + 4 * c.inputs[i], in.data() + 4 * i, 32);
  const Program& p = flat.program;
  const ProgramView view{p.steps.data(),      p.steps.size(),
                         p.offsets.data(),    p.terms.data(),
                         p.immediates.data(), reinterpret_cast<const std::uint64_t*>(c.coefficients.data())};
  runner_kernel().run(view, 0, view.count, x.data());
  if (runner_kernel().check(view, 0, view.count, x.data(), true) != view.count)
    raise_named("UnsatisfiedError", "the search starts from inputs that satisfy the circuit");
  SearchOptions options;
  options.max_findings = max_findings;
  if (dropped) options.dropped = *dropped;
  options.free.assign(p.registers, 0);
  options.outputs.assign(p.registers, 0);
  std::set<std::pair<std::uint32_t, std::uint32_t>> wanted(free.begin(), free.end());
  for (std::uint32_t reg = 0; reg < p.registers; ++reg)
    options.free[reg] = wanted.count({flat.frames[flat.origins[reg].frame].trace, flat.origins[reg].wire}) != 0;
  const std::size_t public_inputs = c.r1cs->num_public - c.r1cs->num_outputs;
  for (const std::uint32_t reg : c.outputs) options.outputs[reg] = 1;
  options.inputs.assign(c.inputs.begin() + static_cast<std::ptrdiff_t>(public_inputs), c.inputs.end());
  std::vector<SearchFinding> findings;
  std::size_t tried = 0;
  const Status status = run_job(progress, [&](JobControl* job) {
    return search_freedom(flat, c.coefficients, x.data(), options, findings, tried, job);
  });
  raise_on_error(status, "search");
  std::vector<std::size_t> writer(p.registers, SIZE_MAX);
  for (std::size_t i = 0; i < p.steps.size(); ++i)
    for (std::uint32_t k = 0; k < p.steps[i].size; ++k) writer[p.steps[i].out + k] = i;
  const auto trace = [&](std::uint32_t reg) { return flat.frames[flat.origins[reg].frame].trace; };
  const auto honest = [&](std::uint32_t reg) { return montgomery_to_int(x.data() + 4 * reg); };
  py::list out;
  for (const SearchFinding& f : findings) {
    const std::size_t step = writer[f.reg];
    py::object partner = py::none();
    if (f.partner != Substitution::kNone)
      partner = py::make_tuple(trace(f.partner), flat.origins[f.partner].wire, honest(f.partner),
                               montgomery_to_int(f.partner_value.data()));
    out.append(py::make_tuple(trace(f.reg), flat.origins[f.reg].wire,
                              step == SIZE_MAX ? Places{} : step_places(circuit, step), honest(f.reg),
                              montgomery_to_int(f.value.data()), partner));
  }
  return py::make_tuple(out, tried);
}

// (group or None, stamp, trace, local wire) of a wire of the R1CS
py::tuple wire_origin(const NativeCircuit& circuit, std::uint32_t wire) {
  const CompiledCircuit& c = circuit.compiled;
  const WireSource source = c.source_of(wire);
  const Flat& flat = flat_of(c, source.group);
  const Origin origin = flat.origins[source.reg];
  return py::make_tuple(
      source.group == Substitution::kNone ? py::object(py::none()) : py::object(py::int_(source.group)), source.stamp,
      flat.frames[origin.frame].trace, origin.wire);
}

}  // namespace

void bind_circuit(py::module_& m) {
  py::class_<R1cs, std::shared_ptr<R1cs>>(m, "R1cs", "A rank-1 constraint system over Fr of BN254, in native memory.")
      .def_readonly("num_constraints", &R1cs::num_constraints)
      .def_readonly("num_wires", &R1cs::num_wires, "With the constant one.")
      .def_readonly("num_public", &R1cs::num_public, "Outputs and public inputs, without the constant one.")
      .def_readonly("num_outputs", &R1cs::num_outputs)
      .def_readonly("num_private", &R1cs::num_private)
      .def_property_readonly("num_blocks", [](const R1cs& s) { return s.blocks.size(); })
      .def_property_readonly("num_entries",
                             [](const R1cs& s) {
                               std::size_t total = 0;
                               for (const R1csBlock& b : s.blocks)
                                 for (const SparseRows& rows : b.matrix) total += rows.entries() * b.count;
                               return total;
                             })
      .def("check", &check, py::arg("w").noconvert(), py::arg("progress") = py::none(),
           "None, or the number of the first row that w uint64[wires, 4] does not satisfy.")
      .def("evaluate", &evaluate, py::arg("w").noconvert(), "A w, B w, C w, each uint64[constraints, 4].")
      .def("digest", &digest, "SHA-256 of the system, 32 bytes; see cpp/circuit/r1cs_file.h.")
      .def_readonly("lacks_c", &R1cs::lacks_c, "The matrix C is not known; see cpp/circuit/zkey_coefficients.h.")
      .def("without_c", &r1cs_without_c, "What a .zkey keeps of the system: A, B and the number of public wires.")
      .def("write_coefficients", &write_coefficients, py::arg("write"),
           "Calls write(memoryview) with each piece of section 4 of a .zkey file.")
      .def_static("read_coefficients", &read_coefficients, py::arg("data"), py::arg("wires"), py::arg("publics"),
                  py::arg("domain"), "The system, without C, in section 4 of a .zkey file.")
      .def("write", &write_file, py::arg("write"), "Calls write(memoryview) with each piece of the .r1cs file.")
      .def_static("read", &read_file, py::arg("data"), py::arg("max_wires"), py::arg("max_constraints"),
                  "The system in the bytes of a .r1cs file.")
      .def("row", &row_of, py::arg("row"), "The row as three dictionaries wire -> coefficient.");

  py::class_<Compiler>(m, "CircuitCompiler",
                       "Flattens traced templates and compiles circuits; see cpp/circuit/flatten.h.")
      .def(py::init<>())
      .def("intern", &intern, py::arg("values").noconvert(), "Indices of coefficients uint64[n, 4].")
      .def("add_template", &add_template, py::arg("ports"), py::arg("wires"), py::arg("code").noconvert(),
           py::arg("keep").noconvert(), py::arg("outputs").noconvert(), py::arg("num_outputs"),
           "(serial, None), or (serial, places) of a constraint that nothing satisfies.")
      .def("compile_main", &compile_main, py::arg("wires"), py::arg("code").noconvert(), py::arg("keep").noconvert(),
           py::arg("public_wires").noconvert(), py::arg("num_outputs"), py::arg("private_wires").noconvert(),
           py::arg("unroll") = false, "(serial, places or None, circuit or None).");

  py::class_<NativeCircuit, std::shared_ptr<NativeCircuit>>(m, "NativeCircuit", "A compiled circuit.")
      .def_property_readonly("r1cs", [](const NativeCircuit& c) { return c.compiled.r1cs; })
      .def_property_readonly("unbound_public", [](const NativeCircuit& c) { return c.compiled.unbound_public; })
      .def("witness", &witness, py::arg("inputs").noconvert(), py::arg("carries"), py::arg("progress") = py::none(),
           py::arg("checked") = true, "(uint64[wires, 4], None), or (None, what failed).")
      .def("constraint_steps", &constraint_steps, "Indices of the steps that are constraints as written.")
      .def("step_places", &step_places, py::arg("step"), "(trace, site) of a step, from the inside out.")
      .def("search", &search, py::arg("inputs").noconvert(), py::arg("free"), py::arg("dropped"),
           py::arg("max_findings"), py::arg("progress") = py::none(), "Second witnesses; see cpp/circuit/search.h.")
      .def("row_places", &row_places, py::arg("row"), "(trace, site) of a row, from the inside out.")
      .def("wire_origin", &wire_origin, py::arg("wire"), "(group, stamp, trace, local wire) of a wire.");
}

}  // namespace assay::bindings
