// Compiled with -mavx2 -mfma (CMakeLists.txt).
#if defined(__x86_64__)
#define SLIPWAY_KERNELS avx2
#define SLIPWAY_KERNELS_NAME "avx2"
#define SLIPWAY_WIDTH 8
#define SLIPWAY_ROWS 3
#include "model/encoder/kernels_body.h"
#endif
