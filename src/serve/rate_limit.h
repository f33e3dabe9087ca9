// server.rate_limit and server.rate_limits: how often who may do what.
//
// The general limit counts a request for the user whose access token it bears, else for its address (of IPv6 the
// network: whoever has one address of a /64 has them all). Handshakes of WebSockets are requests; so is each message
// that such a socket sends to a chat. Limits with names count routes, and operations of scripts wherever they are
// called. Not counted are the health checks, which a load balancer asks for, and the private socket.
//
// Exact over all servers where they share a Redis (stores.cache) or a PostgreSQL; else in memory.
#pragma once

#include "account/types.h"
#include "app/manifest/server.h"
#include "net/http.h"
#include "store/cache/cache.h"

namespace slipway::serve {

struct RateLimitOptions {
    const app::ServerSection& section;
    store::Limiter& limiter;
    WorkspaceId workspace;                                   // that everything is counted in
    std::function<std::string(const std::string&)> user_of;  // whom an access token is of; "" when it is none
};

// Thread safe. What it is given outlives it.
class RateLimit {
 public:
    explicit RateLimit(RateLimitOptions options);

    // `rate_limited` with details.retry_after_seconds. Whether the session of a token has been ended is not looked up:
    // a token that was made here is its user's. `told`: the header fields of the answer.
    Task<void> admit(const net::Request& request, net::Headers& told) const;
    // Messages of sockets.
    Task<void> admit(const account::User& user) const;
    // An operation of a script in this request.
    Task<void> admit_operation(const std::string& operation, const net::Request& request) const;
    // Those that are limited.
    std::vector<std::string> operations() const;

    // Whether anything is limited at all.
    bool active() const { return !limits_.empty(); }

 private:
    struct Limit {
        app::NamedRateLimit rule;
        std::vector<app::RouteRule> routes;
        store::Limit bounds;
    };
    struct Subjects;

    static Limit limit_of(app::NamedRateLimit rule);
    void warn_of_proxies(const net::Request& request) const;
    Task<store::Admission> take(const Limit& limit, std::string subject) const;

    RateLimitOptions options_;
    std::vector<Limit> limits_;  // the general one last
    mutable std::atomic_flag warned_;
};

// A question of a load balancer, not of a client.
bool is_probe(const app::ServerSection& section, const net::Request& request);

}  // namespace slipway::serve
