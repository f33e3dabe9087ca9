// First line: a URL that our client is to call; then NO_PROXY, then HTTP_PROXY. What is accepted is safe to write into
// a request, and means the same when it is written as a URL again.
#include "net/client_target.h"

#include <algorithm>

#include "target.h"

namespace {

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

SLIPWAY_FUZZ_TARGET(client_target) {
    using namespace slipway;
    const auto [url, rest] = fuzz::split_line(input);
    const auto [excluded, proxy_url] = fuzz::split_line(rest);
    const auto target = net::parse_target(url);
    if (!target) {
        const auto at = url.find('@');
        if (at == std::string_view::npos || at <= 12 || !url.starts_with("http://")) return;
        const auto credentials = url.substr(7, at - 7);
        // Some are words of the message itself.
        const bool ours = net::parse_target("http://a b@c").error().message.contains(credentials);
        fuzz::require(ours || !target.error().message.contains(credentials), "credentials are in no message");
        return;
    }
    fuzz::require(target->path.starts_with('/') && is_plain(target->path), "a path is one word");
    fuzz::require(!target->path.contains('#'), "a fragment is not sent");
    fuzz::require(!target->host.empty() && is_plain(target->host) && is_plain(target->authority), "a host is one word");
    fuzz::require(target->host.find_first_of("@/?#\\") == std::string::npos && target->port != 0, "a host is a host");
    const auto again = net::parse_target((target->secure ? "https://" : "http://") + target->authority + target->path);
    fuzz::require(again && again->host == target->host && again->port == target->port && again->path == target->path &&
                      again->secure == target->secure,
                  "written as a URL it is the same place");
    const Environment environment({{"no_proxy", std::string(excluded)},
                                   {"http_proxy", std::string(proxy_url)},
                                   {"https_proxy", std::string(proxy_url)}});
    const auto proxy = net::proxy_for(environment, *target);
    if (!proxy || !*proxy) return;
    fuzz::require(!(*proxy)->host.empty() && (*proxy)->port != 0, "a proxy has a place");
    fuzz::require((*proxy)->authorization.find_first_of("\r\n") == std::string::npos, "its secret is one line");
    fuzz::require(target->host != "localhost" && target->host != "127.0.0.1" && target->host != "::1",
                  "this machine is not behind a proxy");
}
