#include <string>
#include <string_view>

#include "accumulator/hash_to_prime.h"
#include "base/words.h"
#include "convert.h"
#include "job.h"
#include "primes/generate.h"
#include "primes/lucas.h"
#include "primes/miller_rabin.h"
#include "primes/primality.h"

namespace assay::bindings {
namespace {

using Flags = py::array_t<std::uint8_t>;

std::size_t columns(const LimbArray& array, const char* name) {
  if (array.ndim() != 2) raise_named("InvalidInput", std::string(name) + " must have shape [n, words]");
  return static_cast<std::size_t>(array.shape(1));
}

Flags is_prime_rows(const LimbArray& values, unsigned rounds, py::object progress) {
  const std::size_t words = columns(values, "values"), n = static_cast<std::size_t>(values.shape(0));
  Flags out(static_cast<py::ssize_t>(n));
  const std::uint64_t* data = values.data();
  std::uint8_t* result = out.mutable_data();
  raise_on_error(run_job(std::move(progress),
                         [&](JobControl* control) { return is_prime_var(data, n, words, rounds, result, control); }),
                 "primality of numbers of at most 8192 bits, with at most 256 rounds");
  return out;
}

Flags miller_rabin_rows(const LimbArray& values, const LimbArray& bases, bool variable) {
  const std::size_t words = columns(values, "values"), n = static_cast<std::size_t>(values.shape(0));
  Candidates candidates;
  raise_on_error(candidates.assign(values.data(), n, words), "Miller's test takes odd numbers above 1");
  if (bases.shape(0) != values.shape(0) || columns(bases, "bases") > candidates.words())
    raise_named("InvalidInput", "there must be a base for each value");
  const std::size_t given = columns(bases, "bases");
  Words wide;
  raise_on_error(wide.allocate(n * candidates.words()), "bases");
  std::fill_n(wide.data(), wide.size(), 0);
  for (std::size_t i = 0; i < n; ++i)
    std::copy_n(bases.data() + i * given, given, wide.data() + i * candidates.words());
  Flags out(static_cast<py::ssize_t>(n));
  std::uint8_t* result = out.mutable_data();
  raise_on_error(run_job(py::none(),
                         [&](JobControl* control) {
                           return miller_rabin(candidates, wide.data(), variable ? Timing::variable : Timing::constant,
                                               result, control);
                         }),
                 "Miller's test");
  return out;
}

Flags strong_lucas_rows(const LimbArray& values, bool variable) {
  const std::size_t words = columns(values, "values"), n = static_cast<std::size_t>(values.shape(0));
  Candidates candidates;
  raise_on_error(candidates.assign(values.data(), n, words), "the strong Lucas test takes odd numbers above 1");
  Flags out(static_cast<py::ssize_t>(n));
  for (std::size_t i = 0; i < n; ++i) {
    bool passed = false;
    const auto test = variable ? strong_lucas_var : strong_lucas;
    raise_on_error(test(candidates.value(i), candidates.words(), candidates.moduli()[i], &passed), "strong Lucas test");
    out.mutable_data()[i] = passed ? 1 : 0;
  }
  return out;
}

Flags is_square_rows(const LimbArray& values) {
  const std::size_t words = columns(values, "values"), n = static_cast<std::size_t>(values.shape(0));
  Flags out(static_cast<py::ssize_t>(n));
  for (std::size_t i = 0; i < n; ++i) {
    bool square = false;
    raise_on_error(is_square_var(values.data() + i * words, words, &square), "test for a square");
    out.mutable_data()[i] = square ? 1 : 0;
  }
  return out;
}

PrimeRequest request_of(unsigned bits, bool safe, bool top_two, bool three_mod_four) {
  return {bits, safe, top_two, three_mod_four};
}

py::bytes generate(unsigned bits, bool safe, bool top_two, bool three_mod_four, py::object progress) {
  Words out;
  raise_on_error(out.allocate((bits + 63) / 64 + 1), "a prime");
  const PrimeRequest request = request_of(bits, safe, top_two, three_mod_four);
  raise_on_error(
      run_job(std::move(progress), [&](JobControl* control) { return generate_prime(request, out.data(), control); }),
      "a prime of " + std::to_string(bits) + " bits");
  return py::bytes(reinterpret_cast<const char*>(out.data()), (bits + 63) / 64 * 8);
}

// Rows of 32 bytes
using Seeds = ByteArray;

std::size_t seed_count(const Seeds& seeds) {
  if (seeds.ndim() != 2 || seeds.shape(1) != static_cast<py::ssize_t>(kSha256Bytes))
    raise_named("InvalidInput", "seeds must have shape [n, 32]");
  return static_cast<std::size_t>(seeds.shape(0));
}

Seeds prime_seeds(std::string_view tag, const py::list& messages) {
  Seeds out({static_cast<py::ssize_t>(messages.size()), static_cast<py::ssize_t>(kSha256Bytes)});
  std::uint8_t* next = out.mutable_data();
  for (const py::handle message : messages) {
    const auto fields = py::cast<py::list>(message);
    HashToPrimeSeed seed(tag, fields.size());
    for (const py::handle field : fields) {
      if (!PyBytes_Check(field.ptr())) raise_named("WrongType", "the fields of a message must be bytes");
      const auto view = py::cast<std::string_view>(field);
      seed.field(view.data(), view.size());
    }
    seed.finish(next);
    next += kSha256Bytes;
  }
  return out;
}

py::tuple hash_to_prime_rows(const Seeds& seeds, unsigned bits, py::object progress) {
  const std::size_t n = seed_count(seeds), words = (bits + 63) / 64;
  LimbArray primes = make_rows(n, words), counters(static_cast<py::ssize_t>(n));
  const std::uint8_t* data = seeds.data();
  std::uint64_t *out = primes.mutable_data(), *found = counters.mutable_data();
  raise_on_error(run_job(std::move(progress),
                         [&](JobControl* control) { return hash_to_prime_var(data, n, bits, out, found, control); }),
                 "hashing to primes of " + std::to_string(bits) + " bits");
  return py::make_tuple(primes, counters);
}

}  // namespace

void bind_primes(py::module_& m) {
  m.def("is_prime", &is_prime_rows, py::arg("values").noconvert(), py::arg("rounds"), py::arg("progress") = py::none(),
        "Baillie-PSW and `rounds` random bases by rows of uint64[n, words]: uint8[n]. Variable time.");
  m.def("miller_rabin", &miller_rabin_rows, py::arg("values").noconvert(), py::arg("bases").noconvert(),
        py::arg("variable"), "Miller's test of each row to the base in the same row: uint8[n].");
  m.def("strong_lucas", &strong_lucas_rows, py::arg("values").noconvert(), py::arg("variable") = false,
        "The strong Lucas test by rows: uint8[n].");
  m.def("is_square", &is_square_rows, py::arg("values").noconvert(), "Whether each row is a square: uint8[n].");
  m.def("generate_prime", &generate, py::arg("bits"), py::arg("safe"), py::arg("top_two"), py::arg("three_mod_four"),
        py::arg("progress") = py::none(), "A random prime, little-endian bytes of whole words.");
  m.def(
      "expected_prime_tests",
      [](unsigned bits, bool safe) { return expected_tests(request_of(bits, safe, true, false)); }, py::arg("bits"),
      py::arg("safe"), "Powers that generate_prime takes on average.");
  m.def("hash_to_prime_seeds", &prime_seeds, py::arg("tag"), py::arg("messages"),
        "The seeds uint8[n, 32] of n messages, each a list of byte strings.");
  m.def("hash_to_prime", &hash_to_prime_rows, py::arg("seeds").noconvert(), py::arg("bits"),
        py::arg("progress") = py::none(), "(primes uint64[n, words], counters uint64[n]). Variable time.");
}

}  // namespace assay::bindings
