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

// Where nobody listens.
inline void expect_told_at_once(store::Index& index) {
    for (const auto& error : {error_of(index.status()), error_of(index.ensure("c", {})),
                              error_of(index.upsert(kWorkspace, "c", {{.id = "a", .text = "b"}})),
                              error_of(index.search(kWorkspace, "c", {.text = "b"}))}) {
        EXPECT_EQ(error.code, ErrorCode::unavailable) << error.message;
        EXPECT_TRUE(error.message.contains("127.0.0.1")) << error.message;
    }
}

// Two processes, each with an adapter of its own.
inline void expect_renewed_is_found_again(store::Index& one, store::Index& other) {
    const auto name = fresh_collection(one);
    must(one.upsert(kWorkspace, name, some_passages(3)));
    EXPECT_EQ(must(other.count(kWorkspace, name, {})), 3U);
    must(one.renew(name, {.dimension = 3}));
    EXPECT_EQ(must(other.count(kWorkspace, name, {})), 0U);
    must(other.renew(name, {.dimension = 2}));
    must(one.upsert(kWorkspace, name, some_passages(2)));
    EXPECT_EQ(must(other.search(kWorkspace, name, {.vector = store::Vector{1, 2}})).size(), 2U);
    must(one.drop(name));
    EXPECT_EQ(error_of(other.upsert(kWorkspace, name, some_passages(2))).code, ErrorCode::not_found);
    EXPECT_EQ(error_of(other.search(kWorkspace, name, {.text = "water"})).code, ErrorCode::not_found);
}

}  // namespace slipway::test
