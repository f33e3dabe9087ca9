#include "store/index/code_kernels.h"

namespace slipway::store {

namespace portable {
extern const CodeProduct code_product;
}
#if defined(__x86_64__)
namespace avx2 {
extern const CodeProduct code_product;
}
namespace avx512 {
extern const CodeProduct code_product;
}
#endif

CodeProducts code_products() {
    CodeProducts products;
    products.all[products.count++] = portable::code_product;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) products.all[products.count++] = avx2::code_product;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        products.all[products.count++] = avx512::code_product;
#endif
    return products;
}

CodeProduct code_product() {
    static const auto products = code_products();
    return products.all[products.count - 1];
}

}  // namespace slipway::store
