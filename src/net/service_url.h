// The URL by which a store or a service is chosen: scheme://user:password@host:port/path?name=value. User, password,
// path and parameters come percent-decoded. It holds secrets: it is never shown, only place().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::net {

struct ServiceUrl {
    std::string scheme;  // lower case, without "://"
    std::string user, password;
    std::string host;        // without the brackets of an IPv6 address
    std::uint16_t port = 0;  // 0: none was given
    std::string path;        // without the first slash
    std::map<std::string, std::string> parameters;

    // "smtp://mail.example.com:587": for people, without secrets.
    std::string place() const;
    bool is_loopback() const;  // localhost, or an address of this machine's own
    // Takes a parameter out, so that check_all_taken() finds what nobody knows.
    std::optional<std::string> take(const std::string& name);
    // `invalid` names a parameter that was not taken.
    Result<void> check_all_taken() const;
};

// `invalid` says what is wrong, and never repeats the URL.
Result<ServiceUrl> parse_service_url(std::string_view url);

}  // namespace slipway::net
