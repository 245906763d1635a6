// The lanes of bigint on words that know their secrets (secret_word.h): powers with secret exponents, of many bases, of
// one base by its table and of a few bases each, products and the preparation of moduli go through without a branch, an
// index, a shift or a division that depends on a base, an exponent or a modulus, without a look at them beside the
// lanes, and with as many operations whatever they are. The table of one base is read word by word, at addresses that
// no secret can reach. What is for public exponents does look and must be caught: the controls.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <vector>

#include "bigint/lanes_products.h"
#include "bigint/modulus.h"
#include "bigint/table.h"
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

enum class Lanes { distinct, mixed, alike };  // their moduli: mixed ones are half as long in every other lane
constexpr std::size_t kTerms = 2, kShortWords = kLanes, kWindows = 5;
constexpr unsigned kWindow = 4;

using lanes::big::Arithmetic, lanes::big::SquareArithmetic;

// Groups of eight moduli of `bits` bits, squares if A is for them, with secrets of a seed. Rows are whole lines of
// eight words, so that load() is all that reads them. Products over tables are those of the lanes that are alike.
template <class A>
class Secrets {
  static constexpr bool kSquares = std::is_same_v<A, SquareArithmetic>;

 public:
  Secrets(unsigned bits, Lanes kind, u64 seed) : words_(bits / 64) {
    const std::size_t row = kLanes * words_, shorts = kLanes * kFixedBaseGroups * kTerms * kShortWords;
    lanes::watch = {};
    lanes::watch.bytes = 8 * ((5 + kTerms) * row + shorts);
    void* pages = mmap(nullptr, lanes::watch.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) std::exit(2);
    lanes::watch.pages = static_cast<unsigned char*>(pages);
    u64 *m = static_cast<u64*>(pages), *squares = m + row, *heads = squares + row, *bases = heads + row,
        *exponents = bases + kTerms * row, *short_exponents = exponents + row;
    fuzz::Random random(seed);
    for (std::size_t i = 0; i < lanes::watch.bytes / 8; ++i) m[i] = random();
    power.bits = product.bits = fixed.bits = few.bits = bits;
    power.words = product.words = power.exponent_words = fixed.words = few.words = words_;
    out_.resize(kFixedBaseGroups * row);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t size = (kind == Lanes::mixed && lane % 2 == 1 ? words_ / 2 : words_) / (kSquares ? 2 : 1);
      u64* modulus = m + words_ * lane;
      if (kind == Lanes::alike && lane > 0) std::memcpy(modulus, m, 8 * words_);
      modulus[0] |= 1;
      modulus[size - 1] |= u64{1} << 63;
      Modulus constants;
      if ((kSquares ? constants.assign_square(modulus, size) : constants.assign(modulus, size)) != Status::ok)
        std::exit(2);
      ModulusView& view = views_[lane] = constants.view();
      const u64* square = kSquares ? view.root.square : view.square;
      std::memcpy(squares + words_ * lane, square, 8 * (kSquares ? 2 * size : size));
      (kSquares ? view.root.words : view.words) = modulus;
      (kSquares ? view.root.square : view.square) = squares + words_ * lane;
      (kSquares ? view.words : view.root.words) = nullptr;
      (kSquares ? view.square : view.root.square) = nullptr;
      view.one = view.root.one = view.root.cube = nullptr;
      power.bases[lane] = product.a[lane] = few.bases[lane] = bases + kTerms * words_ * lane;
      power.exponents[lane] = product.b[lane] = exponents + words_ * lane;
      power.out[lane] = product.out[lane] = few.out[lane] = out_.data() + words_ * lane;
      few.exponents[lane] = short_exponents + kTerms * kShortWords * lane;
      few.heads[lane] = heads + words_ * lane;
      few.counts[lane] = kTerms - lane % 2;
      for (std::size_t g = 0; g < kFixedBaseGroups; ++g) {
        fixed.exponents[g][lane] = short_exponents + kTerms * kShortWords * (kLanes * g + lane);
        fixed.out[g][lane] = out_.data() + words_ * (kLanes * g + lane);
      }
    }
    few.terms = kTerms;
    few.exponent_words = fixed.exponent_words = kShortWords;
    few.digits = fixed.windows = kWindows;
    few.window = fixed.window = kWindow;
    fixed.groups = kFixedBaseGroups;
    table_.resize(((kWindows << kWindow) + 1) * words_);
    for (std::size_t i = 0; i < table_.size(); ++i)
      table_[i] = random() >> ((i + 1) % (kSquares ? words_ / 2 : words_) == 0);  // below the moduli or their roots
    fixed.table = table_.data();
    fixed.correction = fixed.table + (kWindows << kWindow) * words_;
    // A word here is its value and its flag: less than twice as large.
    prepared_.resize(2 * lanes::big::moduli_words<A>(bits));
    scratch_.resize(2 * (lanes::big::power_scratch<A>(power) + lanes::big::multiply_scratch(product) +
                         lanes::big::fixed_base_scratch<A>(fixed) + lanes::big::short_products_scratch<A>(few)));
    power.moduli = product.moduli = fixed.moduli = few.moduli = prepared_.data();
    lanes::watch.lock(true);
  }
  ~Secrets() { munmap(lanes::watch.pages, lanes::watch.bytes); }
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;

  void prepare() { lanes::big::prepare<A>(views_, prepared_.data()); }
  void run_power() { lanes::big::power<A>(power, scratch_.data(), Stop{}); }
  void run_product() { lanes::big::multiply(product, scratch_.data()); }
  void run_fixed_base() { lanes::big::fixed_base<A>(fixed, scratch_.data()); }
  void run_short_products() { lanes::big::short_products<A>(few, scratch_.data()); }
  std::size_t words() const { return words_; }
  u64* out() { return out_.data(); }

  PowerGroup power = {};
  MultiplyGroup product = {};
  FixedBaseGroup fixed = {};
  ShortProductsGroup few = {};

 private:
  std::size_t words_;
  ModulusView views_[kLanes];
  std::vector<u64> prepared_, scratch_, out_, table_;
};

