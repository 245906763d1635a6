#include "cpu/features.h"
#include "field/vector.h"

namespace assay {
namespace {

const FieldVectorKernel& kernel() noexcept {
#if defined(ASSAY_X86)
  switch (isa_level()) {
    case IsaLevel::ifma:
      return kFieldVectorIfma;
    case IsaLevel::avx512:
      return kFieldVectorAvx512;
    case IsaLevel::adx:
      return kFieldVectorAdx;
    default:
      break;
  }
#endif
  return kFieldVectorPortable;
}

}  // namespace

Status field_vector_op(FieldId field, FieldOp op, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                       std::size_t count) noexcept {
  return kernel().op(field, op, a, b, out, count);
}

Status field_dot(FieldId field, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out,
                 std::size_t terms) noexcept {
  return kernel().dot(field, a, b, out, terms);
}

Status field_mul_throughput(FieldId field, std::uint64_t* x, const std::uint64_t* y, std::size_t count,
                            std::size_t rounds) noexcept {
  return kernel().throughput(field, x, y, count, rounds);
}

}  // namespace assay
