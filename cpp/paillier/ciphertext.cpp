#include "paillier/ciphertext.h"

#include <algorithm>
#include <atomic>

#include "base/words.h"
#include "bigint/batch_inverse.h"
#include "bigint/gcd.h"
#include "bigint/montgomery.h"
#include "bigint/natural.h"
#include "paillier/rows.h"

namespace assay::paillier {
namespace {

constexpr std::size_t kBlock = 128;

bool is_zero(const std::uint64_t* a, std::size_t n) noexcept {
  return std::all_of(a, a + n, [](std::uint64_t word) { return word == 0; });
}

Flaw range_flaw(const PublicKey& key, const std::uint64_t* c) noexcept {
  const Modulus& square = key.square();
  const std::size_t width = key.cipher_words(), n = square.size();
  if (is_zero(c, width)) return Flaw::zero;
  if (!is_zero(c + n, width - n) || natural_compare_var(c, square.words(), n) >= 0) return Flaw::too_large;
  return Flaw::none;
}

// shares <- gcd(row, N) > 1 for a row of k words below N, which is destroyed.
Status shares_factor(const PublicKey& key, std::uint64_t* row, bool& shares) noexcept {
  const std::size_t k = key.words();
  if (is_zero(row, k)) {
    shares = true;
    return Status::ok;
  }
  ASSAY_TRY(gcd_var({.count = 1, .words = k, .a = row, .b = key.modulus().words(), .b_step = 0}, row, nullptr));
  shares = row[0] != 1 || !is_zero(row + 1, k - 1);
  return Status::ok;
}

// shares <- does the product of these ciphertexts share a factor with N?
Status product_shares(const PublicKey& key, Montgomery& m, std::size_t count, const std::uint64_t* c,
                      std::uint64_t* row, std::uint64_t* product, bool& shares) noexcept {
  const std::size_t k = key.words(), width = 2 * k;
  std::copy_n(m.one(), k, product);
  for (std::size_t i = 0; i < count; ++i) {
    m.enter(row, c + i * width, width);
    m.mul(product, product, row);
  }
  m.leave(product, product);
  return shares_factor(key, product, shares);
}

}  // namespace

Status check_var(const PublicKey& key, std::size_t count, const std::uint64_t* ciphertexts, Flaw& flaw,
                 std::size_t& first, JobControl* control) noexcept {
  const std::size_t k = key.words(), width = 2 * k;
  if (k == 0) return Status::out_of_range;
  flaw = Flaw::none;
  first = count;
  for (std::size_t i = 0; i < count; ++i) {
    if ((flaw = range_flaw(key, ciphertexts + i * width)) == Flaw::none) continue;
    first = i;
    return Status::ok;
  }
  // One product and one gcd a block; the first block that fails is looked at row by row.
  const std::size_t blocks = (count + kBlock - 1) / kBlock;
  std::atomic<std::size_t> bad{blocks};
  std::atomic<Status> worst{Status::ok};
  ASSAY_TRY(for_rows(
      blocks, 1, key.modulus().view(), 2 * k,
      [&](std::size_t block, Montgomery& m, std::uint64_t* scratch) noexcept {
        const std::size_t begin = block * kBlock, rows = std::min(kBlock, count - begin);
        bool shares = false;
        const Status status = product_shares(key, m, rows, ciphertexts + begin * width, scratch, scratch + k, shares);
        if (status != Status::ok) worst.store(status, std::memory_order_relaxed);
        std::size_t known = bad.load(std::memory_order_relaxed);
        while (shares && block < known && !bad.compare_exchange_weak(known, block, std::memory_order_relaxed)) {
        }
      },
      control));
  ASSAY_TRY(worst.load(std::memory_order_relaxed));
  if (bad.load() == blocks) return Status::ok;
  Montgomery m;
  Words scratch;
  ASSAY_TRY(m.assign(key.modulus()));
  ASSAY_TRY(scratch.allocate(2 * k));
  for (std::size_t i = bad.load() * kBlock; i < count; ++i) {
    bool shares = false;
    ASSAY_TRY(product_shares(key, m, 1, ciphertexts + i * width, scratch.data(), scratch.data() + k, shares));
    if (!shares) continue;
    flaw = Flaw::shares_factor;
    first = i;
    return Status::ok;
  }
  return Status::ok;
}

Status invert_var(const PublicKey& key, std::size_t count, const std::uint64_t* ciphertexts, std::uint64_t* out,
                  JobControl* control) noexcept {
  if (key.words() == 0) return Status::out_of_range;
  std::size_t first_bad = 0;
  return batch_inverse_var(key.square(), ciphertexts, count, key.cipher_words(), out, &first_bad, control);
}

}  // namespace assay::paillier
