// 1 / D from below, to any precision.
//
//   y <- y + y (1 - D y)  takes an error e = 1/D - y to D e^2:  the words of y double, less one for what is cut off
//
// Source: Newton; Brent, Zimmermann, Modern Computer Arithmetic, section 3.4.1, with a margin of kReciprocalMargin
// units of the last word instead of an exact rounding: each step cuts D, D y and the correction to the new precision,
// which costs less than 9 units together with e^2, and then takes 16 off, so that the next y is below 1/D again.
// Variable time. Cost: three products of the full length, if a product of half the length costs a third.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"

namespace assay {

constexpr unsigned kReciprocalMargin = 32;

// y[0, precision + 1) <- Y with 0 < B^precision / D - Y <= 32, for D = d / B^n in [1/2, 1), B = 2^64: the top bit of d
// is set (out_of_range). precision >= 1; y overlaps nothing.
Status natural_reciprocal_var(std::uint64_t* y, std::size_t precision, const std::uint64_t* d, std::size_t n) noexcept;

}  // namespace assay
