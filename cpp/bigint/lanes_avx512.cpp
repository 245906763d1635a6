#include "bigint/lanes_products.h"

namespace assay {
namespace {

// A group takes the time of 3.8 rows of level adx; of products, of 2.7 to 3.7.
std::size_t break_even(unsigned) noexcept { return 4; }

}  // namespace

constexpr LanesKernel kBigintAvx512 = lanes::big::kernel<lanes::big::Arithmetic>(break_even, break_even);
constexpr LanesKernel kBigintSquaresAvx512 = lanes::big::kernel<lanes::big::SquareArithmetic>(break_even, break_even);

}  // namespace assay
