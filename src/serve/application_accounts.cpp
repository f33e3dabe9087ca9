// The part of an application that knows who somebody is and what they may: accounts, and what stands beside them.
#include "base/crypto.h"
#include "base/sealed_box.h"
#include "serve/application.h"
#include "serve/outside.h"
#include "serve/stores.h"
#include "serve/workspace_removal.h"
#include "store/cache/database_limiter.h"

namespace slipway::serve {
namespace {

constexpr std::chrono::seconds kLinksValidFor = std::chrono::hours(12);
constexpr std::string_view kSecretName = "jwt";
constexpr std::string_view kFactorKeyName = "second factors";
constexpr std::string_view kAuditKeyName = "seals of security events";

std::chrono::seconds seconds_of(Milliseconds duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

account::SessionOptions session_options(const app::Manifest& manifest, const std::string& secret, store::Cache& cache) {
    const auto& section = manifest.accounts;
    account::SessionOptions options;
    options.secret = secret;
    options.former_secrets = app::previous_secrets(section);
    const bool idle = section.session.idle > Milliseconds(0);
    options.idle = seconds_of(idle ? section.session.idle : section.refresh_token);
    options.absolute = seconds_of(section.session.absolute);
    options.one_per_device = section.session.one_per_device;
    options.checked = section.revocation == app::Revocation::immediate;
    if (manifest.stores.cache.scheme.starts_with("redis")) options.mirror = &cache;
    return options;
}

}  // namespace

Result<std::string> Application::token_secret() const {
    const auto& given = manifest_.accounts.secret;
    // Only development gets further than this without one: the manifest refuses it elsewhere.
    if (!given.empty()) return given.reveal();
    return folder_.secret(kSecretName);
}

Result<void> Application::open_accounts() {
    const auto& section = manifest_.accounts;
    account::AccountOptions options;
    SLIPWAY_TRY(const auto secret, token_secret());
    options.claims = section.claims;
    options.access_token_valid_for = seconds_of(section.access_token);
    options.sessions = session_options(manifest_, secret, *cache_);
    options.verification = section.verification;
    options.registration_open = section.registration == app::RegistrationPolicy::open;
    options.attempts_max = section.attempts.max;
    options.attempts_window = seconds_of(section.attempts.window);
    options.workspace_name = section.workspace;
    links_ = std::make_unique<app::Links>(secret, kLinksValidFor);
    account::AuditOptions audited;
    audited.key = hmac_sha256(secret, kAuditKeyName);
    for (const auto& former : app::previous_secrets(section))
        audited.former_keys.push_back(hmac_sha256(former, kAuditKeyName));
    audit_ = std::make_unique<account::Audit>(*database_, std::move(audited));
    open_factors(secret);
    options.factors = factors_.get();
    SLIPWAY_CHECK(open_workspaces());
    if (section.workspaces.mode == app::WorkspaceMode::own) options.personal_workspaces = workspaces_.get();
    options.first_user_owns = section.workspaces.first_user_owns && !manifest_.production();
    account::PasswordOptions hashed;
    hashed.cost = section.argon2;
    hashed.length_min = section.password_length_min;
    hashed.threads = section.hashing.threads;
    hashed.memory_max = section.hashing.memory;
    hashed.waiting_max = section.hashing.waiting;
    passwords_ = std::make_unique<account::Passwords>(hashed);
    SLIPWAY_CHECK(open_signing_keys(secret));
    accounts_ =
        std::make_unique<account::Accounts>(*database_, *passwords_, *audit_, *signing_keys_, std::move(options));
    SLIPWAY_CHECK(run_to_end(accounts_->prepare()));
    outside_ = outside_client(manifest_);
    open_authentication();
    open_identities();
    SLIPWAY_TRY(queue_, open_queue(manifest_, *database_, accounts_->workspace(), *aws_));
    jobs_ = std::make_unique<job::Jobs>(*database_, *queue_);
    return open_account_matters();
}

void Application::open_factors(const std::string& secret) {
    const auto& section = manifest_.accounts;
    account::FactorOptions options;
    options.policy = section.factors;
    options.required_from = account::role_from(section.factors_required_from);
    options.key = derive_key(secret, kFactorKeyName);
    for (const auto& former : app::previous_secrets(section))
        options.former_keys.push_back(derive_key(former, kFactorKeyName));
    options.issuer = manifest_.title;
    options.step_up = seconds_of(section.step_up);
    factors_ = std::make_unique<account::Factors>(*database_, *cache_, *audit_, std::move(options));
}

void Application::open_authentication() {
    const auto& section = manifest_.accounts;
    account::KeyOptions kept;
    kept.prefix = section.keys.prefix;
    kept.rate_per_minute = section.keys.rate_per_minute;
    kept.rate_per_day = section.keys.rate_per_day;
    kept.beta_pattern = section.beta.pattern;
    keys_ = std::make_unique<account::AccessKeys>(*database_, *cache_, *audit_, std::move(kept));
    std::vector<account::ConfiguredToken> tokens;
    for (const auto& token : app::parse_list(section.beta.tokens.reveal()).value_or(std::vector<std::string>()))
        tokens.push_back({"", token, account::Proof::beta_token, section.beta.role, section.beta.rate_per_minute});
    for (const auto& service : section.service_tokens)
        tokens.push_back({service.name, service.secret.reveal(), account::Proof::service_token, service.role, {}});
    account::AnonymousOptions begun;
    begun.allowed = section.anonymous;
    begun.role = section.anonymous_role;
    begun.kept_for = seconds_of(section.anonymous_kept);
    anonymous_ =
        std::make_unique<account::AnonymousUsers>(*database_, *cache_, *audit_, *passwords_, *accounts_, begun);
    account::AuthenticationOptions options;
    options.service_header = section.service_header;
    open_edge(options);
    authentication_ = std::make_unique<account::Authentication>(
        *accounts_, *keys_, *factors_,
        account::ConfiguredTokens(token_secret().value_or(""), accounts_->workspace(), tokens), std::move(options));
}

Result<void> Application::open_limits() {
    if (manifest_.stores.cache.scheme == "memory" && database_->dialect().shared)
        database_limits_ = store::make_database_limiter(*database_);
    auto user_of = [this](const std::string& token) -> std::string {
        const auto claims = signing_keys_->verify_now(token);
        return claims ? std::string(text_or(*claims, "sub")) : std::string();
    };
    store::Limiter* limiter = database_limits_.get();
    if (limiter == nullptr) limiter = cache_.get();
    rate_limit_ = std::make_unique<RateLimit>(RateLimitOptions{.section = manifest_.server,
                                                               .limiter = *limiter,
                                                               .workspace = accounts_->workspace(),
                                                               .user_of = std::move(user_of)});
    return {};
}

}  // namespace slipway::serve
