// The lanes of bigint on words that know their secrets (secret_word.h): powers with secret exponents, products and the
// preparation of moduli go through without a branch, an index or a shift that depends on a base, an exponent or a
// modulus, without a look at them beside the lanes, and with as many operations whatever they are. `power_var`, which
// does look, must be caught: the control.
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

// Groups of eight moduli of `bits` bits, or of half that in every other lane, with secrets of a seed. Rows are whole
// lines of eight words, so that load() is all that reads them.
class Secrets {
 public:
  Secrets(unsigned bits, bool mixed, u64 seed) : words_(bits / 64) {
    const std::size_t row = kLanes * words_;
    lanes::watch = {};
    lanes::watch.bytes = 4 * 8 * row;
    void* pages = mmap(nullptr, lanes::watch.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) std::exit(2);
    lanes::watch.pages = static_cast<unsigned char*>(pages);
    u64 *m = static_cast<u64*>(pages), *squares = m + row, *bases = squares + row, *exponents = bases + row;
    fuzz::Random random(seed);
    for (std::size_t i = 0; i < 4 * row; ++i) m[i] = random();
    power.bits = product.bits = bits;
    power.words = product.words = power.exponent_words = words_;
    out_.resize(row);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t size = mixed && lane % 2 == 1 ? words_ / 2 : words_;
      u64* modulus = m + words_ * lane;
      modulus[0] |= 1;
      modulus[size - 1] |= u64{1} << 63;
      Modulus constants;
      if (constants.assign(modulus, size) != Status::ok) std::exit(2);
      views_[lane] = constants.view();
      std::memcpy(squares + words_ * lane, views_[lane].square, 8 * size);
      views_[lane].words = modulus;
      views_[lane].square = squares + words_ * lane;
      views_[lane].one = nullptr;
      power.bases[lane] = product.a[lane] = bases + words_ * lane;
      power.exponents[lane] = product.b[lane] = exponents + words_ * lane;
      power.out[lane] = product.out[lane] = out_.data() + words_ * lane;
    }
    // A word here is its value and its flag: less than twice as large.
    prepared_.resize(2 * lanes::big::moduli_words(bits));
    scratch_.resize(2 * (lanes::big::power_scratch(power) + lanes::big::multiply_scratch(product)));
    power.moduli = product.moduli = prepared_.data();
    lanes::watch.lock(true);
  }
  ~Secrets() { munmap(lanes::watch.pages, lanes::watch.bytes); }
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;

  void prepare() { lanes::big::prepare(views_, prepared_.data()); }
  void run_power() { lanes::big::power(power, scratch_.data(), Stop{}); }
  void run_product() { lanes::big::multiply(product, scratch_.data()); }
  std::size_t words() const { return words_; }
  u64* out() { return out_.data(); }

  PowerGroup power = {};
  MultiplyGroup product = {};

 private:
  std::size_t words_;
  ModulusView views_[kLanes];
  std::vector<u64> prepared_, scratch_, out_;
};

struct Counts {
  std::size_t halves, operations;
  bool operator==(const Counts&) const = default;
};

// Of a power with exponents as long as the moduli.
Counts check(unsigned bits, bool mixed, u64 seed) {
  Secrets secrets(bits, mixed, seed);
  secrets.prepare();
  expect(lanes::watch.secret_stores == 0, "preparing moduli stores no secret outside the lanes");
  const Counts before = {lanes::watch.halves, lanes::watch.operations};
  secrets.run_power();
  const Counts counts = {lanes::watch.halves - before.halves, lanes::watch.operations - before.operations};
  expect(lanes::watch.secret_stores == secrets.words(), "a power stores its result and nothing else");
  secrets.run_product();
  expect(lanes::watch.secret_stores == 2 * secrets.words(), "a product stores its result and nothing else");
  return counts;
}

void controls() {
  Secrets secrets(1024, false, 3);
  secrets.prepare();
  secrets.power.variable = true;
  expect(dies([&] { secrets.run_power(); }), "a look at an exponent is caught");
  expect(dies([&] { lanes::gather(secrets.out(), lanes::load(secrets.out())); }), "an index that is secret is caught");
  expect(dies([&] { std::printf("%d", lanes::watch.pages[0]); }), "secrets are out of reach");
  expect(!dies([&] { lanes::gather(secrets.out(), lanes::broadcast(1)); }), "an index that is public is not");
}

}  // namespace

// --count: also what powers of the usual sizes execute at level ifma.
int main(int argc, char** argv) {
  controls();
  for (const unsigned bits : {1024U, 3072U})
    for (const bool mixed : {false, true})
      expect(check(bits, mixed, 1) == check(bits, mixed, 2), "as many operations whatever the secrets");
  std::printf("%s: big numbers in lanes are constant time\n", failed ? "FAILED" : "passed");
  if (argc > 1 && std::strcmp(argv[1], "--count") == 0)
    for (const unsigned bits : {1024U, 2048U, 3072U, 4096U, 6144U}) {
      const Counts counts = check(bits, false, 1);
      std::printf("%u bits, eight powers: %zu halves of products, %zu other operations\n", bits, counts.halves,
                  counts.operations);
    }
  return failed ? 1 : 0;
}
