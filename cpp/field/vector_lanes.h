// The vector kernels in eight lanes (vector_avx512.cpp, vector_ifma.cpp). Square roots and inner products are those of
// the scalar level.
#pragma once

#include <algorithm>

#include "field/lanes/inverse.h"
#include "field/vector_kernel.h"

ASSAY_ISA_BEGIN
namespace field_vector {

// Up to kBlock elements, the last group filled up with zeros.
template <class F>
Status lanes_block(FieldOp op, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                   std::size_t n) noexcept {
  using P = typename F::Params;
  using L = lanes::Lanes<P>;
  constexpr std::size_t kRow = F::N * lanes::kLanes, kGroups = kBlock / lanes::kLanes;
  L x[kGroups], y[kGroups];
  const std::size_t groups = (n + lanes::kLanes - 1) / lanes::kLanes, whole = n / lanes::kLanes;
  const bool binary = is_binary(op);
  const auto load = [&](L& to, const std::uint64_t* from, std::size_t g) noexcept {
    std::uint64_t tail[kRow] = {};
    if (g == whole) std::copy(from + kRow * g, from + F::N * n, tail);
    return lanes::load_canonical(to, g == whole ? tail : from + kRow * g);
  };
  for (std::size_t g = 0; g < groups; ++g) {
    if (!load(x[g], a, g)) return Status::non_canonical;
    if (binary && !load(y[g], b, g)) return Status::non_canonical;
  }
  switch (op) {
    case FieldOp::add:
      for (std::size_t g = 0; g < groups; ++g) x[g] = carry(x[g] + y[g]);
      break;
    case FieldOp::sub:
      for (std::size_t g = 0; g < groups; ++g) x[g] = carry(x[g] - y[g] + lanes::multiple<P, 3>());
      break;
    case FieldOp::mul:
      for (std::size_t g = 0; g < groups; ++g) x[g] = mul(x[g], y[g]);
      break;
    case FieldOp::sqr:
      for (std::size_t g = 0; g < groups; ++g) x[g] = sqr(x[g]);
      break;
    case FieldOp::neg:
      for (std::size_t g = 0; g < groups; ++g) x[g] = carry(lanes::multiple<P, 3>() - x[g]);
      break;
    case FieldOp::inverse:
      lanes::batch_inverse_var(x, groups, y);
      break;
    case FieldOp::mul_add:
      for (std::size_t g = 0; g < groups; ++g) x[g] = mul_add(x[g], y[g], x[g], x[g]);
      break;
    case FieldOp::mul_sub:
      for (std::size_t g = 0; g < groups; ++g) x[g] = mul_add(x[g], y[g], carry(lanes::multiple<P, 3>() - y[g]), y[g]);
      break;
    default:
      return Status::out_of_range;
  }
  for (std::size_t g = 0; g < groups; ++g) {
    std::uint64_t tail[kRow];
    store_canonical(g == whole ? tail : out + kRow * g, x[g]);
    if (g == whole) std::copy_n(tail, F::N * n - kRow * g, out + kRow * g);
  }
  return Status::ok;
}

template <class F>
Status lanes_run(FieldOp op, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                 std::size_t count) noexcept {
  if (op == FieldOp::sqrt) return run<F>(op, a, b, out, count);
  return in_blocks(lanes_block<F>, op, a, b, out, count, F::N);
}

// y enters the form of lanes, so that x stays in Fe's.
template <class F>
Status lanes_throughput(std::uint64_t* x, const std::uint64_t* y, std::size_t count, std::size_t rounds) noexcept {
  using P = typename F::Params;
  using L = lanes::Lanes<P>;
  constexpr std::size_t kRow = F::N * lanes::kLanes, kGroups = kBlock / lanes::kLanes;
  const std::size_t whole = count / lanes::kLanes;
  ASSAY_TRY(parallel_for(whole, kGroups, [=](std::size_t begin, std::size_t end) noexcept {
    L fx[kGroups], fy[kGroups];
    for (std::size_t g = begin; g < end; ++g) {
      fx[g - begin] = lanes::load_rows<P>(x + kRow * g);
      fy[g - begin] = mul(lanes::load_rows<P>(y + kRow * g), L::raw(lanes::Radix52<P>::enter));
    }
    for (std::size_t k = 0; k < rounds; ++k)
      for (std::size_t g = 0; g < end - begin; ++g) fx[g] = mul(fx[g], fy[g]);
    for (std::size_t g = begin; g < end; ++g) store_rows(x + kRow * g, reduce(fx[g - begin]));
  }));
  return throughput<F>(x + kRow * whole, y + kRow * whole, count - lanes::kLanes * whole, rounds);
}

inline Status lanes_op(FieldId field, FieldOp which, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                       std::size_t count) noexcept {
  return field == FieldId::bn254_fp ? lanes_run<Fp>(which, a, b, out, count) : lanes_run<Fr>(which, a, b, out, count);
}
inline Status lanes_mul_throughput(FieldId field, std::uint64_t* x, const std::uint64_t* y, std::size_t count,
                                   std::size_t rounds) noexcept {
  return field == FieldId::bn254_fp ? lanes_throughput<Fp>(x, y, count, rounds)
                                    : lanes_throughput<Fr>(x, y, count, rounds);
}

}  // namespace field_vector
ASSAY_ISA_END
