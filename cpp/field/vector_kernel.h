// The body of the vector kernels, compiled once for each level (vector_portable.cpp, vector_adx.cpp).
#pragma once

#include <algorithm>
#include <atomic>

#include "field/dot.h"
#include "field/fe.h"
#include "field/roots.h"
#include "field/vector.h"
#include "parallel/pool.h"

ASSAY_ISA_BEGIN
namespace field_vector {

constexpr std::size_t kBlock = 256;

template <class F>
Status block(FieldOp op, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out, std::size_t n) noexcept {
  constexpr std::size_t N = F::N;
  F x[kBlock], y[kBlock];
  const bool binary = is_binary(op);
  for (std::size_t i = 0; i < n; ++i) {
    ASSAY_TRY(F::from_limbs(x[i], a + N * i));
    if (binary) ASSAY_TRY(F::from_limbs(y[i], b + N * i));
  }
  switch (op) {
    case FieldOp::add:
      for (std::size_t i = 0; i < n; ++i) x[i] += y[i];
      break;
    case FieldOp::sub:
      for (std::size_t i = 0; i < n; ++i) x[i] -= y[i];
      break;
    case FieldOp::mul:
      for (std::size_t i = 0; i < n; ++i) x[i] *= y[i];
      break;
    case FieldOp::sqr:
      for (std::size_t i = 0; i < n; ++i) x[i] = sqr(x[i]);
      break;
    case FieldOp::neg:
      for (std::size_t i = 0; i < n; ++i) x[i] = -x[i];
      break;
    case FieldOp::inverse:
      batch_inverse_var(x, n, y);
      break;
    case FieldOp::sqrt:
      for (std::size_t i = 0; i < n; ++i) ASSAY_TRY(sqrt_var(x[i], x[i]));
      break;
    case FieldOp::mul_add:
      for (std::size_t i = 0; i < n; ++i) x[i] = mul_add(x[i], y[i], x[i], x[i]);
      break;
    case FieldOp::mul_sub:
      for (std::size_t i = 0; i < n; ++i) x[i] = mul_sub(x[i], y[i], y[i], y[i]);
      break;
    default:
      return Status::out_of_range;
  }
  for (std::size_t i = 0; i < n; ++i) x[i].to_limbs(out + N * i);
  return Status::ok;
}

// body(op, a, b, out, n) over the elements in blocks, on all threads
template <class Body>
Status in_blocks(Body* body, FieldOp op, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                 std::size_t count, std::size_t words) noexcept {
  std::atomic<int> failed{static_cast<int>(Status::ok)};
  ASSAY_TRY(parallel_for(count, kBlock, [&](std::size_t begin, std::size_t end) noexcept {
    const Status status =
        body(op, a + words * begin, b ? b + words * begin : nullptr, out + words * begin, end - begin);
    if (status != Status::ok) failed.store(static_cast<int>(status), std::memory_order_relaxed);
  }));
  return static_cast<Status>(failed.load());
}

template <class F>
Status run(FieldOp op, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out, std::size_t count) noexcept {
  return in_blocks(block<F>, op, a, b, out, count, F::N);
}

template <class F>
Status throughput(std::uint64_t* x, const std::uint64_t* y, std::size_t count, std::size_t rounds) noexcept {
  F* fx = reinterpret_cast<F*>(x);
  const F* fy = reinterpret_cast<const F*>(y);
  return parallel_for(count, kBlock, [&](std::size_t begin, std::size_t end) noexcept {
    for (std::size_t k = 0; k < rounds; ++k)
      for (std::size_t i = begin; i < end; ++i) fx[i] *= fy[i];
  });
}

template <class F>
Status dot_of(const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out, std::size_t terms) noexcept {
  F x[kDotMax], y[kDotMax];
  if (terms < 1 || terms > kDotMax) return Status::out_of_range;
  for (std::size_t i = 0; i < terms; ++i) {
    ASSAY_TRY(F::from_limbs(x[i], a + F::N * i));
    ASSAY_TRY(F::from_limbs(y[i], b + F::N * i));
  }
  dot(x, y, terms).to_limbs(out);
  return Status::ok;
}

inline Status dot_product(FieldId field, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                          std::size_t terms) noexcept {
  return field == FieldId::bn254_fp ? dot_of<Fp>(a, b, out, terms) : dot_of<Fr>(a, b, out, terms);
}
inline Status op(FieldId field, FieldOp which, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                 std::size_t count) noexcept {
  return field == FieldId::bn254_fp ? run<Fp>(which, a, b, out, count) : run<Fr>(which, a, b, out, count);
}
inline Status mul_throughput(FieldId field, std::uint64_t* x, const std::uint64_t* y, std::size_t count,
                             std::size_t rounds) noexcept {
  return field == FieldId::bn254_fp ? throughput<Fp>(x, y, count, rounds) : throughput<Fr>(x, y, count, rounds);
}

}  // namespace field_vector
ASSAY_ISA_END
