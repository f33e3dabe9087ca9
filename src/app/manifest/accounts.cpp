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
constexpr std::array<Choice<Role>, 4> kRoles{
    {{Role::viewer, "viewer"}, {Role::member, "member"}, {Role::admin, "admin"}, {Role::owner, "owner"}}};
constexpr std::array<std::string_view, 1> kAlgorithms{"HS256"};
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

static void describe(Keys& keys, account::Rights& roles) {
    keys.choice("write_documents", roles.write_documents, kRoles,
                "Least role that adds, edits and deletes single documents.");
    keys.choice("delete_all_documents", roles.delete_all_documents, kRoles,
                "Least role that deletes all documents at once.");
    keys.later("manage_users", "Least role that manages users over the API; today `slipway users` does.");
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
    keys.section("roles", accounts.roles,
                 "Which role may do what; each role may do what those before it may: viewer, member, admin, owner.");
    keys.boolean("required", accounts.required,
                 "Whether every route is closed to who is not known, also those that say otherwise. Open remain the "
                 "health checks and `open_routes`.");
    keys.texts(
        "open_routes", accounts.open_routes,
        "What stays open with `required`: the ways to sign in, such as `POST /api/auth/login` or `/api/auth/*`.");
    keys.optional_section("demo", accounts.demo, "A user for trying the application, in development only.");
}

}  // namespace slipway::app
