#include "serve/rate_limit.h"

#include "base/crypto.h"
#include "base/log.h"
#include "base/network_address.h"
#include "face/api/access.h"

namespace slipway::serve {
namespace {

using std::chrono::seconds;

constexpr std::string_view kGeneral = "requests";

// GCRA knows a burst and how long it takes to come back.
store::Limit bounds_of(const app::RateLimitSection& rate) {
    const auto burst = rate.burst == 0 ? rate.requests : std::min(rate.burst, rate.requests);
    const auto share = static_cast<double>(burst) / static_cast<double>(rate.requests);
    const auto whole = static_cast<std::int64_t>(std::ceil(static_cast<double>(rate.period.count()) * share));
    return {.burst = burst, .period = Milliseconds(std::max<std::int64_t>(1, whole))};
}

std::int64_t seconds_up(Milliseconds time) {
    return std::max<std::int64_t>(1, std::chrono::ceil<seconds>(time).count());
}

Error too_many(const app::RateLimitSection& rate, const store::Admission& admission) {
    const auto wait = seconds_up(admission.retry_after);
    Error error{ErrorCode::rate_limited,
                fmt::format("Too many requests: at most {} in {} seconds. Try again in {} seconds.", rate.requests,
                            std::chrono::duration_cast<seconds>(rate.period).count(), wait),
                {}};
    return std::move(error).with("retry_after_seconds", wait);
}

// What an answer says of the tightest limit that counted it.
class Told {
 public:
    void note(const app::NamedRateLimit& rule, const store::Admission& admission) {
        if (rule_ != nullptr && admission.remaining >= admission_.remaining) return;
        rule_ = &rule;
        admission_ = admission;
    }
    void write(app::LimitHeaders form, net::Headers& headers) const {
        if (rule_ == nullptr || form == app::LimitHeaders::none) return;
        const auto window = std::chrono::duration_cast<seconds>(rule_->rate.period).count();
        const auto full = seconds_up(admission_.full_after);
        if (form == app::LimitHeaders::draft) {
            headers.set("RateLimit-Policy", fmt::format("\"{}\";q={};w={}", rule_->name, rule_->rate.requests, window));
            headers.set("RateLimit", fmt::format("\"{}\";r={};t={}", rule_->name, admission_.remaining, full));
            return;
        }
        headers.set("X-RateLimit-Limit", fmt::format("{}", rule_->rate.requests));
        headers.set("X-RateLimit-Remaining", fmt::format("{}", admission_.remaining));
        headers.set("X-RateLimit-Reset", fmt::format("{}", to_unix_ms(now()) / 1000 + full));
        headers.set("X-RateLimit-Window", fmt::format("{}", window));
    }

 private:
    const app::NamedRateLimit* rule_ = nullptr;
    store::Admission admission_;
};

std::string_view credential_of(const net::Request& request) {
    const auto bearer = face::bearer_of(request);
    return bearer.empty() ? request.headers.get("X-API-Key") : bearer;
}

}  // namespace

// Whom a request counts for. What takes work is found out once.
struct RateLimit::Subjects {
    Subjects(const RateLimitOptions& options, const net::Request& request)
        : credential(credential_of(request)), address("address " + network_of(request.remote_address)) {
        if (credential.empty()) return;
        if (auto id = options.user_of(std::string(credential)); !id.empty()) user = "user " + id;
    }

    // Empty: the limit is none of this request's.
    std::string by(app::LimitBy whom) const {
        switch (whom) {
            case app::LimitBy::client:
                return user.empty() ? address : user;
            case app::LimitBy::address:
                return address;
            case app::LimitBy::user:
                return user;
            case app::LimitBy::anonymous:
                return user.empty() ? address : std::string();
            case app::LimitBy::token:
                return user.empty() && !credential.empty() ? "token " + sha256_hex(credential) : std::string();
            case app::LimitBy::everybody:
                return "everybody";
        }
        return address;
    }

