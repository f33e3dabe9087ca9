// Included by one file per instruction set, which says the namespace; the compiler makes the instructions of it.
// Nothing inline of others is used: the linker might give that to those whose processor lacks the instructions.
#include "store/index/code_kernels.h"

namespace slipway::store::SLIPWAY_CODE_KERNELS {
namespace {

// So many products of the largest codes still fit into 32 bits.
constexpr std::size_t kSummed = 1024;

std::int64_t product_of(const std::int16_t* question, const std::int8_t* vector, std::size_t size) {
    std::int64_t sum = 0;
    for (std::size_t begin = 0; begin < size; begin += kSummed) {
        const auto end = size - begin < kSummed ? size : begin + kSummed;
        std::int32_t part = 0;
        for (std::size_t i = begin; i < end; ++i)
            part += static_cast<std::int32_t>(question[i]) * static_cast<std::int32_t>(vector[i]);
        sum += part;
    }
    return sum;
}

}  // namespace

extern const CodeProduct code_product;
const CodeProduct code_product = product_of;

}  // namespace slipway::store::SLIPWAY_CODE_KERNELS
