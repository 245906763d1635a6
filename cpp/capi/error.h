// How the functions of assay.h refuse: a Refusal is thrown inside and becomes a code and a text at the border, which no
// exception crosses.
#pragma once

#include <cstdint>
#include <exception>
#include <new>

#include "base/status.h"
#include "capi/assay.h"

namespace assay::capi {

class Refusal : public std::exception {
 public:
  // The text is cut to what an assay_error holds.
  __attribute__((format(printf, 3, 4))) Refusal(std::int32_t code, const char* format, ...) noexcept;
  const assay_error& error() const noexcept { return error_; }
  const char* what() const noexcept override { return error_.text; }

 private:
  assay_error error_;
};

std::int32_t code_of(Status status) noexcept;

// Throws a Refusal "what: reason" unless the status is ok.
void require_ok(Status status, const char* what);

// Fills in `error` if there is one, with the meaning of the code for its text unless one is given; returns the code.
std::int32_t report(assay_error* error, std::int32_t code, const char* text = nullptr) noexcept;

// Runs the body of a function of assay.h.
template <class Body>
std::int32_t guarded(assay_error* error, Body&& body) noexcept {
  try {
    body();
    return report(error, ASSAY_OK, "");
  } catch (const Refusal& refusal) {
    return report(error, refusal.error().code, refusal.error().text);
  } catch (const std::bad_alloc&) {
    return report(error, ASSAY_OUT_OF_MEMORY);
  } catch (...) {
    return report(error, ASSAY_INTERNAL);
  }
}

}  // namespace assay::capi
