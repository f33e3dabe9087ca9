#include "store/redis/url.h"

#include <algorithm>
#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/clock.h"
#include "base/percent.h"
#include "base/text.h"

namespace slipway::store::redis {
namespace {

constexpr std::size_t kUrlBytesMax = 4 << 10;
constexpr std::size_t kConnectionsLimit = 10'000;

std::unexpected<Error> wrong(std::string_view what) {
    return fail(ErrorCode::invalid, "The Redis URL {}; expected redis://[user:password@]host[:port][/database].", what);
}

template <typename Number>
std::optional<Number> number(std::string_view text, Number least, Number most) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value < least || value > most ? std::nullopt : std::optional(value);
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
}

Result<void> take_option(Options& options, std::string_view name, const std::string& value) {
    constexpr Milliseconds kTimeLimit{600'000};
    if (name == "ca") {
        if (!options.secure) return wrong("has the option ca, which needs rediss://");
        if (value.empty()) return wrong("has an empty option ca");
        options.certificate_authorities = value;
        return {};
    }
    if (name == "connections") {
        const auto count = number<std::size_t>(value, 1, kConnectionsLimit);
        if (!count) return wrong("has an option connections that is no number from 1 to 10000");
        options.connections_max = *count;
        return {};
    }
    if (name != "timeout" && name != "connect_timeout")
        return wrong("has an unknown option (known: ca, connect_timeout, connections, timeout)");
    const auto time = parse_duration(value);
    if (!time || *time <= Milliseconds(0) || *time > kTimeLimit)
        return wrong("has a timeout that is no duration up to 10m, like 2s or 500ms");
    (name == "timeout" ? options.command_time_max : options.connect_time_max) = *time;
    return {};
}

Result<void> take_query(Options& options, std::string_view query) {
    if (query.empty()) return {};
    for (const auto pair : split(query, '&')) {
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos) return wrong("has an option without a value");
        const auto value = percent_decode(pair.substr(equals + 1));
        if (!value) return wrong("has an option with a broken escape");
        SLIPWAY_CHECK(take_option(options, pair.substr(0, equals), *value));
    }
    return {};
}

}  // namespace

std::string Address::text() const {
    return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Options::place() const {
    return fmt::format("{}://{}/{}", secure ? "rediss" : "redis", address.text(), database);
}

Result<Options> parse_url(std::string_view url, Options options) {
    if (url.size() > kUrlBytesMax) return wrong("is too long");
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed) return wrong("is not valid (encode special characters of the password as %XX)");
    const auto scheme = lower_ascii(parsed->scheme());
    if (scheme != "redis" && scheme != "rediss") return wrong("must begin with redis:// or rediss://");
    options.secure = scheme == "rediss";
    options.address.host = lower_ascii(parsed->encoded_host_address());
    if (options.address.host.empty() || !std::ranges::all_of(options.address.host, is_host_character))
        return wrong("names no valid host");
    if (const std::string_view port = parsed->port(); !port.empty()) {
        const auto value = number<std::uint16_t>(port, 1, 65535);
        if (!value) return wrong("has no valid port");
        options.address.port = *value;
    }
    const auto user = percent_decode(std::string_view(parsed->encoded_user()));
    const auto password = percent_decode(std::string_view(parsed->encoded_password()));
    if (!user || !password) return wrong("has a user or password with a broken escape");
    options.user = *user;
    options.password = *password;
    if (!options.user.empty() && options.password.empty()) return wrong("has a user without a password");
    if (std::string_view path = parsed->encoded_path(); path.size() > 1) {
        const auto database = number<int>(path.substr(1), 0, 1'000'000);
        if (!database) return wrong("has a database that is no number");
        options.database = *database;
    }
    if (parsed->has_fragment()) return wrong("has a fragment (encode '#' as %23)");
    SLIPWAY_CHECK(take_query(options, std::string_view(parsed->encoded_query())));
    return options;
}

}  // namespace slipway::store::redis
