#include "account/service.h"

#include "account/registration.h"
#include "account/tables.h"
#include "base/email.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::string_view kUserByName =
    "select {} from users u left join memberships m on m.user_id = u.id and m.workspace = "
    "coalesce(u.default_workspace, "
    "$1) where u.email = $2 or u.username_folded = $2";
constexpr std::string_view kGenerationClaim = "gen";  // of the session, as sessions.h says
constexpr std::size_t kUsersListedMax = 10'000;

std::unexpected<Error> unknown_user(std::string_view name) {
    return fail(ErrorCode::not_found, "There is no user '{}'. `slipway users list` shows all.", name);
}

std::unexpected<Error> not_standing() {
    return fail(ErrorCode::unauthorized, "The access token is not valid or has expired; sign in again.");
}

Error refusal(std::string_view reason, std::string message) {
    return Error{ErrorCode::forbidden, std::move(message), {{"reason", reason}}};
}

}  // namespace

Accounts::Accounts(store::Database& database, Passwords& passwords, const Audit& audit, SigningKeys& keys,
                   AccountOptions options)
    : database_(database),
      passwords_(passwords),
      audit_(audit),
      keys_(keys),
      options_(std::move(options)),
      sessions_(database, audit, options_.sessions) {}

Task<void> Accounts::prepare() {
    store::Parameters parameters{new_id(), options_.workspace_name, now()};
    SLIPWAY_CO_CHECK(co_await database_.write(
        store::Scope::system(),
        "insert into workspaces(id, name, created_at) values ($1, $2, $3) on conflict(name) do nothing",
        std::move(parameters)));
    store::Parameters by_name{options_.workspace_name};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(), "select id from workspaces where name = $1",
                                           std::move(by_name)));
    if (rows.empty())
        co_return fail(ErrorCode::internal, "The workspace '{}' could not be made.", options_.workspace_name);
    workspace_.value = rows.front().text("id");
    co_return Result<void>();
}

Task<User> Accounts::register_user(Registration registration) {
    if (!options_.registration_open)
        co_return fail(ErrorCode::forbidden,
                       "Registration is closed. An administrator can add you with `slipway users create`.");
    co_return co_await enroll(std::move(registration));
}

Task<User> Accounts::enroll(Registration given, Role role) {
    SLIPWAY_CO_TRY(auto registration, checked(std::move(given), passwords_));
    std::string password_hash;  // matches no password
    if (!registration.without_password) {
        SLIPWAY_CO_TRY(password_hash, co_await passwords_.hash(registration.password));
    }
    co_return co_await enroll_hashed(std::move(registration), std::move(password_hash), role);
}

Task<User> Accounts::enroll_hashed(Registration registration, std::string password_hash, Role role) {
    User user;
    user.id = new_id();
    user.email = registration.email;
    user.username = registration.username;
    user.display_name = registration.display_name;
    user.role = role;
    user.role_name = to_string(role);
    user.system_role = "user";
    user.created_at = now();
    auto body = [this, &user, &registration, &password_hash](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_TRY(user.number, co_await store::next_system_number(transaction, "user"));
        store::Parameters row{
            user.id,       user.number,     user.email,       user.username, lower_ascii(user.username),
            password_hash, user.created_at, user.display_name};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("insert into users(id, number, email, username, username_folded, "
                                         "password_hash, active, created_at, updated_at, display_name) "
                                         "values ($1, $2, $3, $4, $5, $6, 1, $7, $7, $8)",
                                         std::move(row)));
        SLIPWAY_CO_CHECK(co_await join_first_workspace(transaction, user));
        if (registration.within) SLIPWAY_CO_CHECK(co_await registration.within(transaction, user));
        SecurityEvent signed_up{.event = "sign_up", .workspace = user.workspace, .user_id = user.id};
        co_return co_await audit_.record(transaction, std::move(signed_up));
    };
    const store::Database::Body named_body = body;
    auto done = co_await database_.transact(store::Scope::system(), named_body);
    if (!done && done.error().code == ErrorCode::conflict) co_return std::unexpected(taken(std::move(done).error()));
    if (!done) co_return pass(done);
    co_return user;
}

Task<User> Accounts::user_with_password(std::string folded_name, std::string password) {
    store::Parameters parameters{workspace_.value, std::move(folded_name)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(), fmt::format(fmt::runtime(kUserByName), kUserColumns),
                                           std::move(parameters)));
    auto stored = rows.empty() ? std::string() : rows.front().text("password_hash");
    SLIPWAY_CO_TRY(const auto verdict, co_await passwords_.verify(stored, password));
    if (!verdict.correct || rows.empty())
        co_return std::unexpected(
            Error{ErrorCode::unauthorized, "The name or the password is wrong.", {{"reason", "wrong"}}});
    auto user = user_of(rows.front());
    if (verdict.outdated) static_cast<void>(co_await rehash(user.id, std::move(stored), std::move(password)));
    // Told only to who has the password.
    if (!user.active) co_return std::unexpected(refusal("blocked", "This account is blocked."));
    if (options_.verification == Verification::required && !user.email_verified_at)
        co_return std::unexpected(
            refusal("unverified", "The email address is not verified yet; open the link in the mail."));
    co_return user;
}

