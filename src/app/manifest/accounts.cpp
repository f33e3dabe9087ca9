#include "app/manifest/accounts.h"

#include "app/manifest/manifest.h"
#include "base/text.h"

// `describe` of PasswordCost is found through Keys, which lives in slipway::app.
namespace slipway::app {
namespace {

using account::Role;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<Choice<RegistrationPolicy>, 2> kPolicies{
    {{RegistrationPolicy::open, "open"}, {RegistrationPolicy::closed, "closed"}}};
constexpr std::array<Choice<Revocation>, 2> kRevocations{
    {{Revocation::immediate, "immediate"}, {Revocation::token, "token"}}};
constexpr std::array<Choice<account::Verification>, 3> kVerifications{{{account::Verification::none, "none"},
                                                                       {account::Verification::optional, "optional"},
                                                                       {account::Verification::required, "required"}}};
constexpr std::array<Choice<account::SigningAlgorithm>, 2> kAlgorithms{
    {{account::SigningAlgorithm::hs256, "HS256"}, {account::SigningAlgorithm::eddsa, "EdDSA"}}};
constexpr hours kYear{24 * 366};

}  // namespace

static void describe(Keys& keys, AttemptsSection& attempts) {
    keys.integer("max", attempts.max, 1, 10'000,
                 "Failed sign-ins of an account before further ones are delayed; ten times as many per address in a "
                 "window. Devices and networks from which it was signed in to before are counted apart.");
    keys.duration("window", attempts.window, seconds(1), hours(24),
                  "The longest of the delays, which double; and the window of an address.");
}

static void describe(Keys& keys, PasswordCost& cost) {
    keys.integer("passes", cost.operations, 1, 16, "Passes over the memory.");
    keys.bytes("memory", cost.memory_bytes, 8 << 10, 1 << 30, "Memory for each hash that is computed.");
}

static void describe(Keys& keys, SessionSection& session) {
    keys.duration("idle", session.idle, Milliseconds(0), kYear,
                  "A session that is not continued for so long has ended; 0: refresh_token.");
    keys.duration("absolute", session.absolute, minutes(1), kYear * 10,
                  "A session ends so long after its sign-in, whatever is done.");
    keys.boolean("one_per_device", session.one_per_device,
                 "Whether a sign-in ends the earlier sessions of the same device.");
}

static void describe(Keys& keys, DemoUser& demo) {
    keys.text("username", demo.username, "Name of the demo user.");
    keys.text("email", demo.email, "Email address of the demo user.", {Form::email});
    keys.secret("password", demo.password,
                "Password; left out, a random one is made that only the button on the page knows.");
}

// Who else may say who somebody is.
static void describe_others(Keys& keys, AccountsSection& accounts) {
    keys.named("providers", accounts.providers,
               "With whom people can sign in, by name: google, github, or any OpenID Connect issuer.");
    keys.text("callback_base", accounts.callback_base,
              "Where browsers reach this API, such as https://api.example.org: providers send them back to "
              "/api/auth/oauth/NAME/callback there. Left out: links, and on loopback the server's own address.",
              {Form::url});
    keys.texts("redirects", accounts.redirects,
               "The addresses where a browser may go on to after a sign-in with a provider, to the letter. The first "
               "is the usual one.",
               {Form::url});
    keys.optional_section("edge", accounts.edge,
                          "A proxy in front that signs people in: who has an assertion of it needs no other proof.");
}

void describe(Keys& keys, AccountsSection& accounts) {
    keys.choice("algorithm", accounts.algorithm, kAlgorithms,
                "How access tokens are signed. EdDSA: with keys that the application makes itself, whose public halves "
                "are at /.well-known/jwks.json (`slipway keys`). HS256: with the secret.");
    keys.secret("secret", accounts.secret,
                "Signs access tokens, or seals the keys that do. Left out in development: a random one is made once "
                "and kept in the data folder. "
                "In production and "
                "outside loopback it must be given, with at least 32 bytes.");
    keys.secret("previous_secrets", accounts.previous_secrets,
                "Former secrets, separated by commas: what was signed or sealed with them is valid still, so that a "
                "new one signs nobody out. Take them out once access_token has passed and `slipway keys rotate` was "
                "run.");
    keys.text("issuer", accounts.issuer, "Claim iss of access tokens; a token with another is refused.");
    keys.text("audience", accounts.audience, "Claim aud of access tokens; a token with another is refused.");
    keys.text("type", accounts.token_type, "Claim type of access tokens; a token with another is refused.");
    keys.text_map("claims", accounts.claims,
                  "Further claims of access tokens: texts with {id}, {number}, {email}, {username}, {display_name}, "
                  "{role}, {is_admin}, {system_role}, {workspace}, {session_id}, {device_id}, {jti}.");
    keys.duration("access_token", accounts.access_token, minutes(1), kYear, "How long an access token is valid.");
    keys.duration("refresh_token", accounts.refresh_token, minutes(1), kYear,
                  "How long a session can be continued without signing in again.");
    keys.section("session", accounts.session, "How long a session lives.");
    keys.choice("revocation", accounts.revocation, kRevocations,
                "Whether a session that has ended is refused at once (immediate), or once its access token has ended "
                "(token), which saves a look at each request.");
    keys.choice("verification", accounts.verification, kVerifications,
                "Whether people show that their address is theirs: none, optional (a mail asks for it), required "
                "(before the first sign-in; then a sign-up tells nobody whether an address is known). Needs "
                "stores.mail_from.");
    keys.text("links", accounts.links,
              "Where people open the application, such as https://app.example.org: links in mails begin with it. "
              "Outside loopback accounts send no mail without it.",
              {Form::url});
    keys.choice("registration", accounts.registration, kPolicies,
                "Whether people can register; closed: `slipway users create`.");
    keys.integer("password_length_min", accounts.password_length_min, 8, 128,
                 "Least length of a password, in characters.");
    keys.text("workspace", accounts.workspace, "The workspace that every registered user joins.");
    keys.section("attempts", accounts.attempts, "How many failed sign-ins are allowed.");
    keys.section("argon2", accounts.argon2, "Cost of hashing a password (argon2id).");
    describe_access(keys, accounts);
    keys.section("roles", accounts.roles,
                 "Which role may do what; each role may do what those before it may: viewer, member, admin, owner.");
    keys.boolean("required", accounts.required,
                 "Whether every route is closed to who is not known, also those that say otherwise. Open remain the "
                 "health checks and `open_routes`.");
    keys.texts(
        "open_routes", accounts.open_routes,
        "What stays open with `required`: the ways to sign in, such as `POST /api/auth/login` or `/api/auth/*`.");
    describe_others(keys, accounts);
    keys.section("workspaces", accounts.workspaces, "Workspaces: whether each user has one, and what they may hold.");
    keys.section("domains", accounts.domains, "Domains of their own under which workspaces are served.");
    keys.optional_section("demo", accounts.demo, "A user for trying the application, in development only.");
}

std::string callback_base(const Manifest& manifest) {
    const auto& accounts = manifest.accounts;
    auto base = accounts.callback_base.empty() ? accounts.links : accounts.callback_base;
    while (base.ends_with('/')) base.pop_back();
    if (!base.empty() || !manifest.server.is_loopback() || manifest.server.port == 0) return base;
    return fmt::format("http://127.0.0.1:{}", manifest.server.port);
}

std::vector<std::string> previous_secrets(const AccountsSection& accounts) {
    std::vector<std::string> secrets;
    for (const auto part : split(accounts.previous_secrets.reveal(), ','))
        if (const auto secret = trim(part); !secret.empty()) secrets.emplace_back(secret);
    return secrets;
}

}  // namespace slipway::app