struct Counts {
  std::size_t halves, operations;
  bool operator==(const Counts&) const = default;
};

// Of what `body` does, which stores so many words of results.
template <class Body>
Counts counts_of(std::size_t results, const char* what, const Body& body) {
  const Counts before = {lanes::watch.halves, lanes::watch.operations};
  const std::size_t stores = lanes::watch.secret_stores;
  body();
  expect(lanes::watch.secret_stores - stores == results, what);
  return {lanes::watch.halves - before.halves, lanes::watch.operations - before.operations};
}

// Of a power with exponents as long as the moduli.
template <class A>
Counts check(unsigned bits, Lanes kind, u64 seed) {
  Secrets<A> secrets(bits, kind, seed);
  const std::size_t words = secrets.words();
  counts_of(0, "preparing moduli stores no secret outside the lanes", [&] { secrets.prepare(); });
  const Counts counts = counts_of(words, "a power stores its result and nothing else", [&] { secrets.run_power(); });
  if (std::is_same_v<A, Arithmetic>)
    counts_of(words, "a product stores its result and nothing else", [&] { secrets.run_product(); });
  return counts;
}

struct TableCounts {
  Counts fixed_base, short_products;
  bool operator==(const TableCounts&) const = default;
};

template <class A>
TableCounts check_tables(unsigned bits, std::size_t windows, u64 seed) {
  Secrets<A> secrets(bits, Lanes::alike, seed);
  secrets.fixed.windows = secrets.few.digits = windows;
  secrets.prepare();
  TableCounts counts;
  counts.fixed_base = counts_of(kFixedBaseGroups * secrets.words(), "powers of one base store nothing but results",
                                [&] { secrets.run_fixed_base(); });
  counts.short_products = counts_of(secrets.words(), "products of short powers store nothing but results",
                                    [&] { secrets.run_short_products(); });
  return counts;
}

