// The value of a result that a test cannot go on without; its error ends the test.
#pragma once

#include <stdexcept>

#include "base/error.h"

namespace slipway::test {

template <typename T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace slipway::test
