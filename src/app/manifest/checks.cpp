#include "app/manifest/checks.h"

#include <algorithm>
#include <set>

#include "account/mail_templates.h"
#include "account/token_claims.h"
#include "base/text.h"

namespace slipway::app {
namespace {

using Schemes = std::span<const std::string_view>;
constexpr std::array<std::string_view, 3> kDatabases{"sqlite", "postgresql", "postgres"};
constexpr std::array<std::string_view, 2> kAgents{"postgresql", "postgres"};
constexpr std::array<std::string_view, 7> kIndexes{"embedded", "qdrant+http",     "qdrant+https",    "postgresql",
                                                   "postgres", "opensearch+http", "opensearch+https"};
constexpr std::array<std::string_view, 2> kObjects{"file", "s3"};
constexpr std::array<std::string_view, 3> kCaches{"memory", "redis", "rediss"};
constexpr std::array<std::string_view, 4> kQueues{"database", "redis", "rediss", "sqs"};
constexpr std::array<std::string_view, 3> kMails{"file", "smtp", "smtps"};
constexpr std::array<std::string_view, 3> kSecrets{"env", "secretsmanager", "ssm"};

// Words of placeholders that people forget to replace.
constexpr std::array<std::string_view, 10> kPlaceholders{"change",     "replace",    "your-secret", "your_secret",
                                                         "secret-key", "secret_key", "insecure",    "placeholder",
                                                         "example",    "dummy"};
constexpr std::size_t kDistinctBytesMin = 8;
// Defaults of programs that applications come from, which anybody can read.
constexpr std::array<std::string_view, 8> kKnownSecrets{"dev-secret-change-in-production",
                                                        "super-secret-jwt-token-with-at-least-32-characters-long",
                                                        "your-256-bit-secret",
                                                        "password",
                                                        "secret",
                                                        "jwt-secret",
                                                        "development-secret-key-not-for-production-use",
                                                        "jwt-secret-key-for-development-use-only-not-safe"};

bool is_origin(std::string_view origin) {
    const auto scheme = origin.find("://");
    if (scheme == std::string_view::npos || scheme == 0) return false;
    const auto rest = origin.substr(scheme + 3);
    return !rest.empty() && rest.find('/') == std::string_view::npos && rest.find(' ') == std::string_view::npos;
}

void check_scheme(Checks& checks, std::string_view path, const StoreUrl& store, Schemes schemes) {
    if (std::ranges::find(schemes, store.scheme) != schemes.end()) return;
    std::vector<std::string> names;
    for (const auto scheme : schemes) names.push_back(std::string(scheme) + ":");
    const bool looks_like_scheme = store.url.reveal().find(':') != std::string::npos && store.scheme.size() <= 20;
    checks.error(path,
                 looks_like_scheme
                     ? fmt::format("{}: {}: is not a kind of store that is known here.", path, store.scheme)
                     : fmt::format("{}: this is not a store URL.", path),
                 looks_like_scheme ? suggest(store.scheme + ":", names)
                                   : fmt::format("It begins with one of {}.", fmt::join(names, ", ")));
}

void place(Checks& checks, std::string_view path, StoreUrl& store, std::string_view scheme,
           const std::filesystem::path& otherwise) {
    if (store.scheme != scheme) return;
    if (store.path.empty()) store.path = otherwise;
    if (store.path == ":memory:")
        checks.error(path, fmt::format("{}: :memory: would lose everything at the next start.", path), "Name a file.");
    store.path = (checks.manifest.data / store.path).lexically_normal();
}

// Why a secret will not do; empty when it will.
std::string weakness(const Secret& secret) {
    if (secret.empty()) return "is missing";
    if (std::ranges::find(kKnownSecrets, secret.reveal()) != kKnownSecrets.end()) return "is a well-known default";
    if (secret.size() < kSecretBytesMin)
        return fmt::format("has {} bytes; it must have at least {}", secret.size(), kSecretBytesMin);
    const auto lowered = lower_ascii(secret.reveal());
    if (std::ranges::any_of(kPlaceholders, [&](auto word) { return lowered.find(word) != std::string::npos; }))
        return "is a placeholder";
    if (std::set<char>(lowered.begin(), lowered.end()).size() < kDistinctBytesMin) return "is too easy to guess";
    return "";
}

}  // namespace

std::string suggest(std::string_view name, const std::vector<std::string>& names) {
    if (names.empty()) return "There are none.";
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const auto near = nearest(name, candidates);
    return near.empty() ? fmt::format("There are {}.", fmt::join(names, ", "))
                        : fmt::format("Did you mean \"{}\"?", near);
}

// Others than who sits at this machine can reach it, or it holds what they rely on.
static bool is_open_to_others(const Manifest& manifest) {
    return manifest.production() || !manifest.server.is_loopback();
}

// What depends on whether it does, and the limits.
static void check_openness(Checks& checks) {
    auto& server = checks.manifest.server;
    const bool open_to_others = is_open_to_others(checks.manifest);
    if (open_to_others && !checks.reader.given("server.openapi")) server.openapi = false;
    if (!open_to_others) {
        // Tests and load come from one address there.
        if (server.rate_limit.requests == RateLimitSection().requests) server.rate_limit.requests = 0;
        if (!checks.reader.given("server.rate_limits")) server.rate_limits.clear();
    }
    for (const auto& limit : server.rate_limits) {
        const auto path = "server.rate_limits." + limit.name;
        if (limit.routes.empty() && limit.operations.empty())
            checks.error(path, fmt::format("{} has neither routes nor operations.", path),
                         "Without them nothing counts; `routes: [\"*\"]` are all.");
        for (const auto& route : limit.routes)
            if (!RouteRule::parse(route))
                checks.error(path, fmt::format("{}: \"{}\" is no route.", path, cut_utf8(route, 80)),
                             "Write `POST /api/auth/login`, `/api/auth/*` or `*`.");
    }
}

void check_server(Checks& checks) {
    auto& server = checks.manifest.server;
    auto& origins = server.cors.origins;
    for (const auto& origin : origins)
        if (origin != "*" && !is_origin(origin))
            checks.error(
                "server.cors.origins",
                fmt::format("server.cors.origins: \"{}\" is not an origin.", cut_utf8(origin, 80)),
                "Write scheme and host without a path or a slash at the end, such as https://app.example.org.");
    if (std::ranges::find(origins, "*") != origins.end()) {
        if (server.cors.credentials && checks.reader.given("server.cors.credentials"))
            checks.warning("server.cors.origins", "server.cors: with the origin * credentials are not allowed.",
                           "Name the origins to allow them.");
        origins = {"*"};
        server.cors.credentials = false;
    }
    if (server.tls.certificate.empty() != server.tls.key.empty())
        checks.error("server.tls",
                     fmt::format("server.tls.{} is missing.", server.tls.key.empty() ? "key" : "certificate"),
                     "Give both, or none.");
    for (const auto& network : server.proxy_networks)
        if (const auto parsed = net::Network::parse(network); !parsed)
            checks.error("server.proxy_networks", fmt::format("server.proxy_networks: {}", parsed.error().message));
    check_openness(checks);
    std::set<std::string> paths;
    for (const auto& path : {server.health, server.readiness, server.liveness, server.metrics.path})
        if (!path.empty() && !paths.insert(path).second)
            checks.error("server.health", "server: health, readiness, liveness and metrics need different paths.");
}

bool is_store_of_secrets(const StoreUrl& store) { return std::ranges::find(kSecrets, store.scheme) != kSecrets.end(); }

static bool is_redis(const StoreUrl& store) { return store.scheme == "redis" || store.scheme == "rediss"; }

void check_objects(Checks& checks, std::string_view path, StoreUrl& store, const std::filesystem::path& otherwise) {
    check_scheme(checks, path, store, kObjects);
    place(checks, path, store, "file", otherwise);
}

void check_stores(Checks& checks) {
    const StoresSection defaults;
    auto& stores = checks.manifest.stores;
    check_scheme(checks, "stores.database", stores.database, kDatabases);
    if (!stores.agents.url.empty()) check_scheme(checks, "stores.agents", stores.agents, kAgents);
    check_scheme(checks, "stores.index", stores.index, kIndexes);
    check_objects(checks, "stores.objects", stores.objects, defaults.objects.path);
    check_scheme(checks, "stores.secrets", stores.secrets, kSecrets);
    check_scheme(checks, "stores.cache", stores.cache, kCaches);
    if (!checks.reader.given("stores.channels") && is_redis(stores.cache)) stores.channels = stores.cache;
    check_scheme(checks, "stores.channels", stores.channels, kCaches);
    check_scheme(checks, "stores.queue", stores.queue, kQueues);
    if (stores.database.scheme.starts_with("postgres") && (is_redis(stores.queue) || stores.queue.scheme == "sqs") &&
        stores.channels.scheme == "memory")
        checks.warning("stores.channels",
                       "stores.channels is memory:, so what one process does is told to no client of another.",
                       "Give it a Redis where several servers or workers share the database.");
    check_scheme(checks, "stores.mail", stores.mail, kMails);
    place(checks, "stores.database", stores.database, "sqlite", defaults.database.path);
    place(checks, "stores.index", stores.index, "embedded", defaults.index.path);
    place(checks, "stores.mail", stores.mail, "file", defaults.mail.path);
    if (stores.objects_access_key.empty() != stores.objects_secret_key.empty())
        checks.error("stores.objects_access_key",
                     "stores.objects_access_key and stores.objects_secret_key belong together.",
                     "Give both, or none for the keys in AWS's usual places.");
    if (!stores.database.path.empty() && stores.database.path == stores.index.path)
        checks.error("stores.index", "stores.index and stores.database name the same file.",
                     "Give the index a file of its own.");
}

// Who holds one of these is let in, so it must not be guessed. Empty ones let nobody in.
static void check_tokens(Checks& checks, std::string_view because) {
    constexpr std::size_t kBetaTokenMin = 16;
    const auto& accounts = checks.manifest.accounts;
    for (const auto& service : accounts.service_tokens) {
        const auto weak = service.secret.empty() ? std::string() : weakness(service.secret);
        const auto key = fmt::format("accounts.service_tokens.{}.secret", service.name);
        if (!weak.empty())
            checks.error(key, fmt::format("{} {}; this is refused {}.", key, weak, because),
                         "Make one with: openssl rand -base64 48");
    }
    const auto tokens = parse_list(accounts.beta.tokens.reveal());
    if (!tokens)
        checks.error("accounts.beta.tokens", "accounts.beta.tokens is no list of tokens.",
                     "Separate them by commas, or write a JSON array of texts.");
    else if (std::ranges::any_of(*tokens, [](const auto& token) { return token.size() < kBetaTokenMin; }))
        checks.error("accounts.beta.tokens",
                     fmt::format("accounts.beta.tokens has one of less than {} bytes; this is refused {}.",
                                 kBetaTokenMin, because),
                     "`slipway tokens create` makes tokens that cannot be guessed.");
}

static void check_sessions_and_mails(Checks& checks, bool open_to_others, const std::string& because) {
    const auto& manifest = checks.manifest;
    const auto& accounts = manifest.accounts;
    const auto idle = accounts.session.idle > Milliseconds(0) ? accounts.session.idle : accounts.refresh_token;
    if (idle < accounts.access_token && accounts.session.idle > Milliseconds(0))
        checks.error("accounts.session.idle",
                     "accounts.session.idle must be at least as long as accounts.access_token.");
    if (accounts.session.absolute < idle)
        checks.error("accounts.session.absolute",
                     "accounts.session.absolute must be at least as long as a session may be idle.");
    const bool mails = !manifest.stores.mail_from.empty();
    if (accounts.verification != account::Verification::none && !mails)
        checks.error("accounts.verification", "accounts.verification needs mail: stores.mail_from is missing.");
    if (open_to_others && mails && accounts.links.empty()) {
        const auto what = fmt::format("accounts.links is missing; accounts send no mail without it {}.", because);
        const auto advice = "Say where people open the application, such as https://app.example.org.";
        if (accounts.verification != account::Verification::none)
            checks.error("accounts.links", what, advice);
        else
            checks.warning("accounts.links", what, advice);
    }
    if (const auto templates = account::MailTemplates::load(manifest.folder / "mails"); !templates)
        checks.error("accounts", templates.error().message);
}

static void check_providers(Checks& checks) {
    const auto& accounts = checks.manifest.accounts;
    if (accounts.edge && accounts.edge->issuer.empty() != accounts.edge->audience.empty())
        checks.error("accounts.edge", "accounts.edge needs the issuer and the audience of its assertions.");
    for (const auto& provider : accounts.providers)
        if (provider.issuer.empty() && provider.name != "github")
            checks.error(fmt::format("accounts.providers.{}.issuer", provider.name),
                         fmt::format("accounts.providers.{} needs its issuer.", provider.name));
    if (accounts.providers.empty()) return;
    if (accounts.redirects.empty())
        checks.error("accounts.redirects",
                     "accounts.redirects: name the address where browsers go on to after a sign-in with a provider.");
    if (callback_base(checks.manifest).empty())
        checks.error("accounts.callback_base",
                     "accounts.callback_base: say where browsers reach this API, as providers send them back there.");
}

void check_accounts(Checks& checks) {
    const auto& manifest = checks.manifest;
    const auto& accounts = manifest.accounts;
    const bool open_to_others = is_open_to_others(manifest);
    const auto because = manifest.production()
                             ? fmt::format("in {}", to_string(manifest.environment))
                             : fmt::format("when others can reach the server ({})", manifest.server.host);
    const bool elsewhere = accounts.secret.empty() && !checks.secrets_asked;
    const auto weak = elsewhere ? std::string() : weakness(accounts.secret);
    if (open_to_others && !weak.empty())
        checks.error("accounts.secret", fmt::format("accounts.secret {}; this is refused {}.", weak, because),
                     "Make one with: openssl rand -base64 48");
    else if (!accounts.secret.empty() && !weak.empty())
        checks.warning("accounts.secret", fmt::format("accounts.secret {}; in production this is refused.", weak));
    if (open_to_others) check_tokens(checks, because);
    if (open_to_others && accounts.demo)
        checks.error("accounts.demo", fmt::format("accounts.demo: a demo user is refused {}.", because),
                     "Remove it, or listen on 127.0.0.1.");
    for (const auto& [name, text] : accounts.claims)
        if (const auto claim = account::check_claim(name, text); !claim)
            checks.error("accounts.claims", claim.error().message);
    check_sessions_and_mails(checks, open_to_others, because);
    check_providers(checks);
    for (const auto& route : accounts.open_routes)
        if (!RouteRule::parse(route))
            checks.error("accounts.open_routes",
                         fmt::format("accounts.open_routes: \"{}\" is no route.", cut_utf8(route, 80)),
                         "Write `POST /api/auth/login`, `/api/auth/*` or `*`.");
    if (accounts.refresh_token < accounts.access_token)
        checks.error("accounts.refresh_token",
                     "accounts.refresh_token must be valid at least as long as accounts.access_token.");
    if (accounts.demo && !accounts.demo->password.empty() &&
        accounts.demo->password.size() < accounts.password_length_min)
        checks.error("accounts.demo.password", "accounts.demo.password is shorter than accounts.password_length_min.");
}

// "/api/v1"; no parameters, no slash at the end.
static bool is_prefix(std::string_view path) {
    return path.size() > 1 && path.front() == '/' && path.back() != '/' && path.find("//") == std::string_view::npos &&
           path.find_first_of("{}?# \t") == std::string_view::npos;
}

static void check_prefixes(Checks& checks) {
    for (auto& [declared, served] : checks.manifest.script.prefixes) {
        if (!is_prefix(declared) || (served != "/" && !is_prefix(served)))
            checks.error("script.prefixes",
                         fmt::format("script.prefixes: {} → {} are not two paths.", declared, served),
                         "Write them like /api/v1, with a slash in front and none at the end.");
        if (served == "/") served.clear();
    }
}

void check_content(Checks& checks) {
    auto& manifest = checks.manifest;
    check_prefixes(checks);
    auto& files = manifest.script.files;
    std::error_code ignored;
    if (!checks.reader.given("script.files") &&
        std::filesystem::is_regular_file(manifest.folder / "routes.lua", ignored))
        files = {"routes.lua"};
    for (const auto& file : files) {
        if (std::filesystem::is_regular_file(manifest.folder / file, ignored)) continue;
        std::vector<std::string> beside;
        for (std::filesystem::directory_iterator entry(manifest.folder, ignored), end; !ignored && entry != end;
             entry.increment(ignored))
            if (entry->path().extension() == ".lua") beside.push_back(entry->path().filename().string());
        checks.error("script.files", fmt::format("script.files: there is no file {}.", file),
                     beside.empty() ? "Paths are relative to the folder of the application." : suggest(file, beside));
    }
    if (manifest.site.title.empty()) manifest.site.title = manifest.title;
}

}  // namespace slipway::app