    std::string_view credential;
    std::string address, user;
};

RateLimit::RateLimit(RateLimitOptions options) : options_(std::move(options)) {
    for (const auto& rule : options_.section.rate_limits)
        if (rule.rate.requests > 0) limits_.push_back(limit_of(rule));
    app::NamedRateLimit general;
    general.name = kGeneral;
    general.routes = {"*"};
    general.by = app::LimitBy::client;
    general.rate = options_.section.rate_limit;
    if (general.rate.requests > 0) limits_.push_back(limit_of(std::move(general)));
}

RateLimit::Limit RateLimit::limit_of(app::NamedRateLimit rule) {
    Limit limit{.rule = std::move(rule), .routes = {}, .bounds = {}};
    limit.bounds = bounds_of(limit.rule.rate);
    for (const auto& route : limit.rule.routes)
        if (auto parsed = app::RouteRule::parse(route)) limit.routes.push_back(*std::move(parsed));
    return limit;
}

// Once: an operator who reads it will not need it twice.
void RateLimit::warn_of_proxies(const net::Request& request) const {
    if (options_.section.trusted_proxies > 0 || !request.headers.has("X-Forwarded-For") || warned_.test_and_set())
        return;
    log::warning("requests are forwarded by a proxy that is not declared, so all clients count as one",
                 {{"key", "server.trusted_proxies"}, {"proxy", request.remote_address}});
}

Task<store::Admission> RateLimit::take(const Limit& limit, std::string subject) const {
    store::CacheKey key{limit.rule.name, std::move(subject)};
    co_return co_await options_.limiter.admit(options_.workspace, std::move(key), limit.bounds);
}

Task<void> RateLimit::admit(const net::Request& request, net::Headers& told) const {
    if (request.private_socket || is_probe(options_.section, request)) co_return Result<void>();
    warn_of_proxies(request);
    const Subjects subjects(options_, request);
    Told headers;
    const app::NamedRateLimit* refused = nullptr;
    store::Admission admission;
    for (const auto& limit : limits_) {
        const auto covers = [&](const app::RouteRule& route) { return route.covers(request); };
        if (std::ranges::none_of(limit.routes, covers)) continue;
        auto subject = subjects.by(limit.rule.by);
        if (subject.empty()) continue;
        SLIPWAY_CO_TRY(admission, co_await take(limit, std::move(subject)));
        headers.note(limit.rule, admission);
        if (admission.admitted) continue;
        refused = &limit.rule;
        break;
    }
    headers.write(options_.section.rate_limit_headers, told);
    if (refused != nullptr) co_return std::unexpected(too_many(refused->rate, admission));
    co_return Result<void>();
}

Task<void> RateLimit::admit(const account::User& user) const {
    if (limits_.empty() || limits_.back().rule.name != kGeneral) co_return Result<void>();
    const auto& general = limits_.back();
    SLIPWAY_CO_TRY(const auto admission, co_await take(general, "user " + user.id));
    if (!admission.admitted) co_return std::unexpected(too_many(general.rule.rate, admission));
    co_return Result<void>();
}

Task<void> RateLimit::admit_operation(const std::string& operation, const net::Request& request) const {
    if (request.private_socket) co_return Result<void>();
    const Subjects subjects(options_, request);
    for (const auto& limit : limits_) {
        if (std::ranges::find(limit.rule.operations, operation) == limit.rule.operations.end()) continue;
        auto subject = subjects.by(limit.rule.by);
        if (subject.empty()) continue;
        SLIPWAY_CO_TRY(const auto admission, co_await take(limit, std::move(subject)));
        if (!admission.admitted) co_return std::unexpected(too_many(limit.rule.rate, admission));
    }
    co_return Result<void>();
}

std::vector<std::string> RateLimit::operations() const {
    std::vector<std::string> names;
    for (const auto& limit : limits_)
        names.insert(names.end(), limit.rule.operations.begin(), limit.rule.operations.end());
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

bool is_probe(const app::ServerSection& section, const net::Request& request) {
    return request.route == section.health || request.route == section.readiness || request.route == section.liveness;
}

}  // namespace slipway::serve
