// Inverses, divisors, powers by a table and residues of secrets under valgrind, as in bigint_secrets.cpp. `--leak` runs
// inverse_var on secrets, which memcheck must report.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bigint/batch_inverse.h"
#include "bigint/fixed_base.h"
#include "bigint/gcd.h"
#include "bigint/inverse.h"
#include "cpu/features.h"
#include "primes/small_primes.h"
#include "secrets.h"

namespace {

using assay::Status;

constexpr std::size_t kRows = 3;

// In the open and hidden; whether all are invertible is told. The second value is zero, which has no inverse.
void inverses(std::size_t words, bool variable) {
  Row moduli = numbers(kRows * words), values = numbers(kRows * words), open(kRows * words), hidden(kRows * words);
  for (std::size_t i = 0; i < kRows; ++i) moduli[words * i] |= 1;
  std::memset(values.data() + words, 0, 8 * words);
  for (const bool secret : {false, true}) {
    if (secret) hide(values);
    if (secret && words > 1)  // the lowest word is looked at: it must be odd
      for (std::size_t i = 0; i < kRows; ++i) hide(moduli.data() + words * i + 1, words - 1);
    Row& out = secret ? hidden : open;
    const assay::InverseBatch batch = {kRows, words, moduli.data(), 1, values.data(), out.data()};
    std::size_t bad = 0;
    const Status status = variable ? inverse_var(batch, &bad, nullptr) : inverse(batch, &bad, nullptr);
    require(status == Status::not_invertible && bad <= 1, "inverse");
    const assay::PairBatch pairs = {kRows, words, values.data(), moduli.data(), 1};
    Row divisors(kRows * words);
    require(gcd(pairs, divisors.data(), &bad, nullptr) == Status::ok, "gcd");
    show(out);
  }
  require(open == hidden, "an inverse of hidden numbers");
}

// Modulus and base of the table in the open as well as the result's comparison; exponents and values hidden
void tables(std::size_t words, unsigned window) {
  Row modulus = numbers(words), base = numbers(words), exponents = numbers(kRows * 2), values = numbers(kRows * words);
  modulus[0] |= 1, modulus[words - 1] |= std::uint64_t{1} << 63;
  assay::Modulus assigned;
  require(assigned.assign(modulus.data(), words) == Status::ok, "modulus");
  assay::FixedBase table;
  require(table.assign(assigned, base.data(), words, 128, window, nullptr) == Status::ok, "table");
  Row open(kRows * words), hidden(kRows * words), inverses(kRows * words);
  for (const bool secret : {false, true}) {
    if (secret) hide(exponents), hide(values);
    Row& out = secret ? hidden : open;
    require(table.power(exponents.data(), kRows, 2, out.data(), nullptr) == Status::ok, "power");
    std::size_t bad = 0;
    const Status status = assay::batch_inverse(assigned, values.data(), kRows, words, inverses.data(), &bad, nullptr);
    require(status == Status::ok || status == Status::not_invertible, "batch_inverse");
    show(out);
  }
  require(open == hidden, "a power of hidden exponents");
}

void residues(std::size_t words) {
  const assay::SmallPrimes* small = assay::SmallPrimes::get();
  require(small != nullptr, "table of primes");
  Row x = numbers(words);
  std::vector<std::uint32_t> out(small->size());
  hide(x.data(), words);
  small->residues(x.data(), words, out.size(), out.data());
}

}  // namespace

int main(int argc, char** argv) {
  if (RUNNING_ON_VALGRIND == 0) {
    std::puts("not under valgrind: nothing would be found");
    return 2;
  }
  require(assay::set_num_threads(1) == Status::ok, "threads");
  if (argc > 1 && std::strcmp(argv[1], "--leak") == 0) {
    inverses(4, true);
  } else {
    for (const std::size_t words : {1, 4, 5, 16, 33}) inverses(words, false);
    tables(4, 1), tables(5, 4), tables(16, 5);
    residues(8);
  }
  std::printf("done at level %s\n", assay::isa_name(assay::isa_level()).data());
  return 0;
}
