#include "capi/error.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace assay::capi {

Refusal::Refusal(std::int32_t code, const char* format, ...) noexcept : error_{} {
  error_.code = code;
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(error_.text, sizeof error_.text, format, arguments);
  va_end(arguments);
}

std::int32_t code_of(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return ASSAY_OK;
    case Status::invalid_length:
      return ASSAY_INVALID_LENGTH;
    case Status::out_of_range:
      return ASSAY_OUT_OF_RANGE;
    case Status::non_canonical:
      return ASSAY_NON_CANONICAL;
    case Status::not_on_curve:
      return ASSAY_NOT_ON_CURVE;
    case Status::not_in_subgroup:
      return ASSAY_NOT_IN_SUBGROUP;
    case Status::not_invertible:
      return ASSAY_NOT_INVERTIBLE;
    case Status::invalid_proof:
      return ASSAY_INVALID_PROOF;
    case Status::malformed:
      return ASSAY_MALFORMED;
    case Status::too_large:
      return ASSAY_TOO_LARGE;
    case Status::out_of_memory:
      return ASSAY_OUT_OF_MEMORY;
    case Status::io_error:
      return ASSAY_SYSTEM;
    default:  // answers of kernels that this interface does not reach
      return ASSAY_INTERNAL;
  }
}

void require_ok(Status status, const char* what) {
  if (status != Status::ok) throw Refusal(code_of(status), "%s: %s", what, message(status));
}

std::int32_t report(assay_error* error, std::int32_t code, const char* text) noexcept {
  if (error != nullptr) {
    error->code = code;
    std::snprintf(error->text, sizeof error->text, "%s", text != nullptr ? text : assay_error_text(code));
  }
  return code;
}

}  // namespace assay::capi

extern "C" {

std::uint32_t assay_abi_version(void) { return (ASSAY_ABI_MAJOR << 16) | ASSAY_ABI_MINOR; }

const char* assay_error_text(std::int32_t code) {
  switch (code) {
    case ASSAY_OK:
      return "ok";
    case ASSAY_NULL_POINTER:
      return "a pointer is NULL that must not be";
    case ASSAY_BUFFER_TOO_SMALL:
      return "the output buffer is too small";
    case ASSAY_INVALID_LENGTH:
      return "lengths or counts that do not fit together";
    case ASSAY_OUT_OF_RANGE:
      return "a parameter is outside its range";
    case ASSAY_TOO_LARGE:
      return "above a limit";
    case ASSAY_NON_CANONICAL:
      return "not the canonical encoding";
    case ASSAY_NOT_ON_CURVE:
      return "the point is not on the curve";
    case ASSAY_NOT_IN_SUBGROUP:
      return "the point is outside the prime-order subgroup";
    case ASSAY_NOT_INVERTIBLE:
      return "the element has no inverse";
    case ASSAY_INVALID_PROOF:
      return "the proof does not verify";
    case ASSAY_MALFORMED:
      return "malformed encoding";
    case ASSAY_OUT_OF_MEMORY:
      return "out of memory";
    case ASSAY_SYSTEM:
      return "the operating system refused the operation";
    case ASSAY_INTERNAL:
      return "an error inside the library";
    default:
      return "unknown code";
  }
}

}  // extern "C"
