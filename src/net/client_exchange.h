// One request and its response on one connection.
#pragma once

#include <memory>
#include <string>

#include "net/client.h"
#include "net/client_pool.h"
#include "net/response_parser.h"

namespace slipway::net {

// Where a connection goes when its response has been read to the end.
struct IdleHome {
    std::shared_ptr<const void> owner;
    IdleLimits limits;
};

// The head of a request as it goes over the wire. `invalid` for a header that would break out of its line.
Result<std::string> serialize_head(const ClientRequest& request, const ClientRoute& route);

class ClientExchange final : public ClientResponse {
 public:
    ClientExchange(std::unique_ptr<ClientConnection> connection, const ClientRequest& request, const ClientRoute& route,
                   SteadyTime total_end, IdleHome home, asio::any_io_executor executor);

    // Sends the request and reads the head of the response.
    Task<void> begin(std::string head, std::string body);
    // After a failed begin(): nothing of the request was taken by the peer's machine, or nothing at all came back.
    bool nothing_sent() const { return sent_ == 0; }
    bool nothing_received() const { return !received_any_; }

    Task<std::optional<std::string>> read_some() override;

 private:
    Task<void> send(std::string_view bytes);
    // Reads and feeds the parser.
    Task<void> receive(Milliseconds limit, std::string_view phase);
    Task<void> receive_encrypted(Milliseconds limit, std::string_view phase);
    Result<void> read_arrived(boost::system::error_code error, Milliseconds limit, std::string_view phase);
    Result<void> arrived(boost::system::error_code error, std::string_view bytes, Milliseconds limit,
                         std::string_view phase);
    // Feeds the parser.
    void take(std::string_view bytes, std::string_view phase);
    // The next piece, the end or the error, as far as they are known without reading on.
    bool has_news() const { return parser_.has_body() || error_ || parser_.done() || !connection_; }
    Result<std::optional<std::string>> news();
    void arm(Milliseconds limit);
    std::unexpected<Error> failed(ErrorCode code, std::string_view phase, std::string_view what);
    std::unexpected<Error> broken(boost::system::error_code error, Milliseconds limit, std::string_view phase);
    // Gives the connection back, or closes it.
    void finish();

    std::unique_ptr<ClientConnection> connection_;
    Deadline deadline_;
    asio::any_io_executor executor_;
    ResponseParser parser_;
    ClientTimeouts timeouts_;
    SteadyTime total_end_;
    IdleHome home_;
    std::string host_;
    std::string unread_;  // received, not yet used by the parser
    std::size_t sent_ = 0;
    bool received_any_ = false;
    bool reusable_ = true;
    std::optional<Error> error_;  // every read_some() after a failed one says the same
};

}  // namespace slipway::net
