#include "field/vector_lanes.h"

namespace assay {
const FieldVectorKernel kFieldVectorAvx512 = {field_vector::lanes_op, field_vector::dot_product,
                                              field_vector::lanes_mul_throughput};
}  // namespace assay
