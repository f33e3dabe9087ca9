#include "app/manifest/account_access.h"

namespace slipway::app {
namespace {

using account::FactorPolicy;
using account::Role;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<Choice<Role>, 4> kRoles{
    {{Role::viewer, "viewer"}, {Role::member, "member"}, {Role::admin, "admin"}, {Role::owner, "owner"}}};
constexpr std::array<Choice<FactorPolicy>, 3> kFactors{
    {{FactorPolicy::off, "off"}, {FactorPolicy::optional, "optional"}, {FactorPolicy::required, "required"}}};
constexpr std::array<std::string_view, 5> kRequiredFrom{"nobody", "viewer", "member", "admin", "owner"};

}  // namespace

static void describe(Keys& keys, KeysSection& section) {
    keys.text("prefix", section.prefix, "What API keys begin with, so that people and scanners know them.");
    keys.integer("rate_per_minute", section.rate_per_minute, 1, account::kRatePerMinuteMax,
                 "Requests each minute with a key that says nothing else.");
    keys.integer("rate_per_day", section.rate_per_day, 1, account::kRatePerDayMax,
                 "Requests each day with a key that says nothing else.");
}

static void describe(Keys& keys, BetaSection& beta) {
    keys.secret("tokens", beta.tokens,
                "Tokens of testers, separated by commas; an empty list admits nobody. Further ones: `slipway tokens "
                "create`.");
    keys.text("pattern", beta.pattern,
              "What tokens that are made look like; {year} and {suffix} are filled in, {suffix} must be the end.");
    keys.choice("role", beta.role, kRoles, "Role of who has one of those tokens.");
    keys.integer("rate_per_minute", beta.rate_per_minute, 1, account::kRatePerMinuteMax,
                 "Requests each minute with one of those tokens.");
}

static void describe(Keys& keys, ServiceToken& service) {
    keys.secret("secret", service.secret, "The token; without one nobody comes in by it.");
    keys.choice("role", service.role, kRoles, "Role of who has it.");
}

static void describe(Keys& keys, HashingSection& hashing) {
    keys.integer("threads", hashing.threads, 0, 64, "Passwords hashed at once; 0: one on each processor.");
    keys.integer("waiting", hashing.waiting, 1, 10'000,
                 "Hashes under way and waiting together; who comes then is told when to come again (503).");
    keys.bytes("memory", hashing.memory, 1 << 20, std::size_t{16} << 30, "Memory of all that are hashed at once.");
}

void describe_access(Keys& keys, AccessSection& accounts) {
    keys.section("hashing", accounts.hashing, "How many passwords are hashed at once, so that a flood takes nothing.");
    keys.section("keys", accounts.keys, "API keys, which users and `slipway tokens` make.");
    keys.section("beta", accounts.beta, "Tokens with which testers come in without an account.");
    keys.text("service_header", accounts.service_header,
              "A header beside Authorization in which services may send their token, as `TOKEN` or `password TOKEN`.");
    keys.named("service_tokens", accounts.service_tokens,
               "Programs that come in with one token for all, by name, beside those that `slipway tokens` makes.");
    keys.choice("factors", accounts.factors, kFactors,
                "Second factors (codes of an authenticator): off, optional, or required of everybody, who then can do "
                "nothing else before there is one.");
    keys.one_of("factors_required_from", accounts.factors_required_from, kRequiredFrom,
                "Whether a second factor is required of who has this role or a higher one.");
    keys.duration("step_up", accounts.step_up, minutes(1), hours(24),
                  "How long after the password was asked for somebody may change how they sign in.");
    keys.boolean("anonymous", accounts.anonymous,
                 "Whether people can begin without an account, which they can make later and keep what they have.");
    keys.choice("anonymous_role", accounts.anonymous_role, kRoles, "Role of who has no account yet.");
    keys.duration("anonymous_kept", accounts.anonymous_kept, hours(1), hours(24 * 366),
                  "How long somebody without an account is kept who is not seen any more.");
}

}  // namespace slipway::app
