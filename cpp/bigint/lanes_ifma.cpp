#include "bigint/lanes_products.h"

namespace assay {
namespace {

// By the count of instructions, two a cycle: a group takes 2.2 cycles where level avx512 takes 5.
std::size_t power_break_even(unsigned) noexcept { return 3; }
std::size_t multiply_break_even(unsigned) noexcept { return 3; }

}  // namespace

const LanesKernel kBigintIfma = {power_break_even,
                                 multiply_break_even,
                                 lanes::big::moduli_words,
                                 lanes::big::prepare,
                                 lanes::big::power_scratch,
                                 lanes::big::multiply_scratch,
                                 lanes::big::power,
                                 lanes::big::multiply,

                                 lanes::big::fixed_base_scratch,
                                 lanes::big::short_products_scratch,
                                 lanes::big::fixed_base,
                                 lanes::big::short_products};
}  // namespace assay
