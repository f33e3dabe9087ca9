// The Runtime API of AWS Lambda, as a custom runtime speaks it: takes one invocation after the other, and gives each
// its answer, whole or as a stream, or says that it failed.
//
// Source of the wire format: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" (version
// 2018-06-01), "Building a custom runtime" (response streaming) and "Using the Lambda Extensions API" (2020-01-01).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "lambda/http_line.h"
#include "net/resolver.h"

namespace slipway::lambda {

// Both ways, as Lambda counts them for what is not a stream.
inline constexpr std::size_t kPayloadBytesMax = 6 << 20;

// AWS_LAMBDA_RUNTIME_API: host:port, with emulators also host:port/path.
struct RuntimePlace {
    std::string host, path;
    std::uint16_t port = 0;

    static Result<RuntimePlace> parse(std::string_view text);
};

struct Invocation {
    std::string id, trace_id;
    Instant deadline;  // then Lambda kills this process
    std::string payload;
};

// Shown in the log of the function and to who invoked it: never what the payload held.
struct Failure {
    std::string type;  // "Slipway.UnknownEvent"
    std::string message;
};

// On one executor; one call at a time. All calls are `unavailable` when the API cannot be reached, and `upstream` when
// it refuses or speaks nonsense.
class Runtime {
 public:
    Runtime(RuntimePlace place, const asio::any_io_executor& executor);

    // Waits as long as there is none: the process is frozen meanwhile.
    Task<Invocation> next();
    // `body` is JSON. More than kPayloadBytesMax is refused by Lambda.
    Task<void> respond(const std::string& id, std::string body);
    Task<void> fail_invocation(const std::string& id, Failure failure);
    // The process is to end after this.
    Task<void> fail_start(Failure failure);

    // A stream: begin, then write, then end or break_off, which tells the reader that what it has is not all.
    Task<void> begin(const std::string& id, std::string first);
    Task<void> write(std::string bytes);
    Task<void> end();
    Task<void> break_off(Failure failure);

 private:
    // One request, once more on a fresh connection when a kept one turns out to be dead.
    Task<void> ask(std::string request);
    Task<void> post(std::string path, std::string headers, std::string body);
    Task<void> expect(int status, std::string_view what);

    RuntimePlace place_;
    net::Resolver resolver_;
    HttpLine line_;
};

// An extension inside this process, without events: for its sake Lambda sends SIGTERM before it ends the sandbox, and
// waits a moment (500 ms).
class Extension {
 public:
    Extension(RuntimePlace place, const asio::any_io_executor& executor);

    // Before the first Runtime::next(), after which none can join any more. `unavailable` or `upstream` where there is
    // no such API, as in emulators: then nothing is lost but the signal.
    Task<void> join();
    // Lambda begins no work until each extension waits. Returns when it is cancelled, or Lambda has no use for it.
    asio::awaitable<void> wait();

 private:
    RuntimePlace place_;
    net::Resolver resolver_;
    HttpLine line_;
    std::string id_;
};

}  // namespace slipway::lambda
