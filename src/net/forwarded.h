// Who the client is when proxies of ours stand before the server. Only X-Forwarded-For and X-Forwarded-Proto are read,
// and only behind declared proxies; Forwarded, X-Real-IP, CF-Connecting-IP and the like are never believed.
#pragma once

#include <array>

#include "net/http.h"

namespace slipway::net {

// "10.0.0.0/8", "2001:db8::/32", or one address.
class Network {
 public:
    static Result<Network> parse(std::string_view text);
    // False for what is no address.
    bool contains(std::string_view address) const;

 private:
    std::array<unsigned char, 16> bytes_{};  // of IPv4 as ::ffff:a.b.c.d
    int prefix_ = 128;
};

struct TrustedProxies {
    std::size_t count = 0;          // how many stand one behind the other
    std::vector<Network> networks;  // where the last of them is, whose connection this is; empty: anywhere
};

// With declared proxies before us, each of which appends the address it saw to X-Forwarded-For, the entry of their
// number from the end is the client; what stands before it was written by the client itself. Fewer entries mean that
// somebody walked around a proxy: then the connection's own address counts. Sets remote_address and secure.
void apply_forwarded(Request& request, const TrustedProxies& proxies);

// The client's X-Request-Id when it is sane ([A-Za-z0-9._-]{1,64}), else empty.
std::string_view sane_request_id(const Request& request);

}  // namespace slipway::net
