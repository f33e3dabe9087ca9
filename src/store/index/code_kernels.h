// The product of a question's codes and a vector's (vector_codes.h), once per instruction set; code_product() chooses
// by what this processor has. Nothing here allocates or blocks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway::store {

inline constexpr std::size_t kCodeLanes = 64;  // sizes are multiples of it

// The sum of question[i] · vector[i]; |question[i]| at most 8191, |vector[i]| at most 127.
using CodeProduct = std::int64_t (*)(const std::int16_t* question, const std::int8_t* vector, std::size_t size);

// The same for the life of the process.
CodeProduct code_product();

// For tests: all that this processor can run, the portable one first.
struct CodeProducts {
    CodeProduct all[3] = {};
    std::size_t count = 0;
};
CodeProducts code_products();

}  // namespace slipway::store
