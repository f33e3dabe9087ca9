#include "app/manifest/accounts.h"

// `describe` of PasswordCost is found through Keys, which lives in slipway::app.
namespace slipway::app {
namespace {

using account::Role;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<Choice<RegistrationPolicy>, 2> kPolicies{
    {{RegistrationPolicy::open, "open"}, {RegistrationPolicy::closed, "closed"}}};
constexpr std::array<Choice<Role>, 5> kRoles{{{Role::viewer, "viewer"},
                                              {Role::member, "member"},
                                              {Role::member, "editor"},
                                              {Role::admin, "admin"},
                                              {Role::owner, "owner"}}};
constexpr std::array<std::string_view, 1> kAlgorithms{"HS256"};
constexpr hours kYear{24 * 366};

}  // namespace

static void describe(Keys& keys, AttemptsSection& attempts) {
    keys.integer("max", attempts.max, 1, 10'000,
                 "Failed sign-ins per name in one window; ten times as many per address.");
    keys.duration("window", attempts.window, seconds(1), hours(24), "Length of the window.");
}

static void describe(Keys& keys, PasswordCost& cost) {
    keys.integer("passes", cost.operations, 1, 16, "Passes over the memory.");
    keys.bytes("memory", cost.memory_bytes, 8 << 10, 1 << 30, "Memory for each hash that is computed.");
}

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

static void describe(Keys& keys, DemoUser& demo) {
    keys.text("username", demo.username, "Name of the demo user.");
    keys.text("email", demo.email, "Email address of the demo user.", {Form::email});
    keys.secret("password", demo.password,
                "Password; left out, a random one is made that only the button on the page knows.");
}

void describe(Keys& keys, AccountsSection& accounts) {
    keys.one_of("algorithm", accounts.algorithm, kAlgorithms,
                "How access tokens are signed. There is no other; the key is for applications that name it.");
    keys.secret("secret", accounts.secret,
                "Signs access tokens. Left out in development: a random one is made once and kept in the data folder. "
                "In production and "
                "outside loopback it must be given, with at least 32 bytes.");
    keys.duration("access_token", accounts.access_token, minutes(1), kYear, "How long an access token is valid.");
    keys.duration("refresh_token", accounts.refresh_token, minutes(1), kYear,
                  "How long a session can be continued without signing in again.");
    keys.choice("registration", accounts.registration, kPolicies,
                "Whether people can register; closed: `slipway users create`.");
    keys.integer("password_length_min", accounts.password_length_min, 8, 128,
                 "Least length of a password, in characters.");
    keys.text("workspace", accounts.workspace, "The workspace that every registered user joins.");
    keys.section("attempts", accounts.attempts, "How many failed sign-ins are allowed.");
    keys.section("argon2", accounts.argon2, "Cost of hashing a password (argon2id).");
    keys.section("hashing", accounts.hashing, "How many passwords are hashed at once, so that a flood takes nothing.");
    keys.section("roles", accounts.roles,
                 "Which role may do what; each role may do what those before it may: viewer, member, admin, owner.");
    keys.section("workspaces", accounts.workspaces, "Workspaces: whether each user has one, and what they may hold.");
    keys.section("domains", accounts.domains, "Domains of their own under which workspaces are served.");
    keys.section("keys", accounts.keys, "API keys, which users and `slipway tokens` make.");
    keys.section("beta", accounts.beta, "Tokens with which testers come in without an account.");
    keys.text("service_header", accounts.service_header,
              "A header beside Authorization in which services may send their token, as `TOKEN` or `password TOKEN`.");
    keys.named("service_tokens", accounts.service_tokens,
               "Programs that come in with one token for all, by name, beside those that `slipway tokens` makes.");
    keys.optional_section("demo", accounts.demo, "A user for trying the application, in development only.");
}

}  // namespace slipway::app