Task<void> Accounts::rehash(std::string user_id, std::string former_hash, std::string password) {
    SLIPWAY_CO_TRY(auto fresh, co_await passwords_.hash(std::move(password)));
    // Unless the password was changed meanwhile.
    store::Parameters changed{std::move(user_id), std::move(former_hash), std::move(fresh)};
    SLIPWAY_CO_CHECK(co_await database_.write(store::Scope::system(),
                                              "update users set password_hash = $3 where id = $1 and "
                                              "password_hash = $2",
                                              std::move(changed)));
    co_return Result<void>();
}

Task<User> Accounts::prove(std::string name, std::string password, Visit visit, std::string device) {
    const std::string folded = lower_ascii(trim(cut_utf8(name, kEmailLengthMax)));
    const Attempt attempt{"name:" + folded, "address:" + visit.address, std::move(device)};
    SLIPWAY_CO_CHECK(co_await count_attempt(attempt));
    auto user = co_await user_with_password(folded, std::move(password));
    if (!user && user.error().details.contains("reason")) {
        SecurityEvent failed{.event = "sign_in_failed", .success = false, .visit = visit};
        failed.details = {{"reason", user.error().details["reason"]}};
        SLIPWAY_CO_CHECK(co_await audit_.record(std::move(failed)));
    }
    if (!user && user.error().code == ErrorCode::unauthorized) co_return pass(user);
    const auto given_back = co_await give_back_attempt(attempt, user.has_value());
    if (!user) co_return pass(user);
    SLIPWAY_CO_CHECK(given_back);
    co_return *std::move(user);
}

Task<Tokens> Accounts::sign_in(std::string name, std::string password, Visit visit, std::optional<NewDevice> device) {
    auto fingerprint = device ? device->fingerprint : std::string();
    SLIPWAY_CO_TRY(auto user, co_await prove(std::move(name), std::move(password), visit, std::move(fingerprint)));
    NewSession session{.visit = std::move(visit), .device = std::move(device)};
    co_return co_await sign_in_without_password(std::move(user), std::move(session));
}

Task<Tokens> Accounts::tokens_for(User user, Grant grant) {
    using std::chrono::seconds;
    Tokens tokens;
    tokens.expires_in = std::min(options_.access_token_valid_for, std::chrono::ceil<seconds>(grant.ends_at - now()));
    const ClaimSubject subject{user, user.workspace, grant.session_id, grant.device_id};
    auto claims = claims_of(options_.claims, subject);
    claims[kGenerationClaim] = grant.generation;
    SLIPWAY_CO_TRY(tokens.access_token, co_await keys_.sign(std::move(claims), tokens.expires_in));
    tokens.refresh_token = std::move(grant.refresh_token);
    tokens.session_id = std::move(grant.session_id);
    tokens.device_id = std::move(grant.device_id);
    tokens.user = std::move(user);
    co_return tokens;
}

Task<User> Accounts::user_at_home(std::string user_id) {
    static const auto sql = fmt::format(
        "select {} from users u left join memberships m on m.user_id = u.id and m.workspace = "
        "coalesce(u.default_workspace, $2) where u.id = $1",
        kUserColumns);
    store::Parameters parameters{std::move(user_id), workspace_.value};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(store::Scope::system(), sql, std::move(parameters)));
    if (rows.empty() || !rows.front().truth("active"))
        co_return std::unexpected(
            Error{ErrorCode::unauthorized, "The user is blocked, or gone.", {{"reason", "blocked"}}});
    co_return user_of(rows.front());
}

Task<Tokens> Accounts::refresh(std::string refresh_token, Visit visit) {
    SLIPWAY_CO_TRY(auto grant, co_await sessions_.refresh(std::move(refresh_token), std::move(visit)));
    SLIPWAY_CO_TRY(auto user, co_await user_at_home(grant.user_id));
    co_return co_await tokens_for(std::move(user), std::move(grant));
}

Task<void> Accounts::sign_out(std::string refresh_token, Visit visit) {
    SLIPWAY_CO_TRY(auto found, co_await sessions_.find_by_token(std::move(refresh_token)));
    if (!found) co_return Result<void>();
    Ending ending{.user_id = std::move(found->first), .session_id = std::move(found->second), .reason = "sign_out"};
    SLIPWAY_CO_CHECK(co_await sessions_.end(std::move(ending), std::move(visit)));
    co_return Result<void>();
}

Task<Principal> Accounts::authenticate(std::string access_token) {
    SLIPWAY_CO_TRY(const auto claims, co_await keys_.verify(std::move(access_token)));
    WorkspaceId workspace{std::string(text_or(claims, "ws"))};
    SLIPWAY_CO_TRY(auto principal,
                   co_await standing(std::string(text_or(claims, "sub")), std::string(text_or(claims, "sid")),
                                     integer_or(claims, kGenerationClaim, 0), std::move(workspace)));
    principal.proven_until = from_unix_ms(integer_or(claims, "exp", 0) * 1000);
    co_return principal;
}

