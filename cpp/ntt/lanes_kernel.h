// The table of lane kernels of one level, over Fr of BN254.
#pragma once

#include "ntt/lanes_transform.h"
#include "ntt/ntt.h"

#define ASSAY_NTT_LANES_KERNEL \
  {{ntt::roots_words, ntt::lane_roots}, ntt::lane_forward, ntt::lane_inverse, ntt::lane_extend_odd}
