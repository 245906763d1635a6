// The .r1cs format of iden3 (github.com/iden3/r1csfile, doc/r1cs_bin_format.md, version 1), and the circuit's digest.
//
// File: "r1cs", version 1, sections (type u32, size u64). Header (1): element size 32, the prime r, wires, public
// outputs, public inputs, private inputs, labels (u64), constraints. Constraints (2): A, B, C of each row as
// [count, (wire u32, coefficient 32 bytes) * count]. Wire to label (3). All little-endian. Other sections are skipped.
//
// Digest: SHA-256(t || t || content), t = SHA-256("assay/r1cs/v1"). Content: wires, outputs, public, private,
// constraints (u64 each), then the rows as in the file, with coefficients as u32 numbered by first use, the value
// following where a number is used first. Rows are written by ascending wire, each wire once and no zeros, so that the
// same system gives the same bytes however its blocks are cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "circuit/byte_stream.h"
#include "circuit/r1cs.h"

namespace assay {

// io_error if the sink stops, out_of_range if the system lacks C.
Status r1cs_write(const R1cs& system, ByteSink sink, void* context);

// 32 bytes
void r1cs_digest(const R1cs& system, std::uint8_t* digest);

struct R1csLimits {
  std::size_t wires = std::size_t{1} << 28, constraints = std::size_t{1} << 28;
};

// `why` names what is wrong. malformed: not this format, sections missing, twice or of the wrong size, a wire twice in
// a row or out of range; non_canonical: a coefficient not below r; out_of_range: another prime; too_large. Zero
// coefficients are dropped. Memory is bounded by the size of the data, whatever its counts claim.
Status r1cs_read(std::span<const std::uint8_t> data, const R1csLimits& limits, R1cs& out, const char*& why);

}  // namespace assay
