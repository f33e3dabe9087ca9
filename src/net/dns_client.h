// Asks a DNS resolver for TXT records: over UDP, and over TCP where the answer does not fit.
//
// Each question goes out from a random port of its own with a random id, and only what comes from the resolver's
// address and repeats id, name and type is taken for its answer (RFC 5452).
#pragma once

#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "base/task.h"

namespace slipway::net {

struct DnsServer {
    asio::ip::address address;
    std::uint16_t port = 53;
};

// "127.0.0.1", "127.0.0.1:5353", "[::1]:5353". `invalid`.
Result<DnsServer> parse_dns_server(std::string_view text);
// Those of /etc/resolv.conf; none when there are none.
std::vector<DnsServer> system_dns_servers();

// Immutable, so thread safe.
class DnsClient {
 public:
    static constexpr Milliseconds kAnswerTime{3'000};  // of one question
    static constexpr int kAttempts = 3;                // over all servers
    static constexpr std::size_t kServersMax = 3;

    // Without a server each question is `unavailable`.
    explicit DnsClient(std::vector<DnsServer> servers) : servers_(std::move(servers)) {}

    // None when there is no such name, or no such record. `unavailable` when no server answers or each refuses;
    // `invalid` for what is no name.
    Task<std::vector<std::string>> texts(std::string name) const;

 private:
    std::vector<DnsServer> servers_;
};

}  // namespace slipway::net
