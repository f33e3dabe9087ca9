// For conformance suites: a failed expectation is an error that says what was expected, so that a suite can be run
// against broken adapters as well.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/task.h"

namespace slipway::test {

inline Result<void> expect(bool holds, std::string_view what) {
    if (holds) return {};
    return fail(ErrorCode::internal, "expected: {}", what);
}

inline Result<void> expect_error(const Result<void>& result, ErrorCode code, std::string_view what) {
    if (result) return fail(ErrorCode::internal, "expected {} for: {}; it succeeded", to_string(code), what);
    if (result.error().code == code) return {};
    return fail(ErrorCode::internal, "expected {} for: {}; got {}: {}", to_string(code), what,
                to_string(result.error().code), result.error().message);
}

template <typename T>
Result<void> expect_error(const Result<T>& result, ErrorCode code, std::string_view what) {
    return expect_error(result ? Result<void>() : Result<void>(std::unexpected(result.error())), code, what);
}

inline Result<void> first_failure(const std::vector<Result<void>>& results) {
    for (const auto& result : results) {
        if (!result) return result;
    }
    return {};
}

// Runs all at once on the loop of the caller; the results are in the same order.
inline asio::awaitable<std::vector<Result<void>>> all_of(std::vector<Task<void>> tasks) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer ended(executor, std::chrono::hours(24));
    std::vector<Result<void>> results(tasks.size());
    std::size_t left = tasks.size();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        auto on_end = [&, i](std::exception_ptr thrown, Result<void> result) {
            results[i] = std::move(result);
            if (thrown) results[i] = fail(ErrorCode::internal, "An exception reached the caller.");
            if (--left == 0) ended.cancel();
        };
        asio::co_spawn(executor, std::move(tasks[i]), on_end);
    }
    if (left > 0) co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return results;
}

// nullopt when the check holds.
inline std::optional<std::string> failure_of_check(std::string_view name, Task<void> check) {
    try {
        const auto result = run_to_end(std::move(check));
        if (!result) return fmt::format("{}: {}", name, result.error().message);
    } catch (const std::exception& error) {
        return fmt::format("{}: exception {}", name, error.what());
    }
    return std::nullopt;
}

}  // namespace slipway::test
