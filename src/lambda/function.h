// A server as a function of AWS Lambda: each invocation that is an HTTP event becomes a request to the server inside
// this process (net::Server::connect()), so it meets the same routes, limits and errors as one over the network, and
// its answer goes back as the event's sender wants it.
//
// Freezing. Between two invocations the sandbox may stand still for minutes or hours. Nothing here counts time while it
// waits, and no connection to the server outlives its request. What the server keeps open (to a database) is its pool's
// matter, which looks before it gives something out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lambda/event.h"
#include "net/server.h"

namespace slipway::lambda {

struct FunctionOptions {
    std::string runtime_api;  // AWS_LAMBDA_RUNTIME_API
    // Answers are given as streams: for function URLs with RESPONSE_STREAM and REST APIs with transfer mode STREAM. Who
    // is set up otherwise would get the stream's framing as the body.
    bool streams = false;
    // What is answered when the server inside has no answer in time.
    net::ErrorRenderer render_error;
    // Does what the messages ask for, in at most this time; the ids of those that are to come again. After an error
    // all come again. Empty: messages are refused.
    std::function<Task<std::vector<std::string>>(std::vector<MessageRecord>, Milliseconds)> take_messages;
    // So long before the deadline, or a tenth of the time that is left where that is less, what runs is cancelled.
    Milliseconds margin{500};
};

// Serves one invocation after the other until SIGTERM or SIGINT. Blocks. `invalid` for a wrong runtime_api;
// `unavailable` and `upstream` when the Runtime API is lost, after which Lambda starts a new process.
Result<void> run_function(net::Server& server, FunctionOptions options);

// Tells Lambda that this process cannot start, and why.
Result<void> refuse_to_start(const std::string& runtime_api, const Error& error);

}  // namespace slipway::lambda
