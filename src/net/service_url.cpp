#include "net/service_url.h"

#include <charconv>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/percent.h"
#include "base/task.h"
#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::size_t kUrlBytesMax = 4096;

Result<std::string> decoded(std::string_view what, std::string_view text) {
    auto plain = percent_decode(text);
    if (!plain) return fail(ErrorCode::invalid, "The {} in the URL of a service is not percent-encoded UTF-8.", what);
    return *std::move(plain);
}

}  // namespace

std::string ServiceUrl::place() const {
    const auto shown = host.contains(':') ? fmt::format("[{}]", host) : host;
    return port == 0 ? fmt::format("{}://{}", scheme, shown) : fmt::format("{}://{}:{}", scheme, shown, port);
}

bool ServiceUrl::is_loopback() const {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    return host == "localhost" || (!error && address.is_loopback());
}

std::optional<std::string> ServiceUrl::take(const std::string& name) {
    auto found = parameters.extract(name);
    if (found.empty()) return std::nullopt;
    return std::move(found.mapped());
}

Result<void> ServiceUrl::check_all_taken() const {
    if (parameters.empty()) return {};
    return fail(ErrorCode::invalid, "The URL of {} has a parameter \"{}\" that is not known.", place(),
                parameters.begin()->first);
}

Result<ServiceUrl> parse_service_url(std::string_view text) {
    if (text.size() > kUrlBytesMax)
        return fail(ErrorCode::invalid, "The URL of a service has more than {} bytes.", kUrlBytesMax);
    const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
    if (!parsed)
        return fail(ErrorCode::invalid,
                    "The URL of a service cannot be read. It looks like scheme://user:password@host:port/path, with "
                    "special characters of user and password percent-encoded.");
    const auto& from = *parsed;
    ServiceUrl url;
    url.scheme = lower_ascii(std::string_view(from.scheme().data(), from.scheme().size()));
    const auto view = [](boost::core::string_view part) { return std::string_view(part.data(), part.size()); };
    SLIPWAY_TRY(url.user, decoded("user", view(from.encoded_user())));
    SLIPWAY_TRY(url.password, decoded("password", view(from.encoded_password())));
    SLIPWAY_TRY(url.host, decoded("host", view(from.encoded_host_address())));
    url.host = lower_ascii(url.host);
    if (url.host.empty()) return fail(ErrorCode::invalid, "The URL of a service names no host.");
    const auto port = view(from.port());
    if (!port.empty()) {
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
        if (error != std::errc() || end != port.data() + port.size() || url.port == 0)
            return fail(ErrorCode::invalid, "The port in the URL of {} is none.", url.place());
    }
    SLIPWAY_TRY(url.path, decoded("path", view(from.encoded_path())));
    if (url.path.starts_with('/')) url.path.erase(0, 1);
    const auto query = view(from.encoded_query());
    for (const auto pair : split(query, '&')) {
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        SLIPWAY_TRY(auto name, decoded("query", pair.substr(0, equals)));
        SLIPWAY_TRY(auto value, decoded("query", pair.substr(std::min(equals + 1, pair.size()))));
        if (!url.parameters.emplace(name, std::move(value)).second)
            return fail(ErrorCode::invalid, "The URL of {} has the parameter \"{}\" twice.", url.place(), name);
    }
    return url;
}

}  // namespace slipway::net
