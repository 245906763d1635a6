// The lanes of bigint on words that know their secrets (secret_word.h): powers with secret exponents, products and the
// preparation of moduli go through without a branch, an index or a shift that depends on a base, an exponent or a
// modulus, and without a look at them beside the lanes. `power_var`, which does look, must be caught: the control.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bigint/lanes_power.h"
#include "bigint/modulus.h"
#include "random.h"

namespace {

using namespace assay;
using u64 = std::uint64_t;

// Rows of 8 secrets of 16 words each: moduli, R^2, bases, exponents. Whole lines of eight words, so that load() is all
// that reads them.
constexpr std::size_t kWords = 16, kRow = 8 * kWords;

bool failed = false;
void expect(bool condition, const char* what) {
  if (condition) return;
  std::printf("FAILED: %s\n", what);
  failed = true;
}

// Does `body` die of a signal?
template <class Body>
bool dies(const Body& body) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    std::freopen("/dev/null", "w", stderr);
    body();
    std::_Exit(0);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

u64* memory(std::vector<std::vector<u64>>& all, std::size_t words) {
  all.emplace_back(words + 8);
  auto address = reinterpret_cast<std::uintptr_t>(all.back().data());
  return reinterpret_cast<u64*>((address + 63) / 64 * 64);
}

}  // namespace

int main() {
  lanes::watch.bytes = 1 << 16;
  void* pages = mmap(nullptr, lanes::watch.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return 2;
  lanes::watch.pages = static_cast<unsigned char*>(pages);
  u64 *m = static_cast<u64*>(pages), *squares = m + kRow, *bases = squares + kRow, *exponents = bases + kRow;
  fuzz::Random random(1);
  for (std::size_t i = 0; i < 4 * kRow; ++i) m[i] = random();

  ModulusView views[kLanes];
  Modulus moduli[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::size_t size = lane % 2 == 0 ? kWords : kWords / 2;
    u64* row = m + kWords * lane;
    row[0] |= 1;
    row[size - 1] |= u64{1} << 63;
    if (moduli[lane].assign(row, size) != Status::ok) return 2;
    std::memcpy(squares + kWords * lane, moduli[lane].view().square, 8 * size);
    views[lane] = moduli[lane].view();
    views[lane].words = row;
    views[lane].square = squares + kWords * lane;
    views[lane].one = nullptr;
  }
  PowerGroup power = {};
  MultiplyGroup product = {};
  power.bits = product.bits = 64 * kWords;
  power.words = product.words = kWords;
  power.exponent_words = kLanes;
  std::vector<std::vector<u64>> all;
  u64* out = memory(all, kRow);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    power.bases[lane] = product.a[lane] = bases + kWords * lane;
    power.exponents[lane] = product.b[lane] = exponents + kWords * lane;
    power.out[lane] = product.out[lane] = out + kWords * lane;
  }
  u64* prepared = memory(all, 2 * lanes::big::moduli_words(power.bits));  // a word carries its flag
  u64* scratch = memory(all, 4 * lanes::big::power_scratch(power));
  power.moduli = product.moduli = prepared;

  lanes::watch.lock(true);
  lanes::big::prepare(views, prepared);
  expect(lanes::watch.secret_stores == 0, "preparing moduli stores no secret outside the lanes");
  lanes::big::power(power, scratch, Stop{});
  expect(lanes::watch.secret_stores == kWords, "a power stores its result and nothing else outside the lanes");
  lanes::big::multiply(product, scratch);
  expect(lanes::watch.secret_stores == 2 * kWords, "a product stores its result and nothing else outside the lanes");

  power.variable = true;
  expect(dies([&] { lanes::big::power(power, scratch, Stop{}); }), "a look at an exponent is caught");
  expect(dies([&] { lanes::gather(out, lanes::load(out)); }), "an index that follows a secret is caught");
  expect(dies([&] { std::printf("%d", static_cast<int>(*m)); }), "secrets are out of reach");
  expect(!dies([&] { lanes::gather(out, lanes::broadcast(1)); }), "an index that is public is not");
  std::printf("%s: big numbers in lanes are constant time\n", failed ? "FAILED" : "passed");
  return failed ? 1 : 0;
}
