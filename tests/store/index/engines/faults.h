// What fault tests of remote indexes share.
#pragma once

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "engines/proxy.h"
#include "store/check.h"
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

// The engine behind the proxy takes no more connections for a while.
inline void expect_told_while_no_connection_is_free(store::Index& index, Proxy& proxy) {
    const auto name = fresh_collection(index);
    must(index.upsert(kWorkspace, name, some_passages(3)));
    proxy.refuse(true);
    proxy.cut();
    // Closed at once, or after it was asked: then it might have been done.
    for (const auto& error :
         {error_of(index.count(kWorkspace, name, {})), error_of(index.upsert(kWorkspace, name, some_passages(5)))})
        EXPECT_TRUE(error.code == ErrorCode::unavailable || error.code == ErrorCode::upstream) << error.message;
    proxy.refuse(false);
    EXPECT_EQ(must(index.count(kWorkspace, name, {})), 3U) << "without a restart";
    must(index.drop(name));
}

// Of many at once those are told that are more than RemoteOptions::requests_max.
inline void expect_more_than_its_limit_is_told(store::Index& index, std::size_t limit) {
    const auto name = fresh_collection(index);
    const auto ask = [&]() -> Task<void> {
        SLIPWAY_CO_CHECK(co_await index.count(kWorkspace, name, {}));
        co_return Result<void>();
    };
    std::vector<Task<void>> tasks;
    for (std::size_t i = 0; i < 10 * limit; ++i) tasks.push_back(ask());
    std::size_t answered = 0;
    for (const auto& result : run_to_end(all_of(std::move(tasks)))) {
        if (result) ++answered;
        if (!result) EXPECT_EQ(result.error().code, ErrorCode::unavailable) << result.error().message;
    }
    EXPECT_GE(answered, limit);
    EXPECT_LT(answered, 10 * limit);
    must(index.drop(name));
}

// What was written is read, and nothing is changed.
template <typename Allow>
void expect_read_only_is_told(store::Index& writer, store::Index& index, const Allow& allow) {
    const auto name = fresh_collection(writer);
    must(writer.upsert(kWorkspace, name, some_passages(3)));
    allow(false);
    for (const auto& error : {error_of(index.upsert(kWorkspace, name, some_passages(5))),
                              error_of(index.erase(kWorkspace, name, {"p0000"}))})
        EXPECT_TRUE(error.code == ErrorCode::unavailable || error.code == ErrorCode::upstream) << error.message;
    EXPECT_EQ(must(index.search(kWorkspace, name, {.text = "water"})).size(), 3U);
    allow(true);
    must(writer.upsert(kWorkspace, name, some_passages(5)));
    EXPECT_EQ(must(index.count(kWorkspace, name, {})), 5U);
    must(writer.drop(name));
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
