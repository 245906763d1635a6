// Ed25519 signatures with a secret seed under valgrind, as in bigint_secrets.cpp. `--leak` takes a digit of the secret
// for an address of the table, which memcheck must report.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "cpu/features.h"
#include "curve/ed25519/base_table.h"
#include "curve/ed25519/sign.h"
#include "secrets.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

// The signatures on messages about the blocks of SHA-512, under a seed in the open or hidden.
std::vector<Bytes> signatures(const Bytes& seed, bool hidden) {
  Bytes given = seed;
  if (hidden) (void)VALGRIND_MAKE_MEM_UNDEFINED(given.data(), given.size());
  assay::ed25519::SecretKey key;
  require(key.assign(given.data()) == assay::Status::ok, "key");
  std::vector<Bytes> out = {Bytes(key.public_key(), key.public_key() + 32)};
  for (const std::size_t size : {0, 32, 79, 80, 200}) {
    Bytes signature(64);
    key.sign(Bytes(size, 7).data(), size, signature.data());
    (void)VALGRIND_MAKE_MEM_DEFINED(signature.data(), signature.size());
    out.push_back(signature);
  }
  return out;
}

// A table lookup by a secret digit, as verification makes it by a public one.
std::uint64_t leak() {
  Row digit = {5};
  hide(digit);
  return assay::ed25519::comb_table()[assay::ed25519::kBaseEntryWords * digit[0]];
}

}  // namespace

int main(int argc, char** argv) {
  if (RUNNING_ON_VALGRIND == 0) {
    std::puts("not under valgrind: nothing would be found");
    return 2;
  }
  if (argc > 1 && std::strcmp(argv[1], "--leak") == 0) {
    std::printf("%llu\n", static_cast<unsigned long long>(leak() & 1));
    return 0;
  }
  for (const std::uint8_t first : {0, 1, 255}) {
    Bytes seed(32, 3);
    seed[0] = first;
    require(signatures(seed, false) == signatures(seed, true), "a signature under a hidden seed");
  }
  std::printf("done at level %s\n", assay::isa_name(assay::isa_level()).data());
  return 0;
}
