// Compiled with -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma (CMakeLists.txt).
#if defined(__x86_64__)
#define SLIPWAY_KERNELS avx512
#define SLIPWAY_KERNELS_NAME "avx512"
#define SLIPWAY_WIDTH 16
#define SLIPWAY_ROWS 12
#include "model/encoder/kernels_body.h"
#endif
