#include "capi/arguments.h"

#include <cstring>

#include "capi/error.h"

namespace assay::capi {

void require_pointer(const void* pointer, const char* name) {
  if (pointer == nullptr) throw Refusal(ASSAY_NULL_POINTER, "%s is NULL", name);
}

std::size_t checked_bytes(std::size_t a, std::size_t b, const char* name) {
  std::size_t product;
  if (__builtin_mul_overflow(a, b, &product) || product > kMaxBytes)
    throw Refusal(ASSAY_TOO_LARGE, "%s: %zu times %zu bytes are above the limit of %zu", name, a, b, kMaxBytes);
  return product;
}

Rows::Rows(const assay_rows* rows, const char* name) : name_(name) {
  require_pointer(rows, name);
  if (rows->row_bytes == 0) throw Refusal(ASSAY_INVALID_LENGTH, "%s: row_bytes is 0", name);
  if (rows->size > kMaxBytes)
    throw Refusal(ASSAY_TOO_LARGE, "%s: %zu bytes are above the limit of %zu", name, rows->size, kMaxBytes);
  if (rows->size % rows->row_bytes != 0)
    throw Refusal(ASSAY_INVALID_LENGTH, "%s: %zu bytes are no whole number of rows of %zu: truncated?", name,
                  rows->size, rows->row_bytes);
  if (rows->size != 0 && rows->data == nullptr) throw Refusal(ASSAY_NULL_POINTER, "%s: data is NULL", name);
  data_ = rows->data;
  row_bytes_ = rows->row_bytes;
  count_ = rows->size / rows->row_bytes;
}

void Rows::require_row_bytes(std::size_t expected) const {
  if (row_bytes_ != expected)
    throw Refusal(ASSAY_INVALID_LENGTH, "%s: rows must have %zu bytes, got %zu", name_, expected, row_bytes_);
}

void Rows::require_row_bytes_at_most(std::size_t limit) const {
  if (row_bytes_ > limit)
    throw Refusal(ASSAY_TOO_LARGE, "%s: rows must have at most %zu bytes, got %zu", name_, limit, row_bytes_);
}

void Rows::require_count(std::size_t expected) const {
  if (count_ != expected)
    throw Refusal(ASSAY_INVALID_LENGTH, "%s: there must be %zu rows, got %zu", name_, expected, count_);
}

bool begin_output(std::uint8_t* out, std::size_t* out_size, std::size_t bytes) {
  require_pointer(out_size, "out_size");
  const std::size_t capacity = *out_size;
  *out_size = bytes;
  if (out == nullptr) return false;
  if (capacity < bytes) throw Refusal(ASSAY_BUFFER_TOO_SMALL, "out has %zu bytes, needed are %zu", capacity, bytes);
  return true;
}

void load_number(const std::uint8_t* in, std::size_t bytes, std::uint64_t* out, std::size_t words) noexcept {
  std::memset(out, 0, 8 * words);
  for (std::size_t i = 0; i < bytes; ++i) out[i / 8] |= static_cast<std::uint64_t>(in[bytes - 1 - i]) << (8 * (i % 8));
}

void store_number(const std::uint64_t* in, std::uint8_t* out, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; ++i) out[bytes - 1 - i] = static_cast<std::uint8_t>(in[i / 8] >> (8 * (i % 8)));
}

void load_rows(const Rows& rows, std::size_t words, Words& out) {
  require_ok(out.allocate(words * rows.count()), rows.name());
  for (std::size_t i = 0; i < rows.count(); ++i) load_number(rows[i], rows.row_bytes(), out.data() + words * i, words);
}

void store_rows(const std::uint64_t* in, std::size_t words, std::size_t count, std::size_t bytes,
                std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) store_number(in + words * i, out + bytes * i, bytes);
}

}  // namespace assay::capi
