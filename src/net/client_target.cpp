#include "net/client_target.h"

#include <algorithm>
#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::size_t kUrlBytesMax = 16 << 10;

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
}

// What of a URL may be shown: no query and no credentials.
std::string shown(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    if (url.find('@') != std::string_view::npos) return "given";
    return "“" + to_valid_utf8(url.substr(0, 200)) + "”";
}

}  // namespace

std::string Target::place() const {
    const bool bracketed = host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", bracketed ? "[" : "", host, bracketed ? "]" : "", port);
}

Result<Target> parse_target(std::string_view url) {
    if (url.size() > kUrlBytesMax) return fail(ErrorCode::invalid, "The URL is longer than {} bytes.", kUrlBytesMax);
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed)
        return fail(ErrorCode::invalid, "The URL {} is not valid; expected http://host/path or https://…", shown(url));
    const auto& parts = *parsed;
    Target target;
    const auto scheme = lower_ascii(parts.scheme());
    if (scheme != "http" && scheme != "https")
        return fail(ErrorCode::invalid, "The URL {} must begin with http:// or https://.", shown(url));
    if (parts.has_userinfo())
        return fail(ErrorCode::invalid, "A URL must not hold credentials; send them in a header.");
    target.secure = scheme == "https";
    // As it is written: what an escape stands for may be read in two ways, and nobody needs one.
    target.host = lower_ascii(parts.encoded_host_address());
    if (target.host.empty() || !std::ranges::all_of(target.host, is_host_character))
        return fail(ErrorCode::invalid, "The URL {} names no valid host.", shown(url));

    const std::uint16_t usual_port = target.secure ? 443 : 80;
    target.port = usual_port;
    if (const std::string_view port = parts.port(); !port.empty()) {
        const auto [end, error] = std::from_chars(port.begin(), port.end(), target.port);
        if (error != std::errc() || end != port.end() || target.port == 0)
            return fail(ErrorCode::invalid, "The URL {} has no valid port.", shown(url));
    }
    const std::string_view path = parts.encoded_target();
    target.path = path.starts_with('/') ? std::string(path) : "/" + std::string(path);
    target.authority = target.place();
    if (target.port == usual_port) target.authority.resize(target.authority.rfind(':'));
    return target;
}

}  // namespace slipway::net
