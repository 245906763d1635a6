#include "bigint/lanes_power.h"

namespace assay {
namespace {

// A group takes the time of 4.6 to 5.3 rows of level adx; of products, of 2.2 to 3.3.
std::size_t power_break_even(unsigned) noexcept { return 6; }
std::size_t multiply_break_even(unsigned) noexcept { return 4; }

}  // namespace

const LanesKernel kBigintAvx512 = {power_break_even,    multiply_break_even,       lanes::big::moduli_words,
                                   lanes::big::prepare, lanes::big::power_scratch, lanes::big::multiply_scratch,
                                   lanes::big::power,   lanes::big::multiply};
}  // namespace assay
