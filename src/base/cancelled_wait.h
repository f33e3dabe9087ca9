// Makes the frames of coroutines smaller. Asio's co_await throws when its coroutine was cancelled; the code for that
// stands inside every co_await, and leaves an error_code in every frame. With this overload, which is a better match
// for what Asio calls, it is one call. To be included before boost/asio/awaitable.hpp, so everywhere:
// base/precompiled.h and base/task.h do.
#pragma once

#include <boost/asio/error.hpp>

namespace boost::asio::detail {

[[noreturn]] void throw_error(error::basic_errors error, const char* location);

}  // namespace boost::asio::detail
