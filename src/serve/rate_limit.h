// server.rate_limit: how many requests who may make.
//
// A request counts for the user whose access token it bears, else for its address (of IPv6 the network: whoever has one
// address of a /64 has them all). Handshakes of WebSockets are requests; so is each message that such a socket sends to
// a chat. Not counted are the health checks, which a load balancer asks for, and the private socket.
//
// Counted in stores.cache: in Redis exactly over all servers, in memory by each process for itself.
#pragma once

#include "account/types.h"
#include "net/http.h"
#include "serve/application.h"

namespace slipway::serve {

// Thread safe. The application outlives it.
class RateLimit {
 public:
    explicit RateLimit(const Application& application);

    // `rate_limited` with details.retry_after_seconds. Whether the session of a token has been ended is not looked up:
    // a token that was made here is its user's.
    Task<void> admit(const net::Request& request);
    Task<void> admit(const account::User& user);

 private:
    Task<void> take(std::string subject);
    std::string subject_of(const net::Request& request) const;

    const app::ServerSection& section_;
    const account::SigningKeys& keys_;
    store::Cache& cache_;
    WorkspaceId workspace_;
};

// Null when the manifest limits nothing.
std::unique_ptr<RateLimit> make_rate_limit(const Application& application);

// A question of a load balancer, not of a client.
bool is_probe(const app::ServerSection& section, const net::Request& request);

}  // namespace slipway::serve
