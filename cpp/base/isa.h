// The inline namespace of the instruction-set level a file is compiled for.
//
// Arithmetic is header-only and is compiled once for each level, into files named after it (*_portable.cpp, *_adx.cpp,
// *_avx512.cpp, *_ifma.cpp). Each level lives in an inline namespace of its own, so that assay::Fp in one file is
// assay::portable::Fp and in another assay::adx::Fp: the linker can never merge code built with different flags. Only
// plain data (uint64_t*) crosses between levels, through a table of functions chosen once at run time (cpu/).
#pragma once

#ifndef ASSAY_ISA
#define ASSAY_ISA portable
#endif

#define ASSAY_ISA_BEGIN \
  namespace assay {     \
  inline namespace ASSAY_ISA {
#define ASSAY_ISA_END \
  }                   \
  }
