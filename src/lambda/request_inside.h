// One request to the server inside this process, over a connection of its own.
#pragma once

#include "lambda/event.h"
#include "lambda/http_line.h"
#include "net/server.h"

namespace slipway::lambda {

// Destroying it before the body ended is a client that hangs up: the handler is cancelled.
class RequestInside {
 public:
    RequestInside(net::Server& server, const asio::any_io_executor& executor)
        : server_(server), line_(executor, "The server inside this process") {}

    // Sends the request and reads the head of its answer.
    Task<void> begin(const HttpEvent& event);
    int status() const { return line_.status(); }
    net::Headers& headers() { return line_.headers(); }
    // The next part of the body; empty at its end.
    Task<std::string> read_some() { return line_.read_some(); }
    Task<std::string> read_all(std::size_t bytes_max) { return line_.read_all(bytes_max); }

 private:
    net::Server& server_;
    HttpLine line_;
};

// The text of the request as it is sent.
std::string request_text(const HttpEvent& event);

}  // namespace slipway::lambda
