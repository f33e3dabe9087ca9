#include "account/service.h"

#include "account/jwt.h"
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
constexpr std::size_t kUsersListedMax = 10'000;

std::unexpected<Error> unknown_user(std::string_view name) {
    return fail(ErrorCode::not_found, "There is no user '{}'. `slipway users list` shows all.", name);
}

// The database names the column in its message; a client is told only whether it was the email or the username.
Error taken(Error error) {
    const bool email = error.message.find("email") != std::string::npos ||
                       text_or(error.details, "constraint").find("email") != std::string::npos;
    const std::string field = email ? "email" : "username";
    return Error{ErrorCode::conflict, fmt::format("This {} is already registered.", field), {{"field", field}}};
}

std::unexpected<Error> not_standing() {
    return fail(ErrorCode::unauthorized, "The access token is not valid or has expired; sign in again.");
}

}  // namespace

Accounts::Accounts(store::Database& database, Passwords& passwords, const Audit& audit, AccountOptions options)
    : database_(database), passwords_(passwords), audit_(audit), options_(std::move(options)) {}

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
    SLIPWAY_CO_TRY(const auto registration, checked(std::move(given), passwords_));
    SLIPWAY_CO_TRY(const auto password_hash, co_await passwords_.hash(registration.password));
    User user;
    user.id = new_id();
    user.email = registration.email;
    user.username = registration.username;
    user.display_name = registration.display_name;
    user.role = role;
    user.role_name = to_string(role);
    user.system_role = "user";
    user.created_at = now();
    auto body = [this, &user, &password_hash](store::Transaction& transaction) -> Task<void> {
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
    if (!verdict.correct || rows.empty() || !rows.front().truth("active"))
        co_return fail(ErrorCode::unauthorized, "The name or the password is wrong.");
    auto user = user_of(rows.front());
    if (verdict.outdated) static_cast<void>(co_await rehash(user.id, std::move(stored), std::move(password)));
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

Task<Tokens> Accounts::sign_in(std::string name, std::string password, std::string remote_address) {
    const std::string folded = lower_ascii(trim(cut_utf8(name, kEmailLengthMax)));
    const Attempt attempt{"name:" + folded, "address:" + remote_address};
    SLIPWAY_CO_CHECK(co_await count_attempt(attempt));
    auto user = co_await user_with_password(folded, std::move(password));
    if (!user && user.error().code == ErrorCode::unauthorized) co_return pass(user);
    const auto given_back = co_await give_back_attempt(attempt, user.has_value());
    if (!user) co_return pass(user);
    SLIPWAY_CO_CHECK(given_back);
    co_return co_await open_session(*std::move(user));
}

std::string Accounts::access_token_for(const User& user, const std::string& session_id) const {
    json::object claims{{"sub", user.id},         {"sid", session_id},         {"ws", user.workspace},
                        {"user_id", user.number}, {"username", user.username}, {"is_admin", user.role >= Role::admin}};
    return sign_token(std::move(claims), options_.secret, options_.access_token_valid_for);
}

Task<Tokens> Accounts::open_session(User user) {
    Tokens tokens;
    const auto session_id = new_id();
    tokens.refresh_token = random_token();
    tokens.expires_in = options_.access_token_valid_for;
    const auto current = now();
    store::Parameters row{session_id, user.id, sha256_hex(tokens.refresh_token), current,
                          current + options_.refresh_token_valid_for};
    auto body = [row = std::move(row), current](store::Transaction& transaction) -> Task<void> {
        store::Parameters expired{current};
        SLIPWAY_CO_CHECK(
            co_await transaction.execute("delete from sessions where expires_at < $1", std::move(expired)));
        auto values = row;
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "insert into sessions(id, user_id, refresh_hash, created_at, expires_at) values ($1, $2, $3, $4, $5)",
            std::move(values)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    tokens.access_token = access_token_for(user, session_id);
    tokens.user = std::move(user);
    co_return tokens;
}

Task<Tokens> Accounts::refresh(std::string refresh_token) {
    const auto old_hash = sha256_hex(refresh_token);
    const auto fresh = random_token();
    const auto sql = fmt::format(
        "select {}, s.id as session_id, s.refresh_hash, s.expires_at, s.revoked_at from sessions s join users u on "
        "u.id = s.user_id "
        "left join memberships m on m.user_id = u.id and m.workspace = coalesce(u.default_workspace, $2) where "
        "s.refresh_hash = $1 or s.previous_hash = $1",
        kUserColumns);
    const auto workspace = workspace_.value;
    const auto valid_for = options_.refresh_token_valid_for;
    std::optional<User> user;
    std::string session_id;
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        user.reset();
        store::Parameters by_hash{old_hash, workspace};
        SLIPWAY_CO_TRY(const auto rows, co_await transaction.execute(sql, std::move(by_hash)));
        if (rows.empty()) co_return Result<void>();
        const auto row = rows.front();
        session_id = row.text("session_id");
        const bool usable =
            row.truth("active") && !row.optional_integer("revoked_at") && row.instant("expires_at") > now();
        if (!usable) co_return Result<void>();
        const auto current = now();
        if (row.text("refresh_hash") != old_hash) {
            // A token that was replaced already: somebody holds a copy, so nobody keeps the session.
            store::Parameters stolen{session_id, current};
            SLIPWAY_CO_CHECK(
                co_await transaction.execute("update sessions set revoked_at = $2 where id = $1", std::move(stolen)));
            co_return Result<void>();
        }
        store::Parameters renewed{session_id, sha256_hex(fresh), old_hash, current + valid_for};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update sessions set refresh_hash = $2, previous_hash = $3, expires_at = $4 where id = $1",
            std::move(renewed)));
        user = user_of(row);
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    SLIPWAY_CO_CHECK(co_await database_.transact(store::Scope::system(), named_body));
    if (!user) co_return fail(ErrorCode::unauthorized, "The refresh token is not valid any more; sign in again.");
    Tokens tokens;
    tokens.refresh_token = fresh;
    tokens.access_token = access_token_for(*user, session_id);
    tokens.expires_in = options_.access_token_valid_for;
    tokens.user = *std::move(user);
    co_return tokens;
}

