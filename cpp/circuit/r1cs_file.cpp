#include "circuit/r1cs_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "circuit/byte_stream.h"
#include "circuit/canonical_rows.h"
#include "hash/sha256.h"

namespace assay {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

void modulus_bytes(std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < 4; ++i) store_le64(out + 8 * i, Bn254FrParams::modulus[i]);
}

struct Header {
  std::uint32_t wires = 0, outputs = 0, inputs = 0, privates = 0, constraints = 0;
  std::uint64_t labels = 0;
};

Status read_header(ByteReader r, const R1csLimits& limits, Header& h, const char*& why) {
  std::uint32_t size = 0;
  const std::uint8_t* prime = nullptr;
  why = "the header is cut short";
  if (!r.u32(size)) return Status::malformed;
  why = "the field elements are not of 32 bytes";
  if (size != 32) return Status::out_of_range;
  why = "the header is cut short";
  if ((prime = r.take(32)) == nullptr) return Status::malformed;
  std::uint8_t ours[32];
  modulus_bytes(ours);
  why = "the prime is not that of BN254's scalars";
  if (std::memcmp(prime, ours, 32) != 0) return Status::out_of_range;
  why = "the header has the wrong size";
  if (!r.u32(h.wires) || !r.u32(h.outputs) || !r.u32(h.inputs) || !r.u32(h.privates) || !r.u64(h.labels) ||
      !r.u32(h.constraints) || r.left() != 0)
    return Status::malformed;
  why = "too many wires or constraints";
  if (h.wires > limits.wires || h.constraints > limits.constraints) return Status::too_large;
  why = "the counts of wires contradict each other";
  if (std::uint64_t{1} + h.outputs + h.inputs + h.privates > h.wires) return Status::malformed;
  return Status::ok;
}

Status read_rows(ByteReader r, const Header& h, R1cs& out, const char*& why) {
  CoefficientTable table;
  std::vector<std::uint32_t> index;
  R1csBlock block;
  block.width = h.wires;
  Linear e;
  for (std::uint64_t i = 0; i < std::uint64_t{3} * h.constraints; ++i) {
    SparseRows& m = block.matrix[i % 3];
    std::uint32_t count = 0;
    why = "the constraints are cut short";
    if (!r.u32(count) || count > r.left() / 36) return Status::malformed;
    e.clear();
    for (std::uint32_t k = 0; k < count; ++k) {
      std::uint32_t wire = 0;
      (void)r.u32(wire);
      const std::uint8_t* bytes = r.take(32);
      why = "a constraint names a wire that does not exist";
      if (wire >= h.wires) return Status::malformed;
      Fr x;
      why = "a coefficient is not below r";
      ASSAY_TRY(Fr::from_bytes_le(x, bytes));
      if (!x.is_zero()) e.push_back({wire, table.intern(x)});
    }
    std::sort(e.begin(), e.end(), [](const Term& a, const Term& b) { return a.wire < b.wire; });
    for (std::size_t k = 0; k < e.size(); ++k) {
      why = "a constraint names a wire twice";
      if (k > 0 && e[k].wire == e[k - 1].wire) return Status::malformed;
      if (e[k].coefficient >= index.size()) index.resize(table.size(), kNone);
      std::uint32_t& to = index[e[k].coefficient];
      if (e[k].coefficient <= R1cs::kMinusOne) {
        to = e[k].coefficient;
      } else if (to == kNone) {
        to = static_cast<std::uint32_t>(out.coefficients.size());
        out.coefficients.push_back(table.values()[e[k].coefficient]);
      }
      m.columns.push_back(e[k].wire);
      m.coefficients.push_back(to);
    }
    why = "too many entries";
    if (m.columns.size() >= kNone) return Status::too_large;
    m.offsets.push_back(static_cast<std::uint32_t>(m.columns.size()));
  }
  why = "the section of constraints is longer than its constraints";
  if (r.left() != 0) return Status::malformed;
  out.num_wires = h.wires;
  out.num_outputs = h.outputs;
  out.num_public = std::size_t{h.outputs} + h.inputs;
  out.num_private = h.privates;
  out.num_constraints = h.constraints;
  if (h.constraints > 0) out.blocks.push_back(std::move(block));
  return Status::ok;
}

}  // namespace

