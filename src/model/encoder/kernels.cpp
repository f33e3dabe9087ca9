#include "model/encoder/kernels.h"

namespace slipway::model::encoder {

namespace portable {
extern const Kernels set;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels set;
}
namespace avx512 {
extern const Kernels set;
}
#endif

KernelSets all_kernels() {
    KernelSets result;
    result.sets[result.count++] = &portable::set;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) result.sets[result.count++] = &avx2::set;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        result.sets[result.count++] = &avx512::set;
#endif
    return result;
}

const Kernels& kernels() {
    static const KernelSets sets = all_kernels();
    return *sets.sets[sets.count - 1];
}

}  // namespace slipway::model::encoder
