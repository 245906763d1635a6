// Whole-vector field operations behind the run-time dispatch: what tests and benchmarks call, and what crosses to
// Python.
//
// Elements are canonical integers of four little-endian limbs. out may be one of the inputs. non_canonical if an input
// is not below the modulus (out is then unspecified). Threads: the pool's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace assay {

enum class FieldId : int { bn254_fp = 0, bn254_fr = 1 };
// mul_add is a b + a a and mul_sub a b - b b: the forms with one reduction, for tests.
enum class FieldOp : int {
  add = 0,
  sub = 1,
  mul = 2,
  sqr = 3,
  neg = 4,
  inverse = 5,
  sqrt = 6,
  mul_add = 7,
  mul_sub = 8
};

constexpr bool is_binary(FieldOp op) noexcept {
  return op == FieldOp::add || op == FieldOp::sub || op == FieldOp::mul || op == FieldOp::mul_add ||
         op == FieldOp::mul_sub;
}

// b is ignored by the unary operations. inverse maps 0 to 0; sqrt answers no_square_root if any element has none.
Status field_vector_op(FieldId field, FieldOp op, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                       std::size_t count) noexcept;

// The inner product of `terms` pairs by field/dot.h: a, b [terms, 4], out [4]. out_of_range unless 1 <= terms <= 17.
Status field_dot(FieldId field, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                 std::size_t terms) noexcept;

// `rounds` times x_i <- x_i y_i over `count` independent elements that stay in Montgomery form: the multiplier alone,
// for benchmarks.
Status field_mul_throughput(FieldId field, std::uint64_t* x, const std::uint64_t* y, std::size_t count,
                            std::size_t rounds) noexcept;

struct FieldVectorKernel {
  Status (*op)(FieldId, FieldOp, const std::uint64_t*, const std::uint64_t*, std::uint64_t*, std::size_t) noexcept;
  Status (*dot)(FieldId, const std::uint64_t*, const std::uint64_t*, std::uint64_t*, std::size_t) noexcept;
  Status (*throughput)(FieldId, std::uint64_t*, const std::uint64_t*, std::size_t, std::size_t) noexcept;
};
extern const FieldVectorKernel kFieldVectorPortable;
#if defined(ASSAY_X86)
extern const FieldVectorKernel kFieldVectorAdx, kFieldVectorAvx512, kFieldVectorIfma;
#endif

}  // namespace assay