Status r1cs_write(const R1cs& system, ByteSink sink, void* context) {
  if (system.lacks_c) return Status::out_of_range;
  CanonicalRows rows(system);
  std::uint64_t section = 0;
  rows.for_each([&](const Linear& e) {
    section += 4 + 36 * e.size();
    return true;
  });
  std::vector<std::array<std::uint8_t, 32>> values(rows.table().size());
  for (std::uint32_t i = 0; i < values.size(); ++i) rows.table()[i].to_bytes_le(values[i].data());
  ByteWriter out(sink, context);
  out.bytes(reinterpret_cast<const std::uint8_t*>("r1cs"), 4);
  out.u32(1);
  out.u32(3);
  out.u32(1);
  out.u64(64);
  std::uint8_t prime[32];
  modulus_bytes(prime);
  out.u32(32);
  out.bytes(prime, 32);
  out.u32(static_cast<std::uint32_t>(system.num_wires));
  out.u32(static_cast<std::uint32_t>(system.num_outputs));
  out.u32(static_cast<std::uint32_t>(system.num_public - system.num_outputs));
  out.u32(static_cast<std::uint32_t>(system.num_private));
  out.u64(system.num_wires);
  out.u32(static_cast<std::uint32_t>(system.num_constraints));
  out.u32(2);
  out.u64(section);
  rows.for_each([&](const Linear& e) {
    out.u32(static_cast<std::uint32_t>(e.size()));
    for (const Term& t : e) {
      out.u32(t.wire);
      out.bytes(values[t.coefficient].data(), 32);
    }
    return out.good();
  });
  out.u32(3);
  out.u64(8 * system.num_wires);
  for (std::size_t i = 0; i < system.num_wires; ++i) out.u64(i);
  return out.flush() ? Status::ok : Status::io_error;
}

void r1cs_digest(const R1cs& system, std::uint8_t* digest) {
  static constexpr char kTag[] = "assay/r1cs/v1";
  Sha256 hash;
  std::uint8_t tag[32];
  sha256(kTag, sizeof kTag - 1, tag);
  hash.update(tag, 32).update(tag, 32);
  ByteWriter out(
      [](void* context, const std::uint8_t* data, std::size_t bytes) {
        static_cast<Sha256*>(context)->update(data, bytes);
        return true;
      },
      &hash);
  for (const std::size_t count :
       {system.num_wires, system.num_outputs, system.num_public, system.num_private, system.num_constraints})
    out.u64(count);
  CanonicalRows rows(system);
  std::vector<std::uint32_t> number;
  std::uint32_t next = 0;
  rows.for_each([&](const Linear& e) {
    out.u32(static_cast<std::uint32_t>(e.size()));
    for (const Term& t : e) {
      if (t.coefficient >= number.size()) number.resize(rows.table().size(), kNone);
      const bool fresh = number[t.coefficient] == kNone;
      if (fresh) number[t.coefficient] = next++;
      out.u32(t.wire);
      out.u32(number[t.coefficient]);
      if (!fresh) continue;
      std::uint8_t value[32];
      rows.table()[t.coefficient].to_bytes_le(value);
      out.bytes(value, 32);
    }
    return true;
  });
  out.flush();
  hash.finish(digest);
}

Status r1cs_read(std::span<const std::uint8_t> data, const R1csLimits& limits, R1cs& out, const char*& why) {
  ByteReader r(data);
  const std::uint8_t* magic = r.take(4);
  std::uint32_t version = 0, sections = 0;
  why = "it does not open with \"r1cs\" and version 1";
  if (magic == nullptr || std::memcmp(magic, "r1cs", 4) != 0 || !r.u32(version) || version != 1 || !r.u32(sections))
    return Status::malformed;
  why = "too many sections";
  if (sections > 64) return Status::too_large;
  std::span<const std::uint8_t> body[4];
  bool seen[4] = {};
  for (std::uint32_t i = 0; i < sections; ++i) {
    std::uint32_t type = 0;
    std::uint64_t size = 0;
    why = "a section is cut short";
    if (!r.u32(type) || !r.u64(size) || size > r.left()) return Status::malformed;
    const std::uint8_t* at = r.take(size);
    if (type < 1 || type > 3) continue;
    why = "a section occurs twice";
    if (seen[type]) return Status::malformed;
    seen[type] = true;
    body[type] = {at, static_cast<std::size_t>(size)};
  }
  why = "bytes follow the last section";
  if (r.left() != 0) return Status::malformed;
  why = "a section is missing";
  if (!seen[1] || !seen[2]) return Status::malformed;
  Header header;
  ASSAY_TRY(read_header(ByteReader(body[1]), limits, header, why));
  why = "the section of labels has the wrong size";
  if (seen[3] && body[3].size() != std::size_t{8} * header.wires) return Status::malformed;
  return read_rows(ByteReader(body[2]), header, out, why);
}

}  // namespace assay
