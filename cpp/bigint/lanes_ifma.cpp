#include "bigint/lanes_power.h"

namespace assay {
namespace {

// By the count of instructions, two a cycle: a group takes 2.2 cycles where level avx512 takes 5.
std::size_t power_break_even(unsigned) noexcept { return 3; }
std::size_t multiply_break_even(unsigned) noexcept { return 3; }

}  // namespace

const LanesKernel kBigintIfma = {power_break_even,    multiply_break_even,       lanes::big::moduli_words,
                                 lanes::big::prepare, lanes::big::power_scratch, lanes::big::multiply_scratch,
                                 lanes::big::power,   lanes::big::multiply};
}  // namespace assay
