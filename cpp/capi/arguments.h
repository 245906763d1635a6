// Checked views of what the callers of assay.h pass: batches of rows, output buffers, big-endian numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/words.h"
#include "capi/assay.h"

namespace assay::capi {

// Sizes of one argument, and of an output.
constexpr std::size_t kMaxBytes = static_cast<std::size_t>(-1) >> 24;

// Throws ASSAY_NULL_POINTER, naming the argument.
void require_pointer(const void* pointer, const char* name);

// a * b bytes; throws ASSAY_TOO_LARGE above kMaxBytes.
std::size_t checked_bytes(std::size_t a, std::size_t b, const char* name);

class Rows {
 public:
  // Throws unless the rows are whole, there is memory behind them and they are within the limit.
  Rows(const assay_rows* rows, const char* name);

  const char* name() const noexcept { return name_; }
  std::size_t count() const noexcept { return count_; }
  std::size_t row_bytes() const noexcept { return row_bytes_; }
  const std::uint8_t* operator[](std::size_t i) const noexcept { return data_ + i * row_bytes_; }

  // Throws ASSAY_INVALID_LENGTH.
  void require_row_bytes(std::size_t expected) const;
  void require_row_bytes_at_most(std::size_t limit) const;  // ASSAY_TOO_LARGE
  void require_count(std::size_t expected) const;

 private:
  const std::uint8_t* data_;
  std::size_t count_, row_bytes_;
  const char* name_;
};

// The output convention of assay.h. False if the caller asked for the size only, which it then has; true if there is
// room for `bytes`, which is then what *out_size says. Throws ASSAY_BUFFER_TOO_SMALL.
bool begin_output(std::uint8_t* out, std::size_t* out_size, std::size_t bytes);

// Little-endian words of a big-endian number; 8 words >= bytes. Constant time for given lengths.
void load_number(const std::uint8_t* in, std::size_t bytes, std::uint64_t* out, std::size_t words) noexcept;
// The low `bytes` bytes of a number, big-endian.
void store_number(const std::uint64_t* in, std::uint8_t* out, std::size_t bytes) noexcept;

// Words that hold a number of so many bytes.
constexpr std::size_t words_of(std::size_t bytes) noexcept { return (bytes + 7) / 8; }

// The numbers of all rows, `words` words each.
void load_rows(const Rows& rows, std::size_t words, Words& out);
// `count` numbers of `words` words to rows of `bytes` bytes.
void store_rows(const std::uint64_t* in, std::size_t words, std::size_t count, std::size_t bytes,
                std::uint8_t* out) noexcept;

}  // namespace assay::capi
