#include "base/status.h"

namespace assay {

const char* message(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::invalid_length:
      return "a buffer has the wrong length";
    case Status::out_of_range:
      return "a parameter is outside its range";
    case Status::non_canonical:
      return "not the canonical encoding";
    case Status::not_on_curve:
      return "the point is not on the curve";
    case Status::not_in_subgroup:
      return "the point is outside the prime-order subgroup";
    case Status::not_invertible:
      return "the element has no inverse";
    case Status::no_square_root:
      return "the element has no square root";
    case Status::invalid_signature:
      return "the signature does not verify";
    case Status::invalid_proof:
      return "the proof does not verify";
    case Status::unsatisfied:
      return "a constraint is not satisfied";
    case Status::wrong_key:
      return "the key belongs to another circuit";
    case Status::malformed:
      return "malformed encoding";
    case Status::too_large:
      return "above the size limit";
    case Status::out_of_memory:
      return "out of memory";
    case Status::io_error:
      return "the operating system refused the operation";
    case Status::cancelled:
      return "cancelled";
  }
  return "unknown status";
}

}  // namespace assay
