// Powers and products of secrets under valgrind: what is secret is marked undefined, and memcheck reports each branch
// and each address that depends on it. Prints its level at the end; `--leak` runs power_var on a secret exponent, which
// memcheck must report, or it would have reported nothing else either.
//
// After Langley's ctgrind and secp256k1's ctime_tests. What is public: the sizes, and of a new modulus its lowest and
// highest word, from which its length and -N^-1 mod 2^64 follow.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bigint/modulus.h"
#include "bigint/natural.h"
#include "bigint/power.h"
#include "cpu/features.h"
#include "secrets.h"

namespace {

using assay::Status;

constexpr std::size_t kRows = 3;

// The same batch with everything in the open and with everything hidden; modulo the squares of the moduli, in pairs, if
// they are `roots`.
void powers(std::size_t size, std::size_t words, std::size_t exponent_words, bool variable, bool roots = false) {
  Row moduli = numbers(kRows * size), bases = numbers(kRows * words), exponents = numbers(kRows * exponent_words);
  for (std::size_t i = 0; i < kRows; ++i) moduli[size * i] |= 1, moduli[size * (i + 1) - 1] |= std::uint64_t{1} << 63;
  Row open(kRows * words), hidden(kRows * words), products(kRows * words);
  for (const bool secret : {false, true}) {
    assay::Modulus assigned[kRows];
    for (std::size_t i = 0; i < kRows; ++i) {
      const std::uint64_t* words_of = moduli.data() + size * i;
      if (secret) hide(words_of + 1, size - 2);
      require((roots ? assigned[i].assign_square(words_of, size, 1) : assigned[i].assign(words_of, size)) == Status::ok,
              "modulus");
      require(assigned[i].in_pairs() == roots, "pairs");
      if (!secret) continue;
      const assay::RootView root = assigned[i].view().root;
      hide(assigned[i].words() + roots, assigned[i].size() - 2 * roots);
      if (roots) hide(root.words + 1, size - 2), hide(root.one, 6 * size);  // R, R^2 and R^3
    }
    if (secret) hide(bases), hide(exponents);
    Row& out = secret ? hidden : open;
    const assay::PowerBatch batch = {kRows,          words, assigned,  1, bases.data(), exponents.data(),
                                     exponent_words, 1,     out.data()};
    require((variable ? power_var(batch, nullptr) : power(batch, nullptr)) == Status::ok, "power");
    const assay::MultiplyBatch pairs = {kRows, words, assigned, 1, bases.data(), out.data(), products.data()};
    require(multiply(pairs, nullptr) == Status::ok, "multiply");
    show(out);
  }
  require(open == hidden, "a power of hidden numbers");
}

void naturals(std::size_t n, std::size_t m) {
  Row a = numbers(n), b = numbers(m), product(n + m), square(2 * n), scratch(assay::natural_scratch(n + m));
  hide(a), hide(b);
  assay::natural_mul(product.data(), a.data(), n, b.data(), m, scratch.data());
  assay::natural_sqr(square.data(), a.data(), n, scratch.data());
}

}  // namespace

int main(int argc, char** argv) {
  if (RUNNING_ON_VALGRIND == 0) {
    std::puts("not under valgrind: nothing would be found");
    return 2;
  }
  require(assay::set_num_threads(1) == Status::ok, "threads");
  if (argc > 1 && std::strcmp(argv[1], "--leak") == 0) {
    powers(4, 4, 1, true);
  } else {
    powers(4, 4, 4, false);
    powers(5, 13, 2, false);  // bases longer than the modulus, odd lengths
    powers(16, 16, 2, false);
    powers(32, 32, 1, false);
    powers(65, 65, 1, false);  // Karatsuba, with a word left over
    powers(4, 8, 2, false, true);
    powers(9, 27, 1, false, true);  // longer bases
    powers(16, 32, 1, false, true);
    powers(40, 80, 1, false, true);  // Karatsuba
    for (const std::size_t n : {4, 7, 41, 64, 97, 130}) naturals(n, n), naturals(n, n / 2 + 1);
  }
  std::printf("done at level %s\n", assay::isa_name(assay::isa_level()).data());
  return 0;
}
