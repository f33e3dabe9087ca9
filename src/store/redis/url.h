// Where a Redis server is and how it is used, as one URL:
//
//     redis://[[user]:password@]host[:port][/database][?option=value&…]      plain TCP
//     rediss://…                                                            TLS; certificate and host name are verified
//
// User and password are percent-encoded. Without a user the password is that of the user "default". Options:
// `ca` (a file of PEM certificates to trust instead of the system's; rediss only), `timeout` (of a command, "2s"),
// `connect_timeout`, `connections` (of this process in all).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/task.h"

namespace slipway::store::redis {

struct Address {
    std::string host;  // without the brackets of an IPv6 address
    std::uint16_t port = 6379;
    bool operator==(const Address&) const = default;
    std::string text() const;  // "host:6379"
};

struct Options {
    Address address;
    bool secure = false;
    std::string user, password;  // never shown
    int database = 0;            // 0 in a cluster
    std::optional<std::filesystem::path> certificate_authorities;

    Milliseconds connect_time_max{5'000};  // name, connection, TLS, greeting
    Milliseconds command_time_max{2'000};  // from asking to the answer, with waiting for a connection
    std::size_t connections_max = 20;      // of this client on all loops (subscriptions not counted)
    std::size_t connections_per_loop_max = 2;
    std::size_t commands_waiting_max = 4'096;  // on one connection; more are `unavailable`
    std::size_t unsent_bytes_max = 64 << 20;   // on one connection; more are `unavailable`
    Milliseconds ping_every{15'000};           // of a subscription that hears nothing; it ends after two without answer
    // After a failed connection the next try waits so long, doubled each time, less up to half by chance.
    Milliseconds back_off_first{100};
    Milliseconds back_off_max{5'000};

    // For people and logs: without user and password. "redis://host:6379/0"
    std::string place() const;
};

// `options`: what holds where the URL says nothing else. `invalid` says what is wrong, without the URL itself: it may
// hold the password.
Result<Options> parse_url(std::string_view url, Options options = {});

}  // namespace slipway::store::redis
