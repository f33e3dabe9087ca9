// What surrounds a function in Lambda, for a desk: the Runtime API and the Extensions API for a sandbox, HTTP in front,
// and the Invoke API. One sandbox, so one invocation at a time, as for a function whose concurrency is one.
//
// What is not as in AWS: an answer is handed on when it is whole, also one that streams, and without its trailers; the
// sandbox is not frozen between invocations; nobody is asked who he is.
//
// Source of the wire format: as runtime.h; and the AWS Lambda API Reference, Invoke (2015-03-31).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "net/router.h"

namespace slipway::lambda {

struct Outcome {
    enum class End : unsigned char {
        answered,   // `body` is what the function gave
        streamed,   // so, as a stream
        failed,     // `body` is {"errorMessage", "errorType", …}
        too_large,  // the answer was
        timed_out,
        lost,  // the sandbox ended, or does not start
    };
    End end = End::lost;
    std::string body;
};

struct EmulatorOptions {
    std::string function;           // its name
    Milliseconds time_max{30'000};  // of one invocation
    // Called when an invocation took longer: the sandbox is to be killed, as Lambda does.
    std::function<void()> kill = {};
    // Called when the sandbox says that it cannot start, with its reason.
    std::function<void(const std::string& reason)> refused = {};
};

// Lives on one event loop: that of the server whose routes it adds.
class Emulator {
 public:
    explicit Emulator(EmulatorOptions options);
    ~Emulator();
    Emulator(const Emulator&) = delete;
    Emulator& operator=(const Emulator&) = delete;

    // For the sandbox, and POST /2015-03-31/functions/NAME/invocations.
    void add_apis(net::Router& router);
    // All other paths are HTTP requests for the function, which gets them as payload format 2.0. Without the headers of
    // CORS in its answers: they are the server's, which asks nobody about OPTIONS.
    void add_front(net::Router& router);

    asio::awaitable<Outcome> invoke(std::string payload);
    // From the loop. While there is none, who invokes is told so at once.
    void sandbox_began();
    void sandbox_ended();
    bool served() const { return served_; }  // the sandbox of now has asked for an invocation

 private:
    struct Waiting;
    asio::awaitable<net::Response> next();
    net::Response answer(net::Request& request, bool failed);
    net::Response refuse(const net::Request& request);
    net::Response register_extension();
    asio::awaitable<net::Response> front(net::Request& request);
    asio::awaitable<net::Response> invoke_api(net::Request& request);

    EmulatorOptions options_;
    bool alive_ = false, served_ = false;
    std::deque<std::shared_ptr<Waiting>> waiting_;
    std::map<std::string, std::shared_ptr<Waiting>> running_;
    std::shared_ptr<asio::steady_timer> asked_;  // the `next` that waits
};

}  // namespace slipway::lambda
