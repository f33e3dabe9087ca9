// Compiled for its instruction set (cmake/kernels.cmake).
#if defined(__x86_64__)
#define SLIPWAY_CODE_KERNELS avx512
#include "store/index/code_kernels_body.h"
#endif
