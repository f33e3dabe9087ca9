// Templates of base/task.h.
#pragma once

#include <exception>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

namespace slipway {

template <typename T>
T run_to_end(asio::awaitable<T> task) {
    asio::io_context loop(1);
    std::exception_ptr thrown;
    if constexpr (std::is_void_v<T>) {
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) { thrown = error; });
        loop.run();
        if (thrown) std::rethrow_exception(thrown);
    } else {
        std::optional<T> value;
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
            thrown = error;
            if (!error) value.emplace(std::move(result));
        });
        loop.run();
        if (thrown) std::rethrow_exception(thrown);
        return std::move(*value);
    }
}

// The result of `task`, or `unavailable` with `what` in the message once `limit` has passed; the task is cancelled
// then.
template <typename T>
Task<T> with_timeout(Task<T> task, Milliseconds limit, std::string what) {
    std::optional<Result<T>> result;
    auto work = store_in(result, std::move(task));
    const auto stop = std::make_shared<Stop>();
    Stop::ask_after(stop, co_await asio::this_coro::executor, limit);
    co_await run_until(stop, std::move(work));
    if (!stop->asked()) co_return *std::move(result);
    if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "{} was cancelled.", what);
    co_return fail(ErrorCode::unavailable, "{} took longer than {} ms and was stopped.", what, limit.count());
}

}  // namespace slipway
