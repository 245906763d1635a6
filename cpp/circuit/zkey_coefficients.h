// The coefficients of A and B as section 4 of a .zkey file holds them (github.com/iden3/snarkjs, src/zkey_new.js).
//
// count u32, then for each entry: matrix u32 (0 is A, 1 is B), row u32, wire u32, coefficient x as the 32 bytes of
// x R^2 mod r, R = 2^256. Row by row, of A then of B, ascending by wire; last the rows num_constraints + i of A with
// the single entry 1 at wire i, i = 0 .. num_public (cpp/groth16/key.h). All little-endian.
//
// The matrix C is not there: its columns are inside the points of the key. A prover takes A w o B w for C w, and a
// witness that does not satisfy the circuit gives a proof that does not verify.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "circuit/byte_stream.h"
#include "circuit/r1cs.h"

namespace assay {

// io_error if the sink stops.
Status zkey_coefficients_write(const R1cs& system, ByteSink sink, void* context);

// The system of a key with these sizes, lacks_c set; the number of constraints follows from the last rows. The entries
// may come in any order; entries of one place are added and zeros dropped. `why` names what is wrong. malformed: not
// this form; non_canonical: a coefficient not below r. Memory: 16 bytes an entry, and about 36
// a row up to the last that has an entry.
Status zkey_coefficients_read(std::span<const std::uint8_t> data, std::size_t num_wires, std::size_t num_public,
                              std::size_t domain, R1cs& out, const char*& why);

// What a key file keeps of the system: A, B and the number of public wires. Two systems with equal remains differ in C
// or in which public wires are outputs.
R1cs r1cs_without_c(const R1cs& system);

}  // namespace assay
