#include "bigint/lanes_products.h"

namespace assay {
namespace {

// By the count of instructions, two a cycle: a group takes 2.2 cycles where level avx512 takes 5.
std::size_t break_even(unsigned) noexcept { return 3; }

}  // namespace

constexpr LanesKernel kBigintIfma = lanes::big::kernel<lanes::big::Arithmetic>(break_even, break_even);
constexpr LanesKernel kBigintSquaresIfma = lanes::big::kernel<lanes::big::SquareArithmetic>(break_even, break_even);

}  // namespace assay
