#include "circuit/zkey_coefficients.h"

#include <algorithm>
#include <array>
#include <vector>

#include "circuit/canonical_rows.h"

namespace assay {
namespace {

constexpr std::size_t kEntry = 44;
constexpr std::uint32_t kMaxIndex = 0xffffffff;

struct Entry {
  std::uint32_t matrix, row, wire;
  const std::uint8_t* coefficient;
};

Entry entry_at(std::span<const std::uint8_t> entries, std::size_t i) noexcept {
  const std::uint8_t* p = entries.data() + kEntry * i;
  return {load_le32(p), load_le32(p + 4), load_le32(p + 8), p + 12};
}

std::array<std::uint8_t, 32> scaled_bytes(const Fr& x) noexcept {
  const Fr product = x * Fr::raw(Montgomery<Bn254FrParams>::r_squared);  // the words of x R^2 instead of x R
  std::array<std::uint8_t, 32> out;
  for (std::size_t i = 0; i < 4; ++i) store_le64(out.data() + 8 * i, product.v[i]);
  return out;
}

Status coefficient_of(const std::uint8_t* bytes, Fr& out) noexcept {
  ASSAY_TRY(Fr::from_bytes_le(out, bytes));  // as an integer: x R^2
  out *= Fr::raw({1, 0, 0, 0});              // its words are x R^3; each product with the word 1 divides by R
  out *= Fr::raw({1, 0, 0, 0});
  return Status::ok;
}

// Rows of one matrix from its entries, which lie anywhere in `entries`.
class RowBuilder {
 public:
  RowBuilder(std::span<const std::uint8_t> entries, std::uint32_t matrix, std::size_t rows) : entries_(entries) {
    std::vector<std::size_t> start(rows + 1, 0);
    const std::size_t count = entries.size() / kEntry;
    for (std::size_t i = 0; i < count; ++i) {
      const Entry e = entry_at(entries, i);
      if (e.matrix == matrix) ++start[e.row + 1];
    }
    for (std::size_t r = 0; r < rows; ++r) start[r + 1] += start[r];
    order_.resize(start[rows]);
    std::vector<std::size_t> next(start.begin(), start.end() - 1);
    for (std::size_t i = 0; i < count; ++i) {
      const Entry e = entry_at(entries, i);
      if (e.matrix == matrix) order_[next[e.row]++] = i;
    }
    start_ = std::move(start);
  }

  // Ascending by wire, merged, without zeros.
  Status row(std::size_t r, CoefficientTable& table, Linear& out, const char*& why) const {
    out.clear();
    for (std::size_t k = start_[r]; k < start_[r + 1]; ++k) {
      const Entry e = entry_at(entries_, order_[k]);
      Fr x;
      why = "a coefficient is not below r";
      ASSAY_TRY(coefficient_of(e.coefficient, x));
      out.push_back({e.wire, table.intern(x)});
    }
    std::stable_sort(out.begin(), out.end(), [](const Term& a, const Term& b) { return a.wire < b.wire; });
    std::size_t kept = 0;
    for (std::size_t k = 0; k < out.size(); ++k) {
      if (kept > 0 && out[kept - 1].wire == out[k].wire) {
        out[kept - 1].coefficient = table.intern(table[out[kept - 1].coefficient] + table[out[k].coefficient]);
      } else {
        out[kept++] = out[k];
      }
    }
    out.resize(kept);
    std::erase_if(out, [](const Term& t) { return t.coefficient == CoefficientTable::kZero; });
    return Status::ok;
  }

