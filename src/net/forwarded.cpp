#include "net/forwarded.h"

#include <algorithm>

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

std::string_view from_end(const std::vector<std::string_view>& entries, std::size_t count) {
    if (entries.empty()) return {};
    return entries[entries.size() - std::min(count, entries.size())];
}

}  // namespace

void apply_forwarded(Request& request, std::size_t trusted_proxies) {
    if (trusted_proxies == 0 || request.private_socket) return;
    boost::system::error_code error;
    const auto client = from_end(list_of(request.headers, "X-Forwarded-For"), trusted_proxies);
    const auto address = asio::ip::make_address(client, error);
    if (!client.empty() && !error) request.remote_address = address.to_string();
    const auto scheme = from_end(list_of(request.headers, "X-Forwarded-Proto"), trusted_proxies);
    if (!scheme.empty()) request.secure = equal_ignoring_case(scheme, "https");
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
