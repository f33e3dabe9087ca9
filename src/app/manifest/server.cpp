#include "app/manifest/server.h"

#include "base/text.h"

namespace slipway::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<Choice<log::Level>, 6> kLevels{{{log::Level::debug, "debug"},
                                                     {log::Level::info, "info"},
                                                     {log::Level::warning, "warning"},
                                                     {log::Level::warning, "warn"},
                                                     {log::Level::error, "error"},
                                                     {log::Level::error, "critical"}}};

constexpr std::array<Choice<LimitBy>, 6> kLimitBy{{{LimitBy::client, "client"},
                                                   {LimitBy::address, "address"},
                                                   {LimitBy::user, "user"},
                                                   {LimitBy::anonymous, "anonymous"},
                                                   {LimitBy::token, "token"},
                                                   {LimitBy::everybody, "everybody"}}};
constexpr std::array<Choice<LimitHeaders>, 3> kLimitHeaders{
    {{LimitHeaders::x_ratelimit, "x-ratelimit"}, {LimitHeaders::draft, "draft"}, {LimitHeaders::none, "none"}}};

NamedRateLimit usual(std::string name, std::vector<std::string> routes, std::vector<std::string> operations,
                     RateLimitSection rate) {
    NamedRateLimit limit;
    limit.name = std::move(name);
    limit.routes = std::move(routes);
    limit.operations = std::move(operations);
    limit.rate = rate;
    return limit;
}

}  // namespace

std::optional<RouteRule> RouteRule::parse(std::string_view text) {
    RouteRule rule;
    if (const auto space = text.find(' '); space != std::string_view::npos) {
        rule.method = net::method_from(text.substr(0, space));
        if (!rule.method) return std::nullopt;
        text = trim(text.substr(space + 1));
    }
    rule.begins = text.ends_with('*');
    rule.pattern = text.substr(0, text.size() - (rule.begins ? 1 : 0));
    const bool all = rule.begins && rule.pattern.empty();
    if ((!all && !rule.pattern.starts_with('/')) || rule.pattern.find_first_of(" *?#") != std::string::npos)
        return std::nullopt;
    return rule;
}

bool RouteRule::covers(const net::Request& request) const {
    const auto asked = request.method == net::Method::head ? net::Method::get : request.method;
    if (method && *method != asked) return false;
    return begins ? request.route.starts_with(pattern) : request.route == pattern;
}

std::vector<NamedRateLimit> usual_rate_limits() {
    // Of one address, behind which a school or an office may sit.
    return {
        usual("sign_in", {"POST /api/auth/login", "POST /api/auth/oauth/token"}, {"accounts.sign_in"},
              {60, minutes(5), 30}),
        usual("register", {"POST /api/auth/register", "POST /api/auth/anonymous"},
              {"accounts.register", "accounts.sign_in_anonymously"}, {30, hours(1), 20}),
        usual("ask_mail", {"POST /api/auth/forgot", "POST /api/auth/verify/resend", "POST /api/auth/email"},
              {"accounts.ask_reset", "accounts.ask_verification", "accounts.change_email"}, {20, hours(1), 10}),
        usual("codes",
              {"POST /api/auth/reset", "POST /api/auth/verify", "POST /api/auth/login/factor",
               "POST /api/auth/factors/{id}/confirm", "POST /api/auth/reauthenticate", "POST /api/invitations/accept"},
              {"accounts.reset_password", "accounts.verify_email", "factors.finish_sign_in",
               "workspaces.accept_invitation"},
              {30, minutes(15), 15}),
        usual("refresh", {"POST /api/auth/refresh"}, {"accounts.refresh"}, {120, minutes(1), 60})};
}

