// Uniform elements of Fr from the operating system's randomness.
#pragma once

#include "base/random.h"
#include "base/zeroize.h"
#include "field/fe.h"

ASSAY_ISA_BEGIN

// Uniform in [0, r) up to 2^-258: 512 random bits reduced.
inline Status random_scalar(Fr& out) noexcept {
  std::uint64_t bits[8];
  const ZeroizeGuard wipe(bits);
  ASSAY_TRY(random_bytes(bits, sizeof bits));
  out = Fr::from_limbs_reduce(bits) + Fr::from_limbs_reduce(bits + 4) * Fr::raw(Montgomery<Bn254FrParams>::r_squared);
  return Status::ok;
}

// The same, never zero.
inline Status random_nonzero_scalar(Fr& out) noexcept {
  do {
    ASSAY_TRY(random_scalar(out));
  } while (out.is_zero());
  return Status::ok;
}

ASSAY_ISA_END
