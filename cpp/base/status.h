// The one result type of kernels: they are noexcept and return a Status, which bindings/convert.h turns into an
// exception.
#pragma once

namespace assay {

enum class [[nodiscard]] Status : int {
  ok = 0,
  invalid_length,     // a buffer of the wrong size
  out_of_range,       // a parameter outside its documented range
  non_canonical,      // an encoding that is not the one canonical form (x >= p, stray flag bits)
  not_on_curve,       // coordinates that do not satisfy the curve equation
  not_in_subgroup,    // on the curve, but outside the prime-order subgroup
  not_invertible,     // zero, or no inverse exists
  no_square_root,     // a quadratic non-residue
  invalid_signature,  // verification said no
  invalid_proof,      // verification said no
  unsatisfied,        // a constraint that the witness does not satisfy
  wrong_key,          // a key that belongs to another circuit
  malformed,          // an encoding that cannot be read
  too_large,          // above a documented limit
  out_of_memory,      // an allocation failed
  io_error,           // the operating system refused
  cancelled,          // stopped by the caller
};

// What went wrong, in words; never null.
const char* message(Status status) noexcept;

}  // namespace assay

// Returns the status from the enclosing function unless it is ok.
#define ASSAY_TRY(expression)                                                                                        \
  do {                                                                                                               \
    if (const ::assay::Status assay_status = (expression); assay_status != ::assay::Status::ok) return assay_status; \
  } while (0)