Task<void> Accounts::sign_out(std::string refresh_token) {
    store::Parameters parameters{sha256_hex(refresh_token), now()};
    SLIPWAY_CO_CHECK(co_await database_.write(
        store::Scope::system(), "update sessions set revoked_at = $2 where refresh_hash = $1 and revoked_at is null",
        std::move(parameters)));
    co_return Result<void>();
}

Task<Principal> Accounts::authenticate(std::string access_token) {
    SLIPWAY_CO_TRY(const auto claims, verify_token(access_token, options_.secret));
    WorkspaceId workspace{std::string(text_or(claims, "ws"))};
    SLIPWAY_CO_TRY(auto principal, co_await standing(std::string(text_or(claims, "sub")),
                                                     std::string(text_or(claims, "sid")), std::move(workspace)));
    principal.proven_until = from_unix_ms(integer_or(claims, "exp", 0) * 1000);
    co_return principal;
}

Task<Principal> Accounts::renew(Principal principal) {
    if (principal.proven_until <= now()) co_return not_standing();
    const auto until = principal.proven_until;
    const auto workspace = principal.workspace;
    SLIPWAY_CO_TRY(principal, co_await standing(std::move(principal.user.id), std::move(principal.session_id),
                                                std::move(principal.workspace)));
    if (principal.workspace != workspace) co_return not_standing();  // what lasts would go on where it may not
    principal.proven_until = until;
    co_return principal;
}

Task<Principal> Accounts::standing(std::string user_id, std::string session_id, WorkspaceId workspace) {
    static const auto sql = fmt::format(
        "select {}, s.revoked_at from users u left join memberships m on m.user_id = u.id and m.workspace = $3 "
        "join sessions s on s.user_id = u.id and s.id = $2 where u.id = $1",
        kUserColumns);
    store::Parameters parameters{user_id, session_id, workspace.value};
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read_often(store::Scope::system(), sql, std::move(parameters)));
    if (rows.empty() || !rows.front().truth("active") || rows.front().optional_integer("revoked_at"))
        co_return not_standing();
    Principal principal;
    principal.user = user_of(rows.front());
    principal.workspace.value = principal.user.workspace;  // none once it is no member of it any more
    principal.session_id = std::move(session_id);
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
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        store::Parameters changed{user.id, password_hash, now()};
        SLIPWAY_CO_CHECK(co_await transaction.execute(
            "update users set password_hash = $2, updated_at = $3 where id = $1", std::move(changed)));
        store::Parameters sessions{user.id};
        SLIPWAY_CO_CHECK(co_await transaction.execute("delete from sessions where user_id = $1", std::move(sessions)));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    co_return co_await database_.transact(store::Scope::system(), named_body);
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
    store::Parameters parameters{user.id, active, now()};
    SLIPWAY_CO_CHECK(co_await database_.write(
        store::Scope::system(), "update users set active = $2, updated_at = $3 where id = $1", std::move(parameters)));
    co_return Result<void>();
}

}  // namespace slipway::account
