#include "store/database/postgres/url.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/clock.h"
#include "base/percent.h"
#include "base/text.h"

namespace slipway::store::postgres {
namespace {

constexpr std::size_t kConnectionsMost = 1000;
constexpr std::string_view kSchemes[] = {"postgresql://", "postgres://"};

// Keywords of libpq that a URL may set. What would change the meaning of a session is ours to set (options), and files
// that libpq would look for by itself (passfile, service) are nobody's business in a server.
constexpr std::string_view kPassedOn[] = {"host",
                                          "hostaddr",
                                          "port",
                                          "user",
                                          "password",
                                          "dbname",
                                          "sslmode",
                                          "sslrootcert",
                                          "sslcert",
                                          "sslkey",
                                          "sslcrl",
                                          "sslpassword",
                                          "sslsni",
                                          "channel_binding",
                                          "ssl_min_protocol_version",
                                          "application_name",
                                          "target_session_attrs",
                                          "connect_timeout",
                                          "keepalives",
                                          "keepalives_idle",
                                          "keepalives_interval",
                                          "keepalives_count",
                                          "tcp_user_timeout",
                                          "requirepeer"};

constexpr std::string_view kOurs[] = {"pool", "statement_timeout", "lock_timeout", "idle_timeout",
                                      "idle", "prepared",          "iam"};

bool contains(const auto& keys, std::string_view key) { return std::ranges::find(keys, key) != std::end(keys); }

std::vector<std::string_view> all_keys() {
    std::vector<std::string_view> keys(std::begin(kPassedOn), std::end(kPassedOn));
    keys.insert(keys.end(), std::begin(kOurs), std::end(kOurs));
    return keys;
}

std::unexpected<Error> wrong(std::string_view key, std::string_view expected) {
    return fail(ErrorCode::invalid, "The PostgreSQL URL: {} must be {}.", key, expected);
}

Result<void> set_time(std::string_view key, std::string_view text, Milliseconds& into) {
    const auto time = parse_duration(text);
    if (!time || *time <= Milliseconds(0) || *time > std::chrono::hours(24))
        return wrong(key, "a time such as 30s, at most 24h");
    into = *time;
    return {};
}

Result<void> set_count(std::string_view key, std::string_view text, std::size_t& into) {
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || end != text.data() + text.size() || count < 1 || count > kConnectionsMost)
        return wrong(key, fmt::format("a number from 1 to {}", kConnectionsMost));
    into = count;
    return {};
}

Result<void> set_ours(Target& target, std::string_view key, std::string_view text) {
    if (key == "pool") return set_count(key, text, target.connections_max);
    if (key == "statement_timeout") return set_time(key, text, target.statement_time_max);
    if (key == "lock_timeout") return set_time(key, text, target.lock_time_max);
    if (key == "idle_timeout") return set_time(key, text, target.idle_time_max);
    if (key == "idle") {
        if (text != "drain" && text != "keep") return wrong(key, "drain or keep");
        target.drains = text == "drain";
        return {};
    }
    if (key == "iam") {
        if (text.empty()) return wrong(key, "the name of an AWS region");
        target.iam_region = text;
        return {};
    }
    if (text == "auto")
        target.prepared = Prepared::automatic;
    else if (text == "on" || text == "off")
        target.prepared = text == "on" ? Prepared::always : Prepared::never;
    else
        return wrong(key, "auto, on or off");
    return {};
}

// Takes our own keys out of the query; the rest is libpq's.
Result<std::string> without_ours(std::string_view url, Target& target) {
    const auto question = url.find('?');
    std::string rest(url.substr(0, question));
    if (question == std::string_view::npos) return rest;
    char separator = '?';
    for (const auto pair : split(url.substr(question + 1), '&')) {
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const auto key = pair.substr(0, equals);
        const auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
        if (!value) return wrong(key, "percent-encoded UTF-8");
        if (contains(kOurs, key)) {
            SLIPWAY_CHECK(set_ours(target, key, *value));
            continue;
        }
        if (!contains(kPassedOn, key))
            return fail(ErrorCode::invalid, "The PostgreSQL URL has an unknown key {}; is {} meant?", key,
                        nearest(key, all_keys()));
        rest += separator;
        rest += pair;
        separator = '&';
    }
    return rest;
}

void take(Target& target, std::string_view key, std::string value) {
    if (key == "password") {
        target.password = std::move(value);
        return;
    }
    if (key == "host") target.host = value.substr(0, value.find(','));
    if (key == "port") std::from_chars(value.data(), value.data() + value.size(), target.port);
    if (key == "user") target.user = value;
    if (key == "dbname") target.database = value;
    if (key == "connect_timeout") {
        int seconds = 0;
        std::from_chars(value.data(), value.data() + value.size(), seconds);
        if (seconds > 0) target.connect_time_max = std::chrono::seconds(std::min(seconds, 300));
    }
    target.keywords.emplace_back(key, std::move(value));
}

}  // namespace

std::string Target::shown() const { return fmt::format("postgresql://{}@{}:{}/{}", user, host, port, database); }

Result<Target> parse_url(const Libpq& pq, std::string_view url) {
    const auto known = [&](std::string_view scheme) { return url.starts_with(scheme); };
    if (std::ranges::none_of(kSchemes, known) || url.find('\0') != std::string_view::npos)
        return fail(ErrorCode::invalid, "A PostgreSQL URL begins with postgresql://.");
    Target target;
    SLIPWAY_TRY(const auto rest, without_ours(url, target));
    char* message = nullptr;
    PQconninfoOption* const options = pq.PQconninfoParse(rest.c_str(), &message);
    if (options == nullptr) {
        pq.PQfreemem(message);  // it repeats parts of the URL
        return fail(
            ErrorCode::invalid,
            "The PostgreSQL URL is not well formed; it looks like postgresql://user:password@host:5432/database, "
            "with %XX for characters that mean something in a URL.");
    }
    for (const auto* option = options; option->keyword != nullptr; ++option)
        if (option->val != nullptr && *option->val != '\0') take(target, option->keyword, option->val);
    pq.PQconninfoFree(options);
    if (target.user.empty() || target.database.empty())
        return fail(
            ErrorCode::invalid,
            "The PostgreSQL URL must name a user and a database: postgresql://user:password@host:5432/database.");
    return target;
}

}  // namespace slipway::store::postgres
