#include <algorithm>
#include <vector>

#include "base/words.h"
#include "capi/arguments.h"
#include "capi/error.h"
#include "curve/bn254/batch.h"
#include "groth16/verify.h"

namespace {

using namespace assay;
using namespace assay::capi;

constexpr std::size_t kScalarBytes = 32, kScalarWords = 4;
constexpr std::size_t kG1Bytes = point_bytes(CurveGroup::g1, PointForm::eip);
constexpr std::size_t kG2Bytes = point_bytes(CurveGroup::g2, PointForm::eip);
constexpr std::size_t kProofBytes = 2 * kG1Bytes + kG2Bytes, kCompressedBytes = kProofBytes / 2;
constexpr std::size_t kFixedBytes = kG1Bytes + 3 * kG2Bytes, kFixedWords = 14 * 4;

// EIP points to canonical limbs; what they are worth the verifier checks.
std::uint64_t* load_g1(const std::uint8_t* bytes, std::uint64_t* limbs) noexcept {
  load_number(bytes, 32, limbs, 4);
  load_number(bytes + 32, 32, limbs + 4, 4);
  return limbs + kG1Words;
}
std::uint64_t* load_g2(const std::uint8_t* bytes, std::uint64_t* limbs) noexcept {
  for (std::size_t c = 0; c < 4; ++c) load_number(bytes + 32 * c, 32, limbs + 4 * (c ^ 1), 4);  // imaginary part first
  return limbs + kG2Words;
}

void load_key(const std::uint8_t* key, std::size_t size, Groth16Verifier& verifier) {
  require_pointer(key, "key");
  if (size > kMaxBytes) throw Refusal(ASSAY_TOO_LARGE, "key: %zu bytes are above the limit of %zu", size, kMaxBytes);
  if (size < kFixedBytes + kG1Bytes || (size - kFixedBytes) % kG1Bytes != 0)
    throw Refusal(ASSAY_INVALID_LENGTH, "key: %zu bytes, but a key of k public inputs has %zu + %zu k: truncated?",
                  size, kFixedBytes + kG1Bytes, kG1Bytes);
  const std::size_t points = (size - kFixedBytes) / kG1Bytes;
  Words fixed, ic;
  require_ok(fixed.allocate(kFixedWords), "key");
  require_ok(ic.allocate(kG1Words * points), "key");
  std::uint64_t* next = load_g1(key, fixed.data());
  for (std::size_t i = 0; i < 3; ++i) next = load_g2(key + kG1Bytes + kG2Bytes * i, next);
  next = ic.data();
  for (std::size_t i = 0; i < points; ++i) next = load_g1(key + kFixedBytes + kG1Bytes * i, next);
  require_ok(verifier.prepare(fixed.data(), ic.data(), points - 1), "key");
}

Status load_proof(const std::uint8_t* bytes, bool compressed, std::uint64_t* words) noexcept {
  if (!compressed) {
    load_g1(bytes + kG1Bytes + kG2Bytes, load_g2(bytes + kG1Bytes, load_g1(bytes, words)));
    return Status::ok;
  }
  const auto decode = [](CurveGroup group, const std::uint8_t* from, std::uint64_t* to) {
    std::size_t bad = 0;
    return bn254_kernel().decode(group, PointForm::compressed, from, to, 1, &bad);
  };
  ASSAY_TRY(decode(CurveGroup::g1, bytes, words));
  ASSAY_TRY(decode(CurveGroup::g2, bytes + 32, words + kG1Words));
  return decode(CurveGroup::g1, bytes + 96, words + kG1Words + kG2Words);
}

// The verdict on each proof. Those that cannot be read are left out of the batch.
std::vector<Status> verify(const Groth16Verifier& verifier, const Rows& publics, const Rows& proofs) {
  const std::size_t n = proofs.count(), k = verifier.num_public();
  std::vector<Status> verdicts(n, Status::invalid_proof);
  std::vector<std::size_t> readable;
  Words words, scalars;
  require_ok(words.allocate(kProofWords * n), "proofs");
  require_ok(scalars.allocate(kScalarWords * k * n), "publics");
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t at = readable.size();
    verdicts[i] = load_proof(proofs[i], proofs.row_bytes() == kCompressedBytes, words.data() + kProofWords * at);
    if (verdicts[i] != Status::ok) continue;
    for (std::size_t j = 0; j < k; ++j)
      load_number(publics[k * i + j], kScalarBytes, scalars.data() + kScalarWords * (k * at + j), kScalarWords);
    readable.push_back(i);
  }
  if (readable.empty()) return verdicts;
  std::vector<Status> found(readable.size(), Status::invalid_proof);
  const Status status = verifier.verify_batch(scalars.data(), words.data(), readable.size(), found.data(), nullptr);
  if (status != Status::invalid_proof) require_ok(status, "proofs");
  for (std::size_t i = 0; i < readable.size(); ++i) verdicts[readable[i]] = found[i];
  return verdicts;
}

}  // namespace

extern "C" std::int32_t assay_groth16_verify(const std::uint8_t* key, std::size_t key_size, const assay_rows* publics,
                                             const assay_rows* proofs, std::int32_t* verdicts,
                                             std::size_t verdict_count, assay_error* error) {
  return guarded(error, [&] {
    const Rows proof_rows(proofs, "proofs"), public_rows(publics, "publics");
    if (verdicts == nullptr ? verdict_count != 0 : verdict_count != proof_rows.count())
      throw Refusal(ASSAY_INVALID_LENGTH, "verdicts: room for %zu, but there are %zu proofs", verdict_count,
                    proof_rows.count());
    std::fill_n(verdicts, verdict_count, ASSAY_INVALID_PROOF);
    if (proof_rows.count() == 0) throw Refusal(ASSAY_INVALID_LENGTH, "proofs: there is no proof to verify");
    if (proof_rows.row_bytes() != kProofBytes && proof_rows.row_bytes() != kCompressedBytes)
      throw Refusal(ASSAY_INVALID_LENGTH, "proofs: rows must have %zu bytes, or %zu compressed, got %zu", kProofBytes,
                    kCompressedBytes, proof_rows.row_bytes());
    public_rows.require_row_bytes(kScalarBytes);
    Groth16Verifier verifier;
    load_key(key, key_size, verifier);
    public_rows.require_count(checked_bytes(verifier.num_public(), proof_rows.count(), "publics"));

    const std::vector<Status> found = verify(verifier, public_rows, proof_rows);
    for (std::size_t i = 0; i < verdict_count; ++i) verdicts[i] = code_of(found[i]);
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i] != Status::ok)
        throw Refusal(ASSAY_INVALID_PROOF, "proof %zu of %zu: %s", i, found.size(), message(found[i]));
  });
}
