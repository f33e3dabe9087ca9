// Where a request goes: the parts of its URL, and the proxy on the way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/error.h"

namespace slipway::net {

struct Target {
    bool secure = false;  // https
    std::string host;     // lower case, without the brackets of an IPv6 address
    std::uint16_t port = 80;
    std::string path;       // with the query, begins with '/'
    std::string authority;  // for the Host header; the port only when it is not the scheme's own

    // "example.com:443", for people and for proxies.
    std::string place() const;
};

// An absolute http or https URL. `invalid` for anything else, and for credentials inside it: they would end up in logs.
Result<Target> parse_target(std::string_view url);

struct Proxy {
    std::string host;
    std::uint16_t port = 0;
    std::string authorization;  // "Basic …" or empty; never shown
};

// Reads http_proxy, https_proxy and no_proxy (lower case before upper case, as curl does). NO_PROXY is a list of host
// names (which cover their subdomains), addresses, networks (10.0.0.0/8), each optionally with a port, or "*". Loopback
// hosts never use a proxy. Only proxies at http:// addresses are supported; `invalid` names the variable that holds
// something else.
Result<std::optional<Proxy>> proxy_for(const Environment& environment, const Target& target);

}  // namespace slipway::net
