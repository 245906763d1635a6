#include "field/vector_kernel.h"

namespace assay {
const FieldVectorKernel kFieldVectorPortable = {field_vector::op, field_vector::dot_product,
                                                field_vector::mul_throughput};
}  // namespace assay
