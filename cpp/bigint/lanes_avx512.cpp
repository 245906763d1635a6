#include "bigint/lanes_products.h"

namespace assay {
namespace {

// A group takes the time of 3.8 rows of level adx; of products, of 2.7 to 3.7.
std::size_t power_break_even(unsigned) noexcept { return 4; }
std::size_t multiply_break_even(unsigned) noexcept { return 4; }

}  // namespace

const LanesKernel kBigintAvx512 = {power_break_even,
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
