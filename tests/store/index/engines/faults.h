// What fault tests of remote indexes share.
#pragma once

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "store/index/index.h"

namespace slipway::test {

inline const WorkspaceId kWorkspace{"w"};

template <typename T>
T must(Task<T> task) {
    auto result = run_to_end(std::move(task));
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Of a call that fails, and shows no password.
template <typename T>
Error error_of(Task<T> task) {
    auto result = run_to_end(std::move(task));
    if (result) throw std::runtime_error("it succeeded");
    EXPECT_FALSE(result.error().message.contains("hunter2")) << result.error().message;
    return std::move(result).error();
}

inline std::vector<store::Passage> some_passages(std::size_t count) {
    std::vector<store::Passage> made;
    for (std::size_t i = 0; i < count; ++i)
        made.push_back({.id = fmt::format("p{:04}", i), .text = "water", .vector = store::Vector{1, 2}});
    return made;
}

inline std::string fresh_collection(store::Index& index) {
    auto name = "faults-" + new_id();
    must(index.ensure(name, {.dimension = 2}));
    return name;
}

}  // namespace slipway::test
