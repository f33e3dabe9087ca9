// One HTTP/1.1 connection as a client has it, request by request: to the Runtime API, which may take hours to answer
// and is given bodies whose length is not known yet; and to the server inside this process. The pooled client
// (net/client.h) has time limits for each phase, and knows neither trailers nor such bodies.
//
// One coroutine at a time, on the executor. Errors are `upstream` (the peer, which the message calls `peer`, closed or
// spoke nonsense) and `unavailable` (not reached).
#pragma once

#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/task.h"
#include "net/response_parser.h"

namespace slipway::lambda {

class HttpLine {
 public:
    HttpLine(const asio::any_io_executor& executor, std::string peer);

    // Takes the first endpoint that answers; a connection that was open is closed.
    Task<void> connect(std::vector<asio::ip::tcp::endpoint> endpoints);
    // Takes the descriptor of a connected Unix socket.
    Result<void> adopt(int descriptor);
    bool is_open() const { return socket_.is_open(); }
    void close();

    Task<void> send(std::string bytes);
    // The head of the next response; then status(), headers() and read_some() are its.
    Task<void> read_head(bool without_body = false);
    int status() const { return parser_->status(); }
    net::Headers& headers() { return parser_->headers(); }
    // The next part of the body; empty at its end. The connection is closed there unless it can be used again.
    Task<std::string> read_some();
    // All that is left; `invalid` when it is more.
    Task<std::string> read_all(std::size_t bytes_max);

 private:
    Task<bool> fill();  // false: the peer closed

    asio::basic_stream_socket<asio::generic::stream_protocol> socket_;
    std::string peer_;
    std::string input_;  // received and not parsed yet
    std::optional<net::ResponseParser> parser_;
};

}  // namespace slipway::lambda
