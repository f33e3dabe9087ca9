// Which proxy a request takes (client_target.h).
#include <charconv>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/crypto.h"
#include "base/text.h"
#include "net/client_target.h"

namespace slipway::net {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> address_of(const std::string& host) {
    boost::system::error_code error;
    const auto address = ip::make_address(host, error);
    return error ? std::nullopt : std::optional(address);
}

bool is_loopback(const std::string& host) {
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    const auto address = address_of(host);
    return address && address->is_loopback();
}

bool inside_network(const ip::address& address, const std::string& network) {
    boost::system::error_code error;
    if (address.is_v4()) {
        const auto range = ip::make_network_v4(network, error);
        return !error && ip::network_v4(address.to_v4(), range.prefix_length()).canonical() == range.canonical();
    }
    const auto range = ip::make_network_v6(network, error);
    return !error && ip::network_v6(address.to_v6(), range.prefix_length()).canonical() == range.canonical();
}

// Takes ":8080" off the end of "host:8080" or "[::1]:8080"; an IPv6 address without brackets has no port.
std::optional<std::uint16_t> take_port(std::string_view& entry) {
    const auto colon = entry.rfind(':');
    const bool bracketed = entry.starts_with('[');
    if (colon == std::string_view::npos || (!bracketed && entry.find(':') != colon)) return std::nullopt;
    std::uint16_t port = 0;
    const auto digits = entry.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), port);
    if (error != std::errc() || end != digits.end()) return std::nullopt;
    entry = entry.substr(0, colon);
    return port;
}

bool covers(std::string_view entry, const Target& target) {
    if (entry == "*") return true;
    const auto port = take_port(entry);
    if (port && *port != target.port) return false;
    if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
    if (entry.starts_with("*.")) entry.remove_prefix(1);
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.empty()) return false;
    if (equal_ignoring_case(entry, target.host)) return true;
    if (const auto address = address_of(target.host)) {
        const std::string text(entry);
        if (entry.find('/') != std::string_view::npos) return inside_network(*address, text);
        return address_of(text) == address;
    }
    const auto suffix = "." + lower_ascii(entry);
    return target.host.ends_with(suffix);
}

bool excluded(const Environment& environment, const Target& target) {
    const auto list = environment.get("no_proxy").value_or(environment.get_or("NO_PROXY", ""));
    for (const auto entry : split(list, ',')) {
        if (covers(trim(entry), target)) return true;
    }
    return false;
}

std::string authorization_of(const boost::urls::url_view& url) {
    if (!url.has_userinfo()) return "";
    return "Basic " + to_base64(url.user() + ":" + url.password());
}

}  // namespace

Result<std::optional<Proxy>> proxy_for(const Environment& environment, const Target& target) {
    std::string name = target.secure ? "https_proxy" : "http_proxy";
    auto value = environment.get(name);
    if (!value) {
        name = target.secure ? "HTTPS_PROXY" : "HTTP_PROXY";
        value = environment.get(name);
    }
    if (!value || is_loopback(target.host) || excluded(environment, target)) return std::nullopt;

    const auto text = value->find("://") == std::string::npos ? "http://" + *value : *value;
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed || parsed->scheme() != "http" || parsed->encoded_host_address().empty())
        return fail(ErrorCode::invalid, "{} must be the address of an HTTP proxy, such as http://proxy:3128.", name);
    Proxy proxy{
        .host = parsed->host_address(), .port = parsed->port_number(), .authorization = authorization_of(*parsed)};
    if (proxy.port == 0) proxy.port = 80;
    return proxy;
}

}  // namespace slipway::net
