#include "net/forwarded.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/asio/ip/address.hpp>

#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::size_t kRequestIdMax = 64;

std::vector<std::string_view> list_of(const Headers& headers, std::string_view name) {
    std::vector<std::string_view> entries;
    for (const auto& [field, value] : headers) {
        if (!equal_ignoring_case(field, name)) continue;
        for (const auto part : split(value, ',')) entries.push_back(trim(part));
    }
    return entries;
}

// The address of an entry: some proxies write a port behind it, and IPv6 in brackets then.
std::optional<asio::ip::address> address_of(std::string_view entry) {
    if (entry.starts_with('[')) {
        entry = entry.substr(1, entry.find(']') - 1);
    } else if (std::ranges::count(entry, ':') == 1) {
        entry = entry.substr(0, entry.find(':'));
    }
    boost::system::error_code error;
    auto address = asio::ip::make_address(entry, error);
    if (error || (address.is_v6() && address.to_v6().scope_id() != 0)) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

std::array<unsigned char, 16> bytes_of(const asio::ip::address& address) {
    const auto wide =
        address.is_v6() ? address.to_v6() : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
    return wide.to_bytes();
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = address_of(text.substr(0, slash));
    Network network;
    int bits = 0;
    const int most = address && address->is_v6() ? 128 : 32;
    if (slash != std::string_view::npos) {
        const auto given = text.substr(slash + 1);
        const auto [end, failure] = std::from_chars(given.data(), given.data() + given.size(), bits);
        if (given.empty() || failure != std::errc() || end != given.data() + given.size()) bits = -1;
    } else {
        bits = most;
    }
    if (!address || bits < 0 || bits > most)
        return fail(ErrorCode::invalid, "\"{}\" is no network such as 10.0.0.0/8 or 2001:db8::/32.",
                    cut_utf8(text, 64));
    network.bytes_ = bytes_of(*address);
    network.prefix_ = bits + 128 - most;
    return network;
}

bool Network::contains(std::string_view address) const {
    const auto parsed = address_of(address);
    if (!parsed) return false;
    const auto bytes = bytes_of(*parsed);
    for (int bit = 0; bit < prefix_; bit += 8) {
        const auto index = static_cast<std::size_t>(bit / 8);
        const int used = std::min(8, prefix_ - bit);
        if ((bytes[index] ^ bytes_[index]) >> (8 - used) != 0) return false;
    }
    return true;
}

void apply_forwarded(Request& request, const TrustedProxies& proxies) {
    if (proxies.count == 0 || request.private_socket) return;
    const auto within = [&](const Network& network) { return network.contains(request.remote_address); };
    if (!proxies.networks.empty() && std::ranges::none_of(proxies.networks, within)) return;
    const auto addresses = list_of(request.headers, "X-Forwarded-For");
    if (addresses.size() >= proxies.count)
        if (const auto client = address_of(addresses[addresses.size() - proxies.count]))
            request.remote_address = client->to_string();
    // Of several schemes the client's is at the same place; a proxy that replaces the header leaves one.
    const auto schemes = list_of(request.headers, "X-Forwarded-Proto");
    if (schemes.empty()) return;
    const auto& scheme = schemes[schemes.size() - std::min(proxies.count, schemes.size())];
    request.secure = equal_ignoring_case(scheme, "https");
}

std::string_view sane_request_id(const Request& request) {
    const auto id = request.headers.get("X-Request-Id");
    const bool sane = id.size() <= kRequestIdMax && std::ranges::all_of(id, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 c == '.' || c == '_' || c == '-';
                      });
    return sane ? id : std::string_view();
}

}  // namespace slipway::net
