// Paillier under valgrind: private key, plaintexts, blindings, weights and short exponents are marked undefined, and
// memcheck reports each branch and each address that depends on them. `paillier_secrets P Q` takes two primes in hex;
// `--leak` after them runs weighted_var on secret weights, which memcheck must report.
//
// What is public: sizes, and of a modulus its lowest and highest word (see bigint_secrets.cpp). Not looked at: how
// often a random number was drawn anew because it was not below the modulus.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "cpu/features.h"
#include "paillier/private_key.h"
#include "paillier/public_key.h"
#include "paillier/short_base.h"
#include "paillier/weighted.h"
#include "secrets.h"

namespace {

using assay::Status;
namespace pa = assay::paillier;

Row from_hex(const std::string& text) {
  Row row((text.size() + 15) / 16);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t end = text.size() - 16 * i, begin = end > 16 ? end - 16 : 0;
    row[i] = std::strtoull(text.substr(begin, end - begin).c_str(), nullptr, 16);
  }
  return row;
}

void hide_side(const pa::PrivateKey::Side& side) {
  for (const assay::Modulus* modulus : {&side.prime, &side.square}) {
    const std::size_t n = modulus->size();
    hide(modulus->words() + 1, n - 2);
    hide(modulus->words() + n, 2 * n);  // R and R^2 mod N
    if (!modulus->in_pairs()) continue;
    const assay::RootView root = modulus->view().root;
    hide(root.words + 1, root.size - 2);
    hide(root.one, 6 * root.size);  // R, R^2 and R^3 mod N^2
  }
  hide(side.exponent), hide(side.minus_one), hide(side.exact), hide(side.correction);
}

constexpr std::size_t kRows = 2;

}  // namespace

int main(int argc, char** argv) {
  if (RUNNING_ON_VALGRIND == 0) {
    std::puts("not under valgrind: nothing would be found");
    return 2;
  }
  require(argc >= 3, "paillier_secrets P Q [--leak]");
  require(assay::set_num_threads(1) == Status::ok, "threads");
  const Row p = from_hex(argv[1]), q = from_hex(argv[2]);
  pa::PrivateKey key;
  require(key.assign(p.data(), q.data(), p.size()) == Status::ok, "key");
  const pa::PublicKey& open = key.public_key();
  const std::size_t k = open.words(), width = open.cipher_words();

  // Numbers that stand for blindings: N-th residues are not needed to follow the bits, but decryption needs them.
  pa::ShortBase base;
  require(base.assign(open, 256, nullptr) == Status::ok, "base");
  Row exponents(kRows * base.exponent_words(), 0x123456789abcdef1), blindings(kRows * width);
  hide(exponents);
  require(base.power(kRows, exponents.data(), blindings.data(), nullptr) == Status::ok, "short exponents");
  show(blindings);

  Row plain = {5, ~std::uint64_t{0}, 7, 0}, sums(kRows * width), ciphertexts;  // two words each: 5 - 2^64, 7
  hide(plain), hide(blindings);
  require(pa::add_plain(open, kRows, plain.data(), 2, blindings.data(), sums.data(), nullptr) == Status::ok, "sums");
  show(sums);

  Row weights = {3, ~std::uint64_t{0}}, products(width);
  hide(weights);
  const pa::WeightedBatch batch{.groups = 1,
                                .terms = kRows,
                                .outputs = 1,
                                .ciphertexts = sums.data(),
                                .weights = weights.data(),
                                .weight_words = 1,
                                .weight_bits = 8,
                                .out = products.data()};
  if (argc > 3 && std::strcmp(argv[3], "--leak") == 0)
    require(pa::weighted_var(open, batch, nullptr) == Status::ok, "weights");
  else
    require(pa::weighted(open, batch, nullptr) == Status::ok, "weights");
  show(products);

  hide_side(key.larger_side());
  hide_side(key.smaller_side());
  hide(key.q_inverse(), key.prime_words());
  Row result(k);
  require(pa::decrypt(key, 1, products.data(), true, result.data(), nullptr) == Status::ok, "decryption");
  show(result);
  // 3 (5 - 2^64) - 7 = 8 - 3 2^64
  require(result[0] == 8 && result[1] == ~std::uint64_t{0} - 2 && result[2] == ~std::uint64_t{0}, "the sum");
  std::printf("done at level %s\n", assay::isa_name(assay::isa_level()).data());
  return 0;
}