Task<Principal> Accounts::renew(Principal principal) {
    if (principal.proven_until <= now()) co_return not_standing();
    const auto until = principal.proven_until;
    const auto workspace = principal.workspace;
    SLIPWAY_CO_TRY(principal, co_await standing(std::move(principal.user.id), std::move(principal.session_id), 0,
                                                std::move(principal.workspace)));
    if (principal.workspace != workspace) co_return not_standing();  // what lasts would go on where it may not
    principal.proven_until = until;
    co_return principal;
}

Task<Principal> Accounts::standing(std::string user_id, std::string session_id, std::int64_t generation,
                                   WorkspaceId workspace) {
    static const auto sql = fmt::format(
        "select {} from users u left join memberships m on m.user_id = u.id and m.workspace = $2 where u.id = $1",
        kUserColumns);
    SLIPWAY_CO_TRY(auto session, co_await sessions_.standing(user_id, session_id, generation));
    store::Parameters parameters{std::move(user_id), workspace.value};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read_often(store::Scope::system(), sql, std::move(parameters)));
    if (rows.empty() || !rows.front().truth("active")) co_return not_standing();
    Principal principal;
    principal.user = user_of(rows.front());
    principal.workspace.value = principal.user.workspace;  // none once it is no member of it any more
    principal.session_id = std::move(session_id);
    principal.device_id = std::move(session.device_id);
    principal.assurance = session.assurance;
    principal.authenticated_at = session.authenticated_at;
    co_return principal;
}

Task<Principal> Accounts::member(WorkspaceId workspace, std::string user_id) {
    static const auto sql = fmt::format(
        "select {} from users u join memberships m on m.user_id = u.id and m.workspace = $2 where u.id = $1",
        kUserColumns);
    store::Parameters parameters{std::move(user_id), workspace.value};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(store::Scope::system(), sql, std::move(parameters)));
    if (rows.empty() || !rows.front().truth("active"))
        co_return fail(ErrorCode::forbidden, "The user is blocked, or no member of this workspace any more.");
    Principal principal;
    principal.user = user_of(rows.front());
    principal.workspace = std::move(workspace);
    principal.proven_until = Instant::max();
    co_return principal;
}

Task<std::vector<User>> Accounts::list() {
    store::Parameters parameters{workspace_.value, kUsersListedMax};
    const auto sql = fmt::format(
        "select {} from users u left join memberships m on m.user_id = u.id and m.workspace = "
        "coalesce(u.default_workspace, $1) order by u.number limit $2",
        kUserColumns);
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(store::Scope::system(), sql, std::move(parameters)));
    std::vector<User> users;
    for (const auto row : rows) users.push_back(user_of(row));
    co_return users;
}

Task<User> Accounts::find(std::string name) {
    store::Parameters parameters{workspace_.value, lower_ascii(name)};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database_.read(store::Scope::system(), fmt::format(fmt::runtime(kUserByName), kUserColumns),
                                           std::move(parameters)));
    if (rows.empty()) co_return unknown_user(name);
    co_return user_of(rows.front());
}

Task<void> Accounts::set_password(std::string name, std::string password) {
    SLIPWAY_CO_TRY(const auto user, co_await find(name));
    SLIPWAY_CO_CHECK(passwords_.check(password, {user.username, user.email, user.display_name}));
    SLIPWAY_CO_TRY(const auto password_hash, co_await passwords_.hash(std::move(password)));
    std::vector<std::string> ended;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters changed{user.id, password_hash, now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update users set password_hash = $2, password_changed_at = $3, updated_at = $3 where id = $1",
            std::move(changed)));
        Ending all{.user_id = user.id, .reason = "password_changed"};
        SLIPWAY_CO_TRY(ended, co_await sessions_.end_within(transaction, std::move(all)));
        SecurityEvent event{.event = "password_changed", .user_id = user.id};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await sessions_.forget(std::move(ended));
}

Task<void> Accounts::set_role(std::string name, Role role) {
    SLIPWAY_CO_TRY(const auto user, co_await find(name));
    store::Parameters parameters{user.workspace, user.id, to_string(role)};
    SLIPWAY_CO_CHECK(co_await database_.write(store::Scope::system(),
                                              "update memberships set role = $3 where workspace = $1 and user_id = $2",
                                              std::move(parameters)));
    co_return Result<void>();
}

Task<void> Accounts::set_active(std::string name, bool active) {
    SLIPWAY_CO_TRY(const auto user, co_await find(name));
    std::vector<std::string> ended;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters changed{user.id, active, now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute("update users set active = $2, updated_at = $3 where id = $1",
                                                      std::move(changed)));
        Ending all{.user_id = user.id, .reason = "deactivated"};
        if (!active) {
            SLIPWAY_CO_TRY(ended, co_await sessions_.end_within(transaction, std::move(all)));
        }
        SecurityEvent event{.event = active ? "user_activated" : "user_deactivated", .user_id = user.id};
        co_return co_await audit_.record(transaction, std::move(event));
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    co_return co_await sessions_.forget(std::move(ended));
}

}  // namespace slipway::account