 private:
  std::span<const std::uint8_t> entries_;
  std::vector<std::size_t> start_, order_;
};

bool is_consistency_row(const Linear& a, const Linear& b, std::size_t wire) noexcept {
  return b.empty() && a.size() == 1 && a[0].wire == wire && a[0].coefficient == R1cs::kOne;
}

}  // namespace

Status zkey_coefficients_write(const R1cs& system, ByteSink sink, void* context) {
  CanonicalRows rows(system);
  std::uint64_t count = system.num_public + 1;
  int matrix = 0;
  rows.for_each([&](const Linear& e) {
    if (matrix < 2) count += e.size();
    matrix = (matrix + 1) % 3;
    return true;
  });
  if (count > kMaxIndex) return Status::too_large;
  std::vector<std::array<std::uint8_t, 32>> values(rows.table().size());
  for (std::uint32_t i = 0; i < values.size(); ++i) values[i] = scaled_bytes(rows.table()[i]);

  ByteWriter out(sink, context);
  const auto put = [&](std::uint32_t which, std::uint32_t row, std::uint32_t wire, const std::uint8_t* value) {
    out.u32(which);
    out.u32(row);
    out.u32(wire);
    out.bytes(value, 32);
  };
  out.u32(static_cast<std::uint32_t>(count));
  std::uint32_t row = 0;
  matrix = 0;
  rows.for_each([&](const Linear& e) {
    for (const Term& t : e)
      if (matrix < 2) put(static_cast<std::uint32_t>(matrix), row, t.wire, values[t.coefficient].data());
    matrix = (matrix + 1) % 3;
    row += matrix == 0;
    return out.good();
  });
  const auto one = scaled_bytes(Fr::one());
  for (std::uint32_t wire = 0; wire <= system.num_public; ++wire) put(0, row + wire, wire, one.data());
  return out.flush() ? Status::ok : Status::io_error;
}

Status zkey_coefficients_read(std::span<const std::uint8_t> data, std::size_t num_wires, std::size_t num_public,
                              std::size_t domain, R1cs& out, const char*& why) {
  ByteReader r(data);
  std::uint32_t count = 0;
  why = "the section does not have the length of its entries";
  if (!r.u32(count) || r.left() != kEntry * std::size_t{count}) return Status::malformed;
  const std::span<const std::uint8_t> entries = data.subspan(4);
  std::size_t rows = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Entry e = entry_at(entries, i);
    why = "an entry is of a matrix that is neither A nor B";
    if (e.matrix > 1) return Status::malformed;
    why = "an entry lies outside the domain";
    if (e.row >= domain) return Status::malformed;
    why = "an entry names a wire that does not exist";
    if (e.wire >= num_wires) return Status::malformed;
    rows = std::max<std::size_t>(rows, e.row + std::size_t{1});
  }
  why = "the last rows are not those of the public wires";
  if (rows < num_public + 1) return Status::malformed;

  const RowBuilder a(entries, 0, rows), b(entries, 1, rows);
  const std::size_t constraints = rows - num_public - 1;
  CoefficientTable table;
  R1csBlock block;
  block.width = num_wires;
  Linear row[2];
  for (std::size_t i = 0; i < rows; ++i) {
    ASSAY_TRY(a.row(i, table, row[0], why));
    ASSAY_TRY(b.row(i, table, row[1], why));
    if (i >= constraints) {
      why = "the last rows are not those of the public wires";
      if (!is_consistency_row(row[0], row[1], i - constraints)) return Status::malformed;
      continue;
    }
    for (int which = 0; which < 2; ++which) {
      SparseRows& m = block.matrix[which];
      for (const Term& t : row[which]) {
        m.columns.push_back(t.wire);
        m.coefficients.push_back(t.coefficient);
      }
      m.offsets.push_back(static_cast<std::uint32_t>(m.columns.size()));
    }
    block.matrix[2].offsets.push_back(0);
  }
  out.num_wires = num_wires;
  out.num_public = num_public;
  out.num_constraints = constraints;
  out.lacks_c = true;
  out.coefficients = table.values();
  if (constraints > 0) out.blocks.push_back(std::move(block));
  return Status::ok;
}

R1cs r1cs_without_c(const R1cs& system) {
  R1cs out = system;
  out.num_outputs = out.num_private = 0;
  out.lacks_c = true;
  for (R1csBlock& block : out.blocks) {
    SparseRows& c = block.matrix[2];
    c.columns.clear();
    c.coefficients.clear();
    std::fill(c.offsets.begin(), c.offsets.end(), 0);
  }
  return out;
}

}  // namespace assay
