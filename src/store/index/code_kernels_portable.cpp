#define SLIPWAY_CODE_KERNELS portable
#include "store/index/code_kernels_body.h"
