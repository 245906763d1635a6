#include <algorithm>
#include <memory>

#include "base/words.h"
#include "bigint/modulus.h"
#include "bigint/power.h"
#include "capi/arguments.h"
#include "capi/error.h"

namespace {

using namespace assay;
using namespace assay::capi;

constexpr std::size_t kMaxNumber = kModulusMaxBits / 8;

std::unique_ptr<Modulus[]> load_moduli(const Rows& rows) {
  std::unique_ptr<Modulus[]> moduli(new Modulus[rows.count()]);
  const std::size_t words = words_of(rows.row_bytes());
  Words row;
  require_ok(row.allocate(words), rows.name());
  for (std::size_t i = 0; i < rows.count(); ++i) {
    load_number(rows[i], rows.row_bytes(), row.data(), words);
    const Status status = moduli[i].assign(row.data(), words);
    if (status == Status::out_of_range)
      throw Refusal(ASSAY_OUT_OF_RANGE, "%s: row %zu must be odd and have %u to %u bits", rows.name(), i,
                    kModulusMinBits, kModulusMaxBits);
    require_ok(status, rows.name());
  }
  return moduli;
}

void require_one_or(std::size_t count, const Rows& rows) {
  if (rows.count() != 1) rows.require_count(count);
}

}  // namespace

extern "C" std::int32_t assay_modexp(std::uint32_t flags, const assay_rows* bases, const assay_rows* exponents,
                                     const assay_rows* moduli, std::uint8_t* out, std::size_t* out_size,
                                     assay_error* error) {
  return guarded(error, [&] {
    if (flags != ASSAY_SECRET_EXPONENTS && flags != ASSAY_PUBLIC_EXPONENTS)
      throw Refusal(ASSAY_OUT_OF_RANGE, "flags: unknown value %u", flags);
    const Rows base_rows(bases, "bases"), exponent_rows(exponents, "exponents"), modulus_rows(moduli, "moduli");
    base_rows.require_row_bytes_at_most(kMaxNumber);
    modulus_rows.require_row_bytes_at_most(kMaxNumber);
    const std::size_t n = base_rows.count();
    require_one_or(n, exponent_rows);
    require_one_or(n, modulus_rows);
    if (!begin_output(out, out_size, checked_bytes(n, modulus_rows.row_bytes(), "out"))) return;

    const std::unique_ptr<Modulus[]> numbers = load_moduli(modulus_rows);
    PowerBatch batch;
    batch.count = n;
    batch.words = std::max(words_of(base_rows.row_bytes()), words_of(modulus_rows.row_bytes()));
    batch.exponent_words = words_of(exponent_rows.row_bytes());
    Words values, powers;
    load_rows(base_rows, batch.words, values);
    load_rows(exponent_rows, batch.exponent_words, powers);
    batch.moduli = numbers.get();
    batch.modulus_step = modulus_rows.count() == 1 ? 0 : 1;
    batch.bases = batch.out = values.data();
    batch.exponents = powers.data();
    batch.exponent_step = exponent_rows.count() == 1 ? 0 : 1;
    require_ok(flags == ASSAY_PUBLIC_EXPONENTS ? power_var(batch, nullptr) : power(batch, nullptr), "modexp");
    store_rows(values.data(), batch.words, n, modulus_rows.row_bytes(), out);
  });
}