bool ServerSection::is_loopback() const {
    return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

StoreUrl StoreUrl::parse(std::string_view url) {
    StoreUrl store;
    const auto colon = url.find(':');
    store.scheme = lower_ascii(url.substr(0, colon));
    const auto rest = colon == std::string_view::npos ? std::string_view() : url.substr(colon + 1);
    if (store.scheme == "sqlite" || store.scheme == "embedded" || store.scheme == "file") {
        // sqlite:///data/x.db is what many tools write for the absolute path /data/x.db.
        store.path = rest.starts_with("//") ? rest.substr(2) : rest;
    }
    store.url = Secret(std::string(url));
    return store;
}

static void describe(Keys& keys, CorsSection& cors) {
    keys.texts("origins", cors.origins,
               "Origins of web pages that may call the API, such as https://app.example.org; * alone means any, then "
               "without credentials.");
    keys.boolean("credentials", cors.credentials,
                 "Whether those pages may send cookies and Authorization headers of the browser.");
    keys.texts("methods", cors.methods,
               "Methods that those pages may use, such as GET; left out: all that a path has.");
    keys.texts("headers", cors.headers, "Header fields that those pages may send; left out: any.");
    keys.texts("exposed", cors.exposed, "Header fields of answers that those pages may read.");
    keys.duration("max_age", cors.max_age, seconds(0), hours(24),
                  "How long a browser remembers what it was told of that.");
}

static void describe(Keys& keys, TlsSection& tls) {
    keys.path("certificate", tls.certificate, PathKind::file,
              "PEM file with the certificate and its chain. With it the server speaks HTTPS only.");
    keys.path("key", tls.key, PathKind::file, "PEM file with the private key.");
}

static void describe(Keys& keys, SecurityHeadersSection& headers) {
    const TextRule or_none{.form = Form::prose, .required = false, .or_none = true};
    keys.text("frame_options", headers.frame_options, "X-Frame-Options.", or_none);
    keys.text("content_security_policy", headers.content_security_policy,
              "Content-Security-Policy of answers that have none of their own, as the page has.", or_none);
    keys.text("referrer_policy", headers.referrer_policy, "Referrer-Policy.", or_none);
    keys.text("permissions_policy", headers.permissions_policy, "Permissions-Policy.", or_none);
    keys.duration("strict_transport_security", headers.strict_transport_security, seconds(0), hours(24 * 730),
                  "For how long browsers use nothing but HTTPS (Strict-Transport-Security); told by HTTPS only, also "
                  "where it ends at a declared proxy. 0s: not told.");
    keys.boolean("no_store", headers.no_store,
                 "Whether answers that say nothing of caches have Cache-Control: no-store.");
}

static void describe(Keys& keys, RateLimitSection& limit) {
    keys.integer("requests", limit.requests, 0, 1'000'000,
                 "Requests in one period; 0: no limit. More are answered with 429 and Retry-After.");
    keys.duration("period", limit.period, seconds(1), hours(24), "Length of the period.");
    keys.integer("burst", limit.burst, 0, 1'000'000, "How many of them at once; 0: all.");
}

static void describe(Keys& keys, NamedRateLimit& limit) {
    keys.texts("routes", limit.routes,
               "What counts: `POST /api/auth/login`, `/api/auth/*` with any method, `*` all. Patterns as they are "
               "served, with their parameters.");
    keys.texts("operations", limit.operations,
               "Operations of scripts that count as well, whatever the route, such as `accounts.register`.");
    keys.choice("by", limit.by, kLimitBy,
                "Whom it counts together: who is signed in, else the address (client); the address; only who is signed "
                "in (user); only who is not, by address (anonymous); the key or token that is no session's (token); "
                "everybody.");
    describe(keys, limit.rate);
}

static void describe(Keys& keys, net::ServerLimits& limits) {
    keys.bytes("header_bytes_max", limits.header_bytes_max, 1 << 10, 1 << 20, "Longest header of a request.");
    keys.integer("connections_max", limits.connections_max, 1, 1'000'000, "Connections at the same time.");
    keys.bytes("websocket_message_bytes_max", limits.websocket_message_bytes_max, 1 << 10, 64 << 20,
               "Longest WebSocket message.");
    keys.bytes("held_bytes_max", limits.held_bytes_max, 1 << 20, 1ULL << 40,
               "Bodies and messages on their way in or being answered, all together; above it large ones are refused "
               "with 503.");
    keys.duration("header_time_max", limits.header_time_max, seconds(1), minutes(10),
                  "From the first byte of a request to the end of its header.");
    keys.duration("body_time_max", limits.body_time_max, seconds(1), hours(1), "To the end of the body.");
    keys.duration("idle_time_max", limits.idle_time_max, seconds(1), hours(1),
                  "How long a kept connection may wait for its next request.");
    keys.duration("write_time_max", limits.write_time_max, seconds(1), hours(1),
                  "A reader that takes nothing for so long is cut.");
    keys.duration("heartbeat", limits.heartbeat, seconds(1), minutes(10),
                  "Comments on an event stream and pings on a WebSocket.");
    keys.duration("drain_time_max", limits.drain_time_max, seconds(0), hours(1),
                  "From the closing of the port to the forced end.");
    keys.bytes("compress_bytes_min", limits.compress_bytes_min, 0, 1 << 30,
               "Text answers from this size on are compressed.");
}

static void describe(Keys& keys, MetricsSection& metrics) {
    keys.text("path", metrics.path, "Path of the figures for Prometheus.", {.form = Form::route, .or_none = true});
    keys.secret("token", metrics.token,
                "Bearer token with which other machines may read them; without one only this machine may.");
}

void describe(Keys& keys, ServerSection& server) {
    keys.text("host", server.host,
              "Address to listen on. Outside loopback a secret is needed, and a demo user is refused.");
    keys.integer("port", server.port, 0, 65535, "Port to listen on; 0 takes any free one.");
    keys.text("health", server.health, "Path of the health check of a load balancer. It touches no store.",
              {Form::route});
    keys.text_map("health_answer", server.health_answer,
                  "Fields of the health answer. {version}, {time} and {environment} are filled in.");
    keys.text("readiness", server.readiness, "Path that asks the stores: 200 when all are ready, else 503.",
              {.form = Form::route, .or_none = true});
    keys.text("liveness", server.liveness, "Path that answers while the process runs.",
              {.form = Form::route, .or_none = true});
    keys.boolean("openapi", server.openapi,
                 "Whether GET /openapi.json describes the API to everybody. Left out in production and where others "
                 "can reach the "
                 "server: only to admins and to this machine.");
    keys.section("metrics", server.metrics, "Figures about this process.");
    keys.choice("log_level", server.log_level, kLevels, "The least important level that is logged.");
    keys.integer("trusted_proxies", server.trusted_proxies, 0, 16,
                 "How many proxies of yours stand in front; so many entries of X-Forwarded-For are believed.");
    keys.texts("proxy_networks", server.proxy_networks,
               "Where the nearest of them is, such as 10.0.0.0/16: what others say of forwarding is ignored. Left out: "
               "anywhere.");
    keys.section("cors", server.cors, "Which web pages of other origins may call the API.");
    keys.section("tls", server.tls, "HTTPS by the server itself, without a proxy in front.");
    keys.duration(
        "drain_delay", server.drain_delay, seconds(0), minutes(10),
        "From SIGTERM to the closing of the port; meanwhile the readiness path answers 503, so that a balancer "
        "that asks it sends its requests elsewhere.");
    keys.section("limits", server.limits, "Limits of the server.");
    keys.section("security_headers", server.security_headers,
                 "Header fields of every answer that does not set them itself; the word none leaves one out.");
    keys.section("rate_limit", server.rate_limit,
                 "How often the same client may ask: who is signed in, else an address. Left out in development on "
                 "loopback: no limit. Behind proxies trusted_proxies must be right, or all clients are one.");
    keys.named("rate_limits", server.rate_limits,
               "Further limits, by name. Left out: sign_in, register, ask_mail, codes and refresh of one address (none "
               "in development on loopback); {} for none.");
    keys.choice("rate_limit_headers", server.rate_limit_headers, kLimitHeaders,
                "How answers tell the tightest limit: X-RateLimit-Limit, -Remaining, -Reset (Unix time) and -Window "
                "(seconds); or RateLimit and RateLimit-Policy of the IETF draft; or not.");
}

// A URL may hold a password, so none of these is ever printed.
static void describe_store(Keys& keys, std::string_view key, StoreUrl& store, std::string_view sentence) {
    Secret url = store.url;
    keys.store(key, url, sentence);
    store = StoreUrl::parse(url.reveal());
}

void describe(Keys& keys, StoresSection& stores) {
    describe_store(
        keys, "database", stores.database,
        "`sqlite:PATH`, or `postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full` with the role that "
        "the application runs as (see operations.md).");
    keys.secret(
        "database_owner", stores.database_owner,
        "The URL of the role that owns the tables of PostgreSQL, for migrations at the start. Without it `slipway "
        "migrate` applies them before a new version starts.");
    describe_store(keys, "agents", stores.agents,
                   "A PostgreSQL of their own for what agents keep: conversations and what became of each step. Left "
                   "out: `stores.database`. No transaction spans both.");
    keys.secret("agents_owner", stores.agents_owner, "As `database_owner`, for `stores.agents`.");
    describe_store(keys, "index", stores.index,
                   "`embedded:PATH`, PostgreSQL with pgvector (the URL of `stores.database` or `stores.agents`, or "
                   "another `postgresql://…`), Qdrant (`qdrant+https://HOST:6333/PREFIX`) or OpenSearch "
                   "(`opensearch+https://USER:PASSWORD@HOST:9200/PREFIX`).");
    describe_store(
        keys, "objects", stores.objects,
        "`file:FOLDER`, or a bucket (`s3://BUCKET/PREFIX?region=…&endpoint=…&style=path`) of S3, MinIO or R2.");
    keys.secret(
        "objects_access_key", stores.objects_access_key,
        "The access key of a bucket with keys of its own, as of MinIO or R2. Left out: variables, profiles, web "
        "identity, the roles of ECS and EC2, in AWS's order.");
    keys.secret("objects_secret_key", stores.objects_secret_key, "The secret key that belongs to it.");
    describe_store(
        keys, "secrets", stores.secrets,
        "`env:` – the environment and the file .env – or `secretsmanager://NAME,…`, `ssm://NAME,…` with names or "
        "prefixes (`app/prod/*`); a secret that is a JSON object fills the variables that it names.");
    keys.secret("index_key", stores.index_key, "The key of a Qdrant that asks for one.");
    keys.secret("index_owner", stores.index_owner,
                "As `database_owner`, for an index in another PostgreSQL than `stores.database`.");
    describe_store(keys, "cache", stores.cache,
                   "`memory:` (of each process, `memory:?bytes=N` of at most so much), or `redis://HOST:6379`, "
                   "`rediss://USER:PASSWORD@HOST:6379?ca=FILE` for several servers: then their limits count together.");
    describe_store(keys, "channels", stores.channels,
                   "`memory:` (of each process) or `redis://…`, `rediss://…` for several servers: where what happens "
                   "is told to clients that are connected. Left out: as `stores.cache` where that is Redis.");
    describe_store(keys, "queue", stores.queue,
                   "`database:`, `redis://…` (with an append-only file and `noeviction`) or `sqs://REGION/PREFIX`: "
                   "where jobs wait.");
    describe_store(keys, "mail", stores.mail,
                   "`file:FOLDER` gets a file for each message; `smtp://USER:PASSWORD@HOST:587` (with STARTTLS) or "
                   "`smtps://…` sends it.");
    keys.text("mail_from", stores.mail_from, "Address that messages are from. Left out: nothing can be mailed.",
              {Form::email});
}

}  // namespace slipway::app
