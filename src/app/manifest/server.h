// Sections `server` and `stores`: how the application listens, and where it keeps what it keeps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/manifest/keys.h"
#include "base/log.h"
#include "net/server.h"

namespace slipway::app {

struct TlsSection {
    std::filesystem::path certificate;
    std::filesystem::path key;

    bool configured() const { return !certificate.empty(); }
};

struct CorsSection {
    std::vector<std::string> origins;
    bool credentials = false;
    std::vector<std::string> methods, headers;
    std::vector<std::string> exposed{"X-Request-Id"};
    Milliseconds max_age{600'000};
};

// Header fields that every answer has, unless the handler says otherwise. An empty text: none.
struct SecurityHeadersSection {
    std::string frame_options = "DENY";
    std::string content_security_policy = "base-uri 'none'; frame-ancestors 'none'; object-src 'none'";
    std::string referrer_policy = "no-referrer";
    std::string permissions_policy = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
    Milliseconds strict_transport_security{std::chrono::hours(24 * 365)};  // zero: none
    bool no_store = true;
};

// "POST /api/auth/login", "/api/auth/*" (any method, all patterns that begin so), "*".
struct RouteRule {
    std::optional<net::Method> method;
    std::string pattern;
    bool begins = false;

    static std::optional<RouteRule> parse(std::string_view text);
    bool covers(const net::Request& request) const;
};

// Whom a limit counts together.
enum class LimitBy : unsigned char {
    client,     // who is signed in, else the address
    address,    // whoever is signed in there
    user,       // only who is signed in
    anonymous,  // only who is not, by address
    token,      // only who brings a key or a token that is not of a session, by that
    everybody,
};

enum class LimitHeaders : unsigned char { x_ratelimit, draft, none };

// At most so many in a period, of which a burst at once.
struct RateLimitSection {
    std::size_t requests = 1'000;  // 0: no limit
    Milliseconds period{60'000};
    std::size_t burst = 0;  // 0: as many as `requests`
};

struct NamedRateLimit {
    std::string name;
    std::vector<std::string> routes, operations;
    LimitBy by = LimitBy::address;
    RateLimitSection rate;
};

// Those of what guesses and floods begin with.
std::vector<NamedRateLimit> usual_rate_limits();

struct MetricsSection {
    std::string path = "/metrics";  // empty: none
    Secret token;
};

struct ServerSection {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;
    std::string health = "/health";
    // Fields of the health answer, all texts; {version}, {time} and {environment} inside them are filled in.
    TextMap health_answer = {{"status", "ok"}, {"version", "{version}"}};
    std::string readiness = "/readiness";
    std::string liveness = "/liveness";
    bool openapi = true;
    MetricsSection metrics;
    log::Level log_level = log::Level::info;
    std::size_t trusted_proxies = 0;
    std::vector<std::string> proxy_networks;
    CorsSection cors;
    SecurityHeadersSection security_headers;
    TlsSection tls;
    Milliseconds drain_delay{0};
    net::ServerLimits limits;
    RateLimitSection rate_limit;
    std::vector<NamedRateLimit> rate_limits = usual_rate_limits();
    LimitHeaders rate_limit_headers = LimitHeaders::x_ratelimit;

    // Nobody outside this machine can reach 127.0.0.0/8, ::1, localhost.
    bool is_loopback() const;
};

// A store by its URL. `sqlite:`, `embedded:` and `file:` name a path; after loading it lies under the data folder
// unless it was absolute.
struct StoreUrl {
    std::string scheme;          // "sqlite", "qdrant+http", …
    std::filesystem::path path;  // of the embedded stores
    Secret url;                  // as given: it may hold a password

    static StoreUrl parse(std::string_view url);
};

struct StoresSection {
    StoreUrl database = StoreUrl::parse("sqlite:database.sqlite");
    Secret database_owner;  // the URL of the role that owns the tables of PostgreSQL
    StoreUrl index = StoreUrl::parse("embedded:index.sqlite");
    StoreUrl agents;      // empty: in `database`
    Secret agents_owner;  // as database_owner
    Secret index_key;
    Secret index_owner;  // as database_owner, of an index in another PostgreSQL
    StoreUrl objects = StoreUrl::parse("file:objects");
    Secret objects_access_key, objects_secret_key;  // of a bucket that has keys of its own; empty: AWS's usual places
    StoreUrl secrets = StoreUrl::parse("env:");
    StoreUrl cache = StoreUrl::parse("memory:");
    StoreUrl channels = StoreUrl::parse("memory:");  // left out: as the cache where that is Redis
    StoreUrl queue = StoreUrl::parse("database:");
    StoreUrl mail = StoreUrl::parse("file:outbox");
    std::string mail_from;  // empty: nothing is mailed
};

void describe(Keys& keys, ServerSection& server);
void describe(Keys& keys, StoresSection& stores);

}  // namespace slipway::app
