// SSE2 on x86-64 and NEON on ARM: what every machine of the kind has.
#define SLIPWAY_KERNELS portable
#define SLIPWAY_KERNELS_NAME "portable"
#define SLIPWAY_WIDTH 4
#if defined(__aarch64__)
#define SLIPWAY_ROWS 3
#else
#define SLIPWAY_ROWS 1
#endif
#include "model/encoder/kernels_body.h"