void controls() {
  Secrets<Arithmetic> secrets(1024, Lanes::distinct, 3);
  secrets.prepare();
  secrets.power.variable = true;
  expect(dies([&] { secrets.run_power(); }), "a look at an exponent is caught");
  expect(dies([&] { lanes::gather(secrets.out(), lanes::load(secrets.out())); }), "an index that is secret is caught");
  expect(dies([&] { std::printf("%d", lanes::watch.pages[0]); }), "secrets are out of reach");
  expect(!dies([&] { lanes::gather(secrets.out(), lanes::broadcast(1)); }), "an index that is public is not");
}

void table_controls() {
  Secrets<Arithmetic> secrets(1024, Lanes::alike, 3);
  secrets.prepare();
  const u64* exponent = secrets.fixed.exponents[0][0];
  const auto digit = [&] { return lanes::load(exponent) & lanes::broadcast((1U << kWindow) - 1); };
  lanes::Factor entry[1], entries[1 << kWindow] = {};
  expect(!dies([&] { secrets.run_short_products(); }), "products of secret powers pass");
  expect(dies([&] {
           secrets.few.variable = true;
           secrets.run_short_products();
         }),
         "a branch on digits is caught");
  expect(dies([&] { lanes::big::detail::pick_var(entry, entries, 1, digit()); }), "an entry picked by digit is caught");
  expect(dies([&] { std::printf("%d", static_cast<int>(table_digit(exponent, kShortWords, 0, kWindow))); }),
         "a digit read beside the lanes is caught");
  expect(dies([&] { std::printf("%d", lanes::zero_mask(digit()) == 0xff); }),
         "a mask of secrets for a branch is caught");
  expect(!dies([&] { std::printf("%d", lanes::zero_mask(lanes::broadcast(0)) == 0xff); }),
         "one of public words is not");
  const TableCounts one = check_tables<Arithmetic>(1024, kWindows, 1),
                    other = check_tables<Arithmetic>(1024, kWindows - 1, 1);
  expect(!(one.fixed_base == other.fixed_base) && !(one.short_products == other.short_products),
         "operations are counted");
}

template <class A>
void check_all() {
  for (const unsigned bits : {1024U, std::is_same_v<A, Arithmetic> ? 3072U : 4096U}) {  // rows of whole lines
    for (const Lanes kind : {Lanes::distinct, Lanes::mixed}) {
      if (std::is_same_v<A, SquareArithmetic> && kind == Lanes::mixed && bits == 1024) continue;  // too short for pairs
      expect(check<A>(bits, kind, 1) == check<A>(bits, kind, 2), "as many operations whatever the secrets");
    }
    expect(check_tables<A>(bits, kWindows, 1) == check_tables<A>(bits, kWindows, 2),
           "as many operations on tables whatever the secrets");
  }
}

template <class A>
void print_counts(unsigned bits, const char* what) {
  const Counts counts = check<A>(bits, Lanes::distinct, 1);
  std::printf("%u bits%s, eight powers: %zu halves of products, %zu other operations\n", bits, what, counts.halves,
              counts.operations);
}

}  // namespace

// --count: also what powers of the usual sizes execute at level ifma.
int main(int argc, char** argv) {
  controls();
  table_controls();
  check_all<Arithmetic>();
  check_all<SquareArithmetic>();
  std::printf("%s: big numbers in lanes are constant time\n", failed ? "FAILED" : "passed");
  if (argc > 1 && std::strcmp(argv[1], "--count") == 0)
    for (const unsigned bits : {1024U, 2048U, 3072U, 4096U, 6144U}) {
      print_counts<Arithmetic>(bits, "");
      print_counts<SquareArithmetic>(bits, ", a square");
    }
  return failed ? 1 : 0;
}
